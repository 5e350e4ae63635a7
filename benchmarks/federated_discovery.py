"""How many of the words that most people use does a fleet find that nobody listed?

A million devices (and a hundred thousand), ten words each, drawn by Zipf's law (exponent 1.1) from
10,000 English words of 2 to 10 letters; delta is a tenth over the devices. Sums are added in the
clear, with the noise that cohorts of 1,000 devices add each, and are those of secure aggregation:
one round of each search, over 40 of the devices, is run by the protocol and compared.

`triehh_recall_E` and `prefix_tree_recall_E` are the share of the 50 words that most devices have
which is found at epsilon E by a million devices, `..._100k` by a hundred thousand: means over
searches with seeds of their own, with 95% intervals. `triehh_recall` and `prefix_tree_recall` are
those at epsilon 4. `triehh_precision` and `prefix_tree_precision`: of all words found, at any
epsilon, those that somebody has. The prefix tree's epsilon holds towards the server, TrieHH's only
towards who sees what is kept. `--quick`: a hundred thousand devices, two searches.
"""

import numpy as np
from wordfreq import top_n_list

from firsthand.federated import Assumed, Extensions, PrefixTree, TrieHH, planned, simulate
from firsthand.federated.crowds import Crowd, discover_in
from firsthand.federated.queries.extending import LETTERS
from firsthand.measure import Figure, Findings, Options, bootstrap_mean, plot_lines, run_benchmark

EPSILONS = (1, 2, 4, 8)
TOP = 50
COHORT = 1_000
MAIN = 4


def vocabulary() -> list[str]:
    words = (w for w in top_n_list("en", 40_000) if set(w) <= set(LETTERS) and 2 <= len(w) <= 10)
    return list(words)[:10_000]


def search(kind: str, devices: int, epsilon: float) -> TrieHH | PrefixTree:
    delta = 0.1 / devices
    if kind == "triehh":
        return TrieHH("word", devices, epsilon, delta, longest=10)
    return PrefixTree("word", epsilon, delta, rounds=6, votes=4, longest=10)


def is_secure_sum(crowd: Crowd) -> bool:
    """Whether the protocol gives the crowd's sum: of devices whose words are all voted for."""
    some = Crowd(crowd.words, crowd.records[:40, :4])
    fleet = [[some.words[place] for place in row] for row in some.records.tolist()]
    question = Extensions("word", step=2, votes=4)
    plan = planned(question, least=36, most=40, assumed=Assumed(0.05, 0.1))
    total = simulate(plan, fleet).total.numbers
    return np.array_equal(total, some.votes(question, np.random.default_rng(0)))


def measure(options: Options) -> Findings:
    sizes = {"_100k": 100_000} if options.quick else {"": 1_000_000, "_100k": 100_000}
    seeds = range(options.seed, options.seed + (2 if options.quick else 5))
    words, rng = vocabulary(), np.random.default_rng(options.seed)
    figures: dict[str, Figure] = {}
    found: dict[str, int] = {"triehh": 0, "prefix_tree": 0}
    real = dict(found)
    lines: dict[str, list[float]] = {}
    for name, devices in sizes.items():
        crowds = [Crowd.zipf(words, devices, 10, seed=seed) for seed in seeds]
        assert is_secure_sum(crowds[0])
        tops = [crowd.frequent() for crowd in crowds]
        for kind in found:
            for epsilon in EPSILONS:
                recalls = []
                for seed, crowd, top in zip(seeds, crowds, tops, strict=True):
                    begun = search(kind, devices, epsilon)
                    done = discover_in(crowd, begun, cohort=COHORT, seed=seed)
                    discovered = {each.word for each in done.words}
                    found[kind] += len(discovered)
                    real[kind] += len(discovered & set(top))
                    recalls.append(len(discovered & set(top[:TOP])) / TOP)
                    print(f"{devices} {kind} {epsilon}: {len(discovered)} words", flush=True)
                interval = bootstrap_mean(np.array(recalls), rng=rng)
                figures[f"{kind}_recall_{epsilon}{name}"] = Figure.of(interval, n=len(recalls))
                line = f"{kind.replace('_', ' ')}, {devices:,} devices"
                lines.setdefault(line, []).append(interval.value)
        if not name or options.quick:
            for kind in found:
                figures[f"{kind}_recall"] = figures[f"{kind}_recall_{MAIN}{name}"]
    for kind in found:
        figures[f"{kind}_precision"] = Figure(real[kind] / found[kind], n=found[kind])
    plot_lines(
        {name: (EPSILONS, each) for name, each in lines.items()},
        options.plot(),
        x_label="epsilon",
        y_label=f"of the {TOP} most frequent words, found",
        title="Words that nobody listed",
        log_x=True,
    )
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
