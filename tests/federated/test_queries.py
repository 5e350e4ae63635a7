"""Questions: what a device reports, what the sum says, and how far off it may be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError
from firsthand.federated import (
    Assumed,
    Count,
    Distinct,
    Evaluation,
    Histogram,
    Mean,
    Quantiles,
    Query,
    Rate,
    Sum,
    in_the_clear,
    planned,
)
from firsthand.federated.queries import query_from, query_to
from firsthand.federated.queries.evaluating import metric_values

NOBODY = Assumed(0.0, 0.1, "honest")
SHA = "0" * 64
ALL = [
    Count("songs", "x"),
    Sum("minutes", -5.0, 60.0),
    Mean("minutes", 0.0, 60.0),
    Rate("answers", "yes", most=7),
    Histogram("songs", ("a", "b", "c"), most=2, each=3),
    Quantiles("minutes", 0.0, 60.0, depth=4, most=3),
    Distinct("songs", 64, most=5),
    Evaluation("photographs", SHA, most=9),
]


def answer(query, fleet, **more):
    plan = planned(query, least=len(fleet), most=len(fleet), assumed=NOBODY, **more)
    return in_the_clear(plan, fleet).answer


def one(query, fleet, **more):
    (found,) = answer(query, fleet, **more).estimates
    return found


@pytest.mark.parametrize("query", ALL, ids=lambda query: type(query).__name__)
def test_every_question_keeps_the_contract(query) -> None:
    """It travels as JSON, and no device reports more than its reach says."""
    assert isinstance(query, Query)
    assert query_from(json.loads(json.dumps(query_to(query)))) == query
    rng = np.random.default_rng(0)
    numeric = query.source in ("minutes", "photographs")
    for count in (0, 1, 2, 50, 1_000):
        values = rng.uniform(-10, 90, count).tolist()
        if not numeric:
            values = [["x", "a", "b", "c", "yes", f"v{k}"][k % 6] for k in range(count)]
        found = query.local(values)
        assert found.shape == (query.length,)
        assert found.dtype == np.int64
        assert found.min() >= 0
        assert found.max() <= query.largest
        assert found.max() <= query.reach.each
        assert np.count_nonzero(found) <= query.reach.numbers
    nothing = query.answer(np.zeros(query.length), 10, 0.0)
    assert all(each.low <= each.value <= each.high for each in nothing.estimates)


def test_counts_and_histograms_are_exact_without_noise() -> None:
    fleet = [["a", "b"], ["b", "b", "b", "b"], [], ["z"], ["a", "b", "c"]]
    assert one(Count("songs"), fleet).value == 4
    assert one(Count("songs", "a"), fleet).value == 2
    found = answer(Histogram("songs", ("a", "b", "c"), most=3, each=3), fleet)
    assert {each.name: each.value for each in found.estimates} == {"a": 2, "b": 5, "c": 1}
    assert [each.name for each in found.top(2)] == ["b", "a"]
    fewer = answer(Histogram("songs", ("a", "b", "c"), most=1), fleet)
    assert {each.name: each.value for each in fewer.estimates} == {"a": 2, "b": 1, "c": 0}


@given(
    st.lists(st.lists(st.floats(-20, 100), max_size=5), min_size=3, max_size=30),
)
def test_sums_and_means_are_within_a_step(fleet) -> None:
    totals = [min(max(sum(each), -20.0), 100.0) for each in fleet]
    found = one(Sum("minutes", -20.0, 100.0, 1_000), fleet)
    assert found.value == pytest.approx(sum(totals), abs=0.06 * len(fleet) + 1e-9)
    means = [min(max(sum(each) / len(each), -20.0), 100.0) for each in fleet if each]
    mean = one(Mean("minutes", -20.0, 100.0, 1_000), fleet)
    if means:
        assert mean.value == pytest.approx(np.mean(means), abs=0.061)
        assert mean.low <= mean.value <= mean.high
    else:
        assert (mean.low, mean.high) == (-20.0, 100.0)


def test_the_interval_of_a_mean_holds_the_mean_of_all() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(60):
        fleet = [[value] for value in rng.normal(30, 8, 200)]
        found = one(Mean("minutes", 0.0, 60.0), fleet)
        inside += found.low <= 30 <= found.high
    assert inside >= 52


def test_rates_weigh_devices_by_their_records() -> None:
    fleet = [["yes"] * 3, ["no"] * 5, ["yes", "no"], []] * 5
    found = one(Rate("answers", "yes"), fleet)
    assert found.value == pytest.approx(4 / 10)
    assert found.low < 0.4 < found.high
    assert one(Rate("answers", "yes", most=2), [["yes"] * 90 + ["no"] * 10] * 3).value == 0.5


@given(st.lists(st.floats(0, 100), min_size=20, max_size=200), st.sampled_from([4, 7, 10]))
def test_quantiles_are_within_a_leaf(values, depth) -> None:
    query = Quantiles("minutes", 0.0, 100.0, at=(0.1, 0.5, 0.9), depth=depth)
    found = answer(query, [[value] for value in values]).estimates
    leaf = 100 / 2**depth
    for share, estimate in zip((0.1, 0.5, 0.9), found, strict=True):
        ordered = np.sort(values)
        at = share * len(values)
        low = ordered[max(0, int(np.floor(at)) - 1)] - leaf
        high = ordered[min(len(values) - 1, int(np.ceil(at)))] + leaf
        assert low - 1e-9 <= estimate.value <= high + 1e-9


def test_counts_of_a_tree_are_made_to_agree() -> None:
    query = Quantiles("minutes", 0.0, 1.0, depth=6)
    rng = np.random.default_rng(2)
    fleet = [[value] for value in rng.random(400)]
    exact = sum(query.local(each) for each in fleet).astype(float)
    np.testing.assert_allclose(query.agreeing(exact), exact[-64:], atol=1e-9)
    noisy, leaves = [], []
    for _ in range(200):
        total = exact + rng.normal(0, 10, len(exact))
        noisy.append(np.cumsum(query.agreeing(total))[31] - np.cumsum(exact[-64:])[31])
        leaves.append(np.cumsum(total[-64:])[31] - np.cumsum(exact[-64:])[31])
    assert np.std(noisy) < 0.5 * np.std(leaves)


def test_distinct_values_are_counted_by_empty_buckets() -> None:
    rng = np.random.default_rng(3)
    fleet = [[f"v{k}" for k in rng.integers(0, 700, 12)] for _ in range(300)]
    there = len({value for each in fleet for value in each})
    found = one(Distinct("songs", 2_048), fleet)
    assert found.low <= there <= found.high
    assert found.value == pytest.approx(there, rel=0.05)
    private = one(Distinct("songs", 2_048), fleet, epsilon=30.0)
    assert private.value < there
    assert private.high == float("inf")
    full = one(Distinct("songs", 4, most=4), fleet)
    assert full.high == float("inf")


def test_noise_is_as_large_as_it_says() -> None:
    query = Histogram("songs", tuple(map(str, range(2_000))), most=2)
    fleet = [["1", "2"]] * 50
    plan = planned(query, least=50, most=50, assumed=NOBODY, epsilon=1.0)
    found = in_the_clear(plan, fleet)
    values = plan.decoded(found.numbers)
    errors = values - np.array([50.0 if k in (1, 2) else 0.0 for k in range(2_000)])
    assert errors.std() == pytest.approx(plan.noise.deviation, rel=0.06)
    assert found.answer.noise == pytest.approx(plan.noise.deviation)
    inside = [e.low <= (50 if e.name in "12" else 0) <= e.high for e in found.answer.estimates]
    assert np.mean(inside) > 0.93


def test_a_federated_accuracy_is_the_central_one(tmp_path) -> None:
    """To the last bit: of a classifier that is written here, on handwritten digits."""
    from sklearn.datasets import load_digits

    from firsthand.federated import simulate
    from firsthand.speech.personal import Personal

    pixels, labels = load_digits(return_X_y=True)
    names = [str(label) for label in labels[:900]]
    empty = Personal("pixels", (), np.zeros(0, np.int64), np.zeros((0, 64)), np.zeros((64, 64)))
    model = empty.learn(pixels[:900], names).save(tmp_path / "digits.tflite")
    order = [int(name) for name in model.card.labels]
    examples = [
        (pixel.astype(np.float32)[None], order.index(label))
        for pixel, label in zip(pixels[900:], labels[900:], strict=True)
    ]
    fleet = [metric_values(model, examples[k::40]) for k in range(40)]
    central = metric_values(model, examples)
    query = Evaluation("digits", model.card.sha256)
    plan = planned(query, least=30, most=40, assumed=Assumed(0.05, 0.1))
    found = simulate(plan, fleet).total.answer.estimates[0]
    assert found.value == sum(central) / len(central)
    assert 0.8 < found.value < 1.0
    assert found.low < found.value < found.high
    with pytest.raises(ConfigError, match="no metric 'beauty'"):
        metric_values(model, examples, "beauty")
    with pytest.raises(InputError, match="its metric is nan"):
        metric_values(model, examples[:1], lambda *_: float("nan"))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Count(""), "1 to 100 characters"),
        (lambda: Sum("x", 3, 3), "low is below high"),
        (lambda: Mean("x", float("nan"), 3), "low is a number"),
        (lambda: Mean("x", 0, 3, 0), "steps is a whole number"),
        (lambda: Rate("x", "y", most=-1), "most is a whole number"),
        (lambda: Histogram("x", ()), "1 to"),
        (lambda: Histogram("x", ("a", "a")), "no two alike"),
        (lambda: Histogram("x", ("a",), most=2), "from 1 to 1"),
        (lambda: Quantiles("x", 0, 1, at=(1.5,)), "shares are from 0 to 1"),
        (lambda: Quantiles("x", 0, 1, depth=60), "depth is a whole number"),
        (lambda: Distinct("x", 1), "buckets is a whole number"),
        (lambda: Evaluation("x", "abc"), "named by its SHA-256"),
        (lambda: query_from({"kind": "secrets"}), "no question of kind 'secrets'"),
        (lambda: query_from([1]), "no question of kind"),
        (lambda: query_from({"kind": "count"}), "source"),
        (lambda: query_from({"kind": "count", "source": "x", "y": 1}), "count has no y"),
    ],
)
def test_questions_that_are_none(make, match) -> None:
    with pytest.raises(ConfigError, match=match):
        make()


def test_the_most_frequent_values_are_reported() -> None:
    values = ["a"] * 2 + ["b"] * 5 + ["c"] * 5 + ["d"]
    query = Histogram("songs", ("d", "c", "b", "a"), most=2, each=100)
    kept = dict(zip(query.bins, query.local(values).tolist(), strict=True))
    assert kept == {"d": 0, "c": 5, "b": 5, "a": 0}


def test_private_quantiles_are_as_near_as_they_say() -> None:
    rng = np.random.default_rng(5)
    fleet = [[value] for value in rng.gamma(2.0, 8.0, 400)]
    query = Quantiles("minutes", 0.0, 100.0, at=(0.5,), depth=6)
    plan = planned(query, least=400, most=400, assumed=NOBODY, epsilon=3.0)
    ordered = np.sort([value for (value,) in fleet])
    ranks = []
    for _ in range(40):
        (found,) = in_the_clear(plan, fleet).answer.estimates
        ranks.append(np.searchsorted(ordered, found.value) / 400)
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.03)
    bound = 2 * np.sqrt(query.depth) * plan.noise.deviation / 400
    assert np.mean(np.abs(np.array(ranks) - 0.5) < bound) > 0.9
