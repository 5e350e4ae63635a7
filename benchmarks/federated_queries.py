"""How far off are private answers, and is the error what theory says?

- `song_...`: listening histories of 500 real people (Last.fm, HetRec 2011), each with 50 artists at
  most. `song_precision_20` is how many of the twenty most heard artists are among the twenty of the
  answer, `song_error` the root mean square error over all artists, `song_error_theory` the
  deviation that the accounting asks for; each at epsilon 2, delta 1e-6.
- `histogram_error_over_theory` and `quantile_error_over_bound`: over draws of noise, the error of a
  bin over the deviation planned, and of a quantile's rank over what 95% of errors are to be below.
- `accuracy_federated`, `accuracy_central`: of a classifier of handwritten digits on the records of
  40 devices; `accuracy_difference` is zero to the last bit.
- `uniform_p`: the least p-value of 32 Kolmogorov-Smirnov tests that masked vectors are uniform,
  times 32.
- `rappor_epsilon`, `rappor_found`: of twenty songs that most have, how many RAPPOR finds among
  20,000 devices of Zipf's law without any protocol, at what epsilon.

`--quick` draws less often.
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import kstest
from sklearn.datasets import load_digits

from firsthand.federated import (
    Assumed,
    Evaluation,
    Histogram,
    Quantiles,
    Rappor,
    Tally,
    in_the_clear,
    planned,
    simulate,
)
from firsthand.federated.masks import mask
from firsthand.federated.populations import read_fleet, zipf_fleet
from firsthand.federated.queries.answer import WIDE
from firsthand.federated.queries.evaluating import metric_values
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_mean,
    data_root,
    plot_lines,
    run_benchmark,
)
from firsthand.speech.personal import Personal

COHORT = 500
ASSUMED = Assumed(0.05, 0.1)
EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0)
TOP = 20


def songs(options: Options) -> dict[str, Figure]:
    fleet = read_fleet(data_root(__file__) / "federated" / "lastfm_2k", "artist")[:COHORT]
    names = tuple(sorted({artist for each in fleet for artist in each}, key=str))
    query = Histogram("artist", names, most=50)
    truth = in_the_clear(planned(query, least=450, most=COHORT, assumed=ASSUMED), fleet)
    exact = truth.numbers.astype(float)
    best = {each.name for each in truth.answer.top(TOP)}
    figures, shares = {}, []
    for epsilon in EPSILONS:
        plan = planned(query, least=450, most=COHORT, epsilon=epsilon, assumed=ASSUMED)
        hits, errors = [], []
        for _ in range(2 if options.quick else 10):
            found = in_the_clear(plan, fleet)
            hits.append(len(best & {each.name for each in found.answer.top(TOP)}) / TOP)
            errors.append(float(np.sqrt(((plan.decoded(found.numbers) - exact) ** 2).mean())))
        shares.append(float(np.mean(hits)))
        if epsilon == 2.0:
            rng = np.random.default_rng(options.seed)
            figures["song_precision_20"] = Figure.of(
                bootstrap_mean(np.array(hits), rng=rng), n=len(hits)
            )
            figures["song_error"] = Figure.of(
                bootstrap_mean(np.array(errors), rng=rng), n=len(errors)
            )
            assert plan.noise is not None
            more = (COHORT / plan.noise.sharers) ** 0.5  # all add noise, fewer are counted on
            figures["song_error_theory"] = Figure(plan.noise.deviation * more)
    plot_lines(
        {"500 devices": (EPSILONS, [100 * each for each in shares])},
        options.plot(),
        x_label="epsilon, at delta 1e-6",
        y_label="of the twenty most heard, found, %",
        title="Songs by federated analytics",
        log_x=True,
    )
    return figures


def errors(options: Options) -> dict[str, Figure]:
    rng = np.random.default_rng(options.seed)
    draws = 20 if options.quick else 200
    fleet = [[float(value)] for value in rng.gamma(2.0, 8.0, COHORT)]
    ordered = np.sort([value for (value,) in fleet])
    quantiles = Quantiles("minutes", 0.0, 100.0, at=(0.5, 0.9), depth=8)
    plan = planned(quantiles, least=450, most=COHORT, epsilon=2.0, assumed=ASSUMED)
    assert plan.noise is not None
    noise = plan.noise.deviation * (COHORT / plan.noise.sharers) ** 0.5
    bound = WIDE * (quantiles.depth**0.5) * noise / COHORT
    ranks = []
    for _ in range(draws):
        for share, each in zip(
            quantiles.at, in_the_clear(plan, fleet).answer.estimates, strict=True
        ):
            rank = np.searchsorted(ordered, each.value) / COHORT
            ranks.append(abs(rank - share) / bound)
    histogram = Histogram("letters", tuple("abcdefghij"), most=2)
    plan = planned(histogram, least=450, most=COHORT, epsilon=1.0, assumed=ASSUMED)
    assert plan.noise is not None
    planned_for = plan.noise.deviation * (COHORT / plan.noise.sharers) ** 0.5
    nothing = [[] for _ in range(COHORT)]
    drawn = [plan.decoded(in_the_clear(plan, nothing).numbers) for _ in range(draws)]
    over = np.sqrt((np.stack(drawn) ** 2).mean(axis=1)) / planned_for
    return {
        "quantile_error_over_bound": Figure.of(
            bootstrap_mean(np.array(ranks), rng=rng), n=len(ranks)
        ),
        "histogram_error_over_theory": Figure.of(bootstrap_mean(over, rng=rng), n=len(over)),
    }


def evaluation() -> dict[str, Figure]:
    pixels, labels = load_digits(return_X_y=True)
    names = [str(label) for label in labels[:900]]
    empty = Personal("pixels", (), np.zeros(0, np.int64), np.zeros((0, 64)), np.zeros((64, 64)))
    with tempfile.TemporaryDirectory() as folder:
        model = empty.learn(pixels[:900], names).save(Path(folder) / "digits.tflite")
        order = [int(name) for name in model.card.labels]
        examples = [
            (pixel.astype(np.float32)[None], order.index(label))
            for pixel, label in zip(pixels[900:], labels[900:], strict=True)
        ]
        values = metric_values(model, examples)
        query = Evaluation("digits", model.card.sha256)
    fleet = [values[k::40] for k in range(40)]
    plan = planned(query, least=30, most=40, assumed=ASSUMED)
    found = simulate(plan, fleet).total.answer.estimates[0].value
    central = sum(values) / len(values)
    return {
        "accuracy_federated": Figure(found, n=len(values)),
        "accuracy_central": Figure(central, n=len(values)),
        "accuracy_difference": Figure(found - central),
    }


def uniformity(options: Options) -> dict[str, Figure]:
    tests = 8 if options.quick else 32
    rng = np.random.default_rng(options.seed)
    least = 1.0
    for _ in range(tests):
        vector = np.arange(100_000, dtype="<u4")
        mask(vector, rng.bytes(32))
        least = min(least, float(kstest(vector / 2.0**32, "uniform").pvalue))
    return {"uniform_p": Figure(min(1.0, least * tests), n=tests)}


def reports(options: Options) -> dict[str, Figure]:
    parameters = Rappor(bits=128, hashes=2, cohorts=16, f=0.25)
    rng = np.random.default_rng(options.seed)
    tally = Tally(parameters)
    devices = 4_000 if options.quick else 20_000
    for (value,) in zipf_fleet(devices, 1_000, 1, seed=options.seed):
        cohort = int(rng.integers(parameters.cohorts))
        tally.add(cohort, parameters.report(parameters.permanent(value, cohort)))
    most = [f"item {rank}" for rank in range(1, TOP + 1)]
    found = tally.decode([f"item {rank}" for rank in range(1, 201)])
    hits = {each.name for each in found.estimates}
    return {
        "rappor_epsilon": Figure(parameters.epsilon),
        "rappor_found": Figure(len(hits & set(most)), note=f"of {TOP}", n=devices),
        "rappor_named": Figure(len(hits)),
    }


def measure(options: Options) -> Findings:
    figures = songs(options) | errors(options) | evaluation() | uniformity(options)
    return Findings(figures | reports(options))


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
