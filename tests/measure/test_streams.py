"""Intervals that hold, and blocks that are marked for what disturbed them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.measure import Stream, Streams

QUIET_US = 100.0


def stream(name: str, blocks: list[np.ndarray], launches: tuple[int, ...] = (), **changes):
    count = len(blocks)
    query_us = np.concatenate([np.empty(0), *blocks])
    made = Stream(
        name=name,
        init_ms=1.0,
        first_ms=2.0,
        query_us=query_us,
        copy_us=np.full(len(query_us), 0.5),
        block=np.repeat(np.arange(count), [len(each) for each in blocks]),
        sentinel_us=np.full((count, 2), QUIET_US),
        waited=np.zeros(count),
        slept_us=np.zeros(count),
        inputs=[],
        outputs=[],
        launches=launches,
    )
    return replace(made, **changes)


def together(*streams: Stream, **changes) -> Streams:
    made = Streams(
        {each.name: each for each in streams},
        cpu=None,
        rules_note="",
        noise=(),
        seed=0,
        sentinel_tolerance=0.15,
        waiting_tolerance=0.03,
    )
    return replace(made, **changes)


def noisy(rng, launches: int, blocks: int, queries: int, *, spread: float) -> Stream:
    """Blocks whose launches have levels of their own around 100 us."""
    made = []
    for _ in range(launches):
        level = 100 * np.exp(spread * rng.standard_normal())
        made += [
            level * np.exp(0.01 * rng.standard_normal() + 0.02 * rng.standard_normal(queries))
            for _ in range(blocks)
        ]
    return stream("a", made, (blocks,) * launches)


@pytest.mark.parametrize("spread", [0.0, 0.03])
def test_intervals_of_a_run_hold_the_median_over_all_launches(spread) -> None:
    rng = np.random.default_rng(4)
    runs = 80
    held = honest = naive = 0
    for _ in range(runs):
        made = noisy(rng, 5, 8, 12, spread=spread)
        found = together(made).latency("a")
        held += found.median_us.low <= 100 <= found.median_us.high
        honest += found.mean_us.low <= 100.03 <= found.mean_us.high
        one = together(replace(made, launches=())).latency("a").median_us
        naive += one.low <= 100 <= one.high
    assert held / runs > 0.9
    assert honest / runs > 0.9
    if spread:
        assert naive / runs < 0.6


def test_times_are_told_for_the_quiet_clock() -> None:
    """Half of the blocks come while the clock is 8% slower, the sentinel with it."""
    rng = np.random.default_rng(5)
    pace = np.repeat([1.0, 1.08], 20)
    blocks = [100 * each * np.exp(0.005 * rng.standard_normal(10)) for each in pace]
    made = stream("a", blocks, (40,))
    made = replace(made, sentinel_us=made.sentinel_us * pace[:, np.newaxis])
    found = together(made)
    assert found.latency("a").median_us.value == pytest.approx(100, rel=0.01)
    assert found.wandering == pytest.approx(0.08, abs=0.005)
    np.testing.assert_allclose(found.pace("a"), pace, rtol=0.01)
    assert found.disturbed("a").sum() == 0
    slower = replace(found, known_quiet_us=found.quiet_us * 1.08)
    assert slower.latency("a").median_us.value == pytest.approx(108, rel=0.01)


def remembering(rng, memory: np.ndarray, reliance: float) -> Stream:
    """Blocks of a model of 100 us that waits for memory for some of its time."""
    noise = 0.01 * rng.standard_normal(len(memory))
    blocks = [100 * each for each in memory**reliance * np.exp(noise)]
    read_us = 500 * memory * np.exp(0.02 * rng.standard_normal(len(memory)))
    half = len(memory) // 2
    return stream("a", [np.full(10, b) for b in blocks], (half,) * 2, memory_us=read_us)


def test_times_are_told_for_quiet_memory() -> None:
    """A neighbour takes some of the memory's speed for half of the one run, all of the other."""
    rng = np.random.default_rng(7)
    memory = np.tile(np.repeat([1.0, 1.25], 20), 2)
    made = together(remembering(rng, memory, 0.4))
    assert made.reliance("a") == pytest.approx(0.4, abs=0.05)
    assert made.latency("a").median_us.value == pytest.approx(100, rel=0.01)
    steady = together(remembering(rng, memory, 0.0))
    assert steady.reliance("a") < 0.05
    assert steady.latency("a").median_us.value == pytest.approx(100, rel=0.01)
    other = replace(
        together(remembering(rng, memory * rng.uniform(1.1, 1.3, 80), 0.4)),
        known_quiet_us=made.quiet_us,
        known_quiet_memory_us=made.quiet_memory_us,
    )
    assert other.latency("a").median_us.value == pytest.approx(100, rel=0.01)
    blind = replace(other, streams={"a": replace(other.streams["a"], memory_us=np.empty(0))})
    assert blind.latency("a").median_us.value > 108
    assert np.isnan(replace(blind, known_quiet_memory_us=None).quiet_memory_us)


def test_what_memory_takes_is_the_median_of_a_round() -> None:
    blocks = [np.full(4, 50.0)] * 10
    read = [at(3, 900.0, (10,), 500.0), np.full(10, 500.0), np.full(10, 500.0)]
    found = together(*(stream(n, blocks, memory_us=r) for n, r in zip("abc", read, strict=True)))
    np.testing.assert_array_equal(found.memory("a"), np.ones(10))
    np.testing.assert_array_equal(found.pace("a"), np.ones(10))


