import gc
import math
import os
import time
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.measure import (
    Elapsed,
    Warmup,
    available_cpus,
    collector_paused,
    compare,
    pinned,
    sentinel_kernel,
)


class FakeMachine:
    """A clock that only work advances; `slow(now_ns)` scales the work done at that time."""

    def __init__(self, slow=lambda now_ns: 1):
        self.now_ns = 0
        self.slow = slow
        self.log = []

    def clock(self):
        return self.now_ns

    def worker(self, name, cost_ns):
        costs = cost_ns if callable(cost_ns) else lambda call: cost_ns
        calls = 0

        def work():
            nonlocal calls
            self.log.append(name)
            self.now_ns += costs(calls) * self.slow(self.now_ns)
            calls += 1

        return work

    def compare(self, candidates, **options):
        options.setdefault("warmup", Warmup(max_blocks=0))
        return compare(
            candidates, clock=self.clock, sentinel=self.worker("sentinel", 100_000), **options
        )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 50), st.integers(1, 5))
def test_planted_costs_and_ratios_are_recovered_exactly(a_ns, b_ns, seed, inner):
    machine = FakeMachine()
    found = machine.compare(
        {"a": machine.worker("a", a_ns), "b": machine.worker("b", b_ns)},
        rounds=5,
        inner=inner,
        seed=seed,
    )
    a = found.latency("a")
    for interval in (a.median_us, a.mean_us, a.p90_us, a.p99_us):
        assert (interval.value, interval.low, interval.high) == pytest.approx((a_ns / 1e3,) * 3)
    ratio = found.ratio("a", "b")
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((a_ns / b_ns,) * 3)
    assert found.ratio("b", "a").value == pytest.approx(1 / ratio.value)
    assert found.noise == ()
    assert found.excluded == 0


def test_a_drift_that_doubles_every_cost_leaves_the_ratio_alone():
    machine = FakeMachine(slow=lambda now_ns: 1 + now_ns / 40e6)
    found = machine.compare(
        {"a": machine.worker("a", 300_000), "b": machine.worker("b", 200_000)}, rounds=40
    )
    times = found.times_us[:, 0]
    assert times.max() > 1.8 * times.min()
    ratio = found.ratio("a", "b")
    assert ratio.low < 1.5 < ratio.high
    assert ratio.high - ratio.low < 0.05


def test_percentiles_of_a_scripted_tail():
    machine = FakeMachine()
    found = machine.compare(
        {"a": machine.worker("a", lambda call: 9_000_000 if call % 20 == 0 else 1_000_000)},
        rounds=200,
    )
    a = found.latency("a")
    assert (a.median_us.value, a.p90_us.value, a.p99_us.value) == (1000, 1000, 9000)
    assert a.mean_us.value == pytest.approx(1400)
    assert a.mean_us.low < 1400 < a.mean_us.high
    assert a.best_us == 1000
    assert a.blocks == 200


def test_disturbed_blocks_are_marked_told_and_left_out_of_the_clean_statistics():
    # Between 5 and 8 ms everything takes three times as long.
    machine = FakeMachine(slow=lambda now_ns: 3 if 5e6 <= now_ns < 8e6 else 1)
    found = machine.compare(
        {"a": machine.worker("a", 200_000), "b": machine.worker("b", 100_000)}, rounds=12
    )
    assert found.latency("a").mean_us.value > 201
    assert found.disturbed.any()
    slow_blocks = found.times_us > [201, 101]
    assert slow_blocks.any()
    assert np.all(found.disturbed[slow_blocks])
    clean = found.clean
    assert clean.excluded == found.disturbed.sum()
    assert clean.latency("a").blocks == 12 - found.disturbed[:, 0].sum()
    assert clean.latency("a").mean_us.value == pytest.approx(200)
    assert clean.ratio("a", "b").value == pytest.approx(2)
    assert any("disturbed beside" in reason for reason in found.noise)


def test_too_few_clean_blocks_say_so():
    machine = FakeMachine(slow=lambda now_ns: 1 if now_ns < 1e6 else 3)
    found = machine.compare(
        {"a": machine.worker("a", 200_000), "b": machine.worker("b", 200_000)},
        rounds=4,
        sentinel_tolerance=0.0,
    )
    emptied = found.clean
    emptied.kept[:] = False
    with pytest.raises(InputError, match="quieter machine"):
        emptied.latency("a")
    with pytest.raises(InputError, match="quieter machine"):
        emptied.ratio("a", "b")


def test_a_wide_spread_is_told():
    machine = FakeMachine()
    found = machine.compare(
        {"steady": machine.worker("steady", 1000),
         "jumpy": machine.worker("jumpy", lambda call: 1000 + 400 * (call % 2))},
        rounds=20,
    )  # fmt: skip
    assert [reason.split(":")[0] for reason in found.noise] == ["jumpy"]


def test_warm_up_lasts_until_the_times_settle():
    machine = FakeMachine()
    cost = lambda call: 1_000_000 if call >= 12 else 5_000_000 - 300_000 * call  # noqa: E731
    found = machine.compare(
        {"a": machine.worker("a", cost)}, rounds=10, warmup=Warmup(window=3, max_blocks=50)
    )
    assert found.restless == ()
    assert found.latency("a").p99_us.value == 1000
    assert 15 <= machine.log.count("a") - 10 < 50


def test_a_warm_up_that_never_settles_ends_and_is_told():
    machine = FakeMachine()
    found = machine.compare(
        {"a": machine.worker("a", lambda call: 1000 * 2 ** (call // 3))},
        rounds=2,
        warmup=Warmup(window=3, max_blocks=9),
    )
    assert found.restless == ("a",)
    assert "had not settled" in found.noise[0]


def blocks_of(machine):
    return [name for name in machine.log if name != "sentinel"]


def orders(seed):
    machine = FakeMachine()
    names = "abcd"
    machine.compare(
        {name: machine.worker(name, 1000) for name in names}, rounds=30, inner=2, seed=seed
    )
    log = blocks_of(machine)
    return [tuple(log[start : start + 8 : 2]) for start in range(0, len(log), 8)]


def test_every_round_times_every_candidate_once_in_a_seeded_random_order():
    rounds = orders(seed=1)
    assert len(rounds) == 30
    assert all(sorted(order) == list("abcd") for order in rounds)
    assert len(set(rounds)) > 10
    assert {order[0] for order in rounds} == set("abcd")
    assert rounds == orders(seed=1)
    assert rounds != orders(seed=2)


def test_figures_do_not_depend_on_what_was_asked_before():
    machine = FakeMachine()
    found = machine.compare(
        {"a": machine.worker("a", lambda c: 1000 + 37 * (c % 11)), "b": machine.worker("b", 900)},
        rounds=30,
    )
    first = found.ratio("a", "b")
    found.latency("a")
    found.ratio("b", "a")
    assert found.ratio("a", "b") == first


def test_candidates_may_time_themselves():
    machine = FakeMachine()

    def peer():
        machine.now_ns += 5_000_000  # the round trip is not the peer's fault
        return Elapsed(0.001)

    found = machine.compare(
        {"peer": peer, "ours": machine.worker("ours", 500_000)}, rounds=3, inner=2
    )
    assert found.latency("peer").median_us.value == pytest.approx(1000)
    assert found.ratio("peer", "ours").value == pytest.approx(2)


def test_timing_oneself_now_and_then_is_refused():
    machine = FakeMachine()
    answers = iter([Elapsed(0.1), None])
    with pytest.raises(InputError, match="1 of its 2"):
        machine.compare({"a": lambda: next(answers)}, rounds=2, inner=2)


def test_around_is_entered_outside_the_timed_stretch():
    machine = FakeMachine()

    @contextmanager
    def stopped():
        machine.log.append("stop")
        machine.now_ns += 777_000
        yield
        machine.log.append("go")

    found = machine.compare({"a": machine.worker("a", 1000)}, rounds=2, around={"a": stopped})
    assert found.latency("a").median_us.value == 1
    assert blocks_of(machine) == ["stop", "a", "go"] * 2


def test_the_collector_is_off_inside_a_block_only():
    states = []
    compare({"a": lambda: states.append(gc.isenabled())}, rounds=2, warmup=Warmup(max_blocks=0))
    assert states == [False, False]
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_is_back_after_a_candidate_that_raises():
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        compare({"a": broken}, rounds=2)
    assert gc.isenabled()


@pytest.mark.parametrize(
    "options",
    [
        {"candidates": {}},
        {"rounds": 1},
        {"inner": 0},
        {"around": {"nobody": pinned}},
        {"clock": lambda: 0},
    ],
)
def test_senseless_comparisons_are_refused(options):
    arguments = {"candidates": {"a": lambda: None}, "rounds": 2, "warmup": Warmup(max_blocks=0)}
    with pytest.raises(InputError):
        compare(**{**arguments, **options})


def test_unknown_names_are_refused_with_the_known_ones():
    machine = FakeMachine()
    found = machine.compare({"a": machine.worker("a", 1000)}, rounds=2)
    with pytest.raises(InputError, match=r"'c'.*\['a'\]"):
        found.ratio("a", "c")


@pytest.mark.parametrize("wrong", [{"window": 0}, {"tolerance": -1}, {"max_blocks": -1}])
def test_senseless_warm_ups_are_refused(wrong):
    with pytest.raises(InputError):
        Warmup(**wrong)


def test_a_real_planted_slow_down_is_found():
    # Kernels of the same kind with four times the work, by the clock of this thread's own work:
    # the order of magnitude must come out on any machine, however busy it is with others.
    one = sentinel_kernel()

    def four():
        for _ in range(4):
            one()

    found = compare({"one": one, "four": four}, rounds=15, inner=2, clock=time.thread_time_ns)
    ratio = found.ratio("four", "one")
    assert 2.5 < ratio.value < 6
    assert math.isfinite(found.latency("one").p99_us.high)


@pytest.mark.skipif(not available_cpus(), reason="this system cannot pin")
def test_pinning_holds_and_is_undone_even_after_an_error():
    before = os.sched_getaffinity(0)
    with pinned(min(before)) as pinning:
        assert os.sched_getaffinity(0) == {min(before)}
        assert pinning.cpus == (min(before),)
        assert str(min(before)) in pinning.note
    assert os.sched_getaffinity(0) == before
    with pytest.raises(KeyError), pinned([min(before)]):
        raise KeyError
    assert os.sched_getaffinity(0) == before


@pytest.mark.skipif(not available_cpus(), reason="this system cannot pin")
@pytest.mark.parametrize("wrong", [9999, [], [0, 9999]])
def test_pinning_to_absent_processors_is_refused(wrong):
    before = os.sched_getaffinity(0)
    with pytest.raises(InputError, match="available"), pinned(wrong):
        pass
    assert os.sched_getaffinity(0) == before


def test_where_affinity_is_unknown_nothing_is_pinned_and_said(monkeypatch):
    monkeypatch.setattr("firsthand.measure.pinning.available_cpus", lambda: ())
    with pinned(0) as pinning:
        assert pinning.cpus == ()
        assert pinning.note.startswith("not pinned")