def test_two_runs_overlap_though_launches_differ() -> None:
    rng = np.random.default_rng(6)
    overlapping = 0
    for _ in range(60):
        a, b = (
            together(noisy(rng, 5, 8, 12, spread=0.03)).latency("a").median_us for _ in range(2)
        )
        overlapping += a.low <= b.high and b.low <= a.high
    assert overlapping >= 57


times = st.lists(
    st.lists(st.floats(1, 1e6), min_size=1, max_size=5).map(np.array), min_size=2, max_size=8
)


@settings(max_examples=50, deadline=None)
@given(times)
def test_a_model_takes_once_as_long_as_itself(blocks) -> None:
    ratio = together(stream("a", blocks)).ratio("a", "a")
    assert (ratio.low, ratio.value, ratio.high) == (1, 1, 1)


@settings(max_examples=50, deadline=None)
@given(times, st.integers(1, 4))
def test_a_ratio_of_multiples_is_the_multiple(blocks, cut) -> None:
    sizes = (min(cut, len(blocks) - 1), len(blocks) - min(cut, len(blocks) - 1))
    both = together(stream("a", [3 * each for each in blocks], sizes), stream("b", blocks, sizes))
    ratio = both.ratio("a", "b")
    assert ratio.low == pytest.approx(3)
    assert ratio.value == pytest.approx(3)
    assert ratio.high == pytest.approx(3)


@settings(max_examples=50, deadline=None)
@given(times)
def test_statistics_lie_within_their_intervals_and_their_values(blocks) -> None:
    found = together(stream("a", blocks)).latency("a")
    values = np.concatenate(blocks)
    for each in (found.median_us, found.p90_us, found.mean_us):
        assert each.low <= each.value <= each.high
        assert values.min() * (1 - 1e-9) <= each.low
        assert each.high <= values.max() * (1 + 1e-9)
    assert found.median_us.value == pytest.approx(np.median(values))
    assert found.p90_us.value == pytest.approx(np.quantile(values, 0.9))
    assert (found.queries, found.blocks, found.disturbed) == (len(values), len(blocks), 0)


def ten(**changes) -> Streams:
    return together(stream("a", [np.full(4, 50.0)] * 10, (5, 5), **changes))


def at(place: int, value: float, shape: tuple[int, ...], rest: float) -> np.ndarray:
    made = np.full(shape, rest)
    made[place] = value
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"sentinel_us": at(3, QUIET_US * 1.2, (10, 2), QUIET_US)},
        {"sentinel_us": at((3, 1), QUIET_US * 1.2, (10, 2), QUIET_US)},
        {"waited": at(3, 0.05, (10,), 0.0)},
        {"slept_us": at(3, 5e6, (10,), 0.0)},
    ],
)
def test_a_disturbed_block_is_marked_and_does_not_count(changes) -> None:
    blocks = [np.full(4, 900.0 if n == 3 else 50.0) for n in range(10)]
    found = together(stream("a", blocks, (5, 5), **changes))
    assert np.flatnonzero(found.disturbed("a")).tolist() == [3]
    latency = found.latency("a")
    assert (latency.disturbed, latency.queries, latency.doubtful) == (1, 36, False)
    assert latency.p90_us.high == 50
    assert found.ratio("a", "a").value == 1


def test_what_is_tolerated_is_not_marked() -> None:
    found = ten(
        sentinel_us=at(3, QUIET_US * 1.1, (10, 2), QUIET_US), waited=at(3, 0.02, (10,), 0.0)
    )
    assert not found.disturbed("a").any()
    assert found.doubts == ()


def test_a_neighbour_busy_all_the_time_shows_where_quiet_is_known() -> None:
    slowed = np.full((10, 2), 1.5 * QUIET_US)
    assert not ten(sentinel_us=slowed).disturbed("a").any()
    known = replace(ten(sentinel_us=slowed), known_quiet_us=QUIET_US)
    assert known.disturbed("a").all()
    assert known.latency("a").doubtful
    assert any("only 0 of 10 blocks" in doubt for doubt in known.doubts)


def test_where_too_few_are_left_all_count_and_it_is_said() -> None:
    waited = np.full(10, 0.5)
    waited[:2] = 0
    found = ten(waited=waited)
    latency = found.latency("a")
    assert (latency.doubtful, latency.queries, latency.disturbed) == (True, 40, 8)
    assert "8 of 10 blocks were disturbed and left out" in found.doubts
    assert "a: only 2 of 10 blocks were undisturbed: all count" in found.doubts


def test_throttling_and_sleep_are_doubts() -> None:
    slower = np.repeat(np.linspace(QUIET_US, 1.4 * QUIET_US, 10)[:, None], 2, axis=1)
    assert any("became" in doubt and "slower" in doubt for doubt in ten(sentinel_us=slower).doubts)
    asleep = ten(slept_us=at(0, 3e6, (10,), 0.0))
    assert "the machine slept for 3.0 s meanwhile" in asleep.doubts


def test_a_launch_all_of_whose_blocks_were_disturbed_drops_out() -> None:
    waited = np.zeros(10)
    waited[:5] = 0.5
    found = ten(waited=waited).latency("a")
    assert (found.queries, found.doubtful) == (20, False)


def test_a_model_that_was_not_measured_is_named() -> None:
    for ask in (lambda s: s.latency("b"), lambda s: s.ratio("a", "b"), lambda s: s.disturbed("b")):
        with pytest.raises(InputError, match=r"no model 'b'; measured were \['a'\]"):
            ask(ten())


def test_one_round_gives_no_ratio() -> None:
    with pytest.raises(InputError, match="1 round of a and a: two are needed"):
        together(stream("a", [np.ones(3)])).ratio("a", "a")
