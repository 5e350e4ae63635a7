"""How late packets come, and how the delay to aim for follows from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.concealment.arrivals import Arrivals, InterarrivalJitter
from firsthand.concealment.buffer_level import smoothed
from firsthand.concealment.histogram import BUCKETS, Histogram
from firsthand.concealment.steady_clock import SteadyClock
from firsthand.concealment.target_delay import TargetDelay

STEP_US = 20_000


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=300))
def test_packets_are_late_against_the_quickest_of_two_seconds(delays_us):
    arrivals = Arrivals()
    for n, delay_us in enumerate(delays_us):
        late_us, reordered = arrivals.add(n * STEP_US, n * STEP_US + delay_us)
        lately = delays_us[max(0, n - 100) : n + 1]
        assert late_us == delay_us - min(lately)
        assert arrivals.spread_us == max(lately) - min(lately)
        assert not reordered
        wanted = None if n == 0 else max(0, 5_000 + delay_us - min(lately))
        assert arrivals.delay_us(n * STEP_US, n * STEP_US + delay_us + 5_000) == wanted


def test_a_packet_after_a_later_one_is_out_of_order():
    arrivals = Arrivals()
    assert arrivals.add(STEP_US, 100) == (0, False)
    assert arrivals.add(0, 100) == (STEP_US, True)
    arrivals.clear()
    assert arrivals.delay_us(0, 0) is None
    assert arrivals.spread_us == 0


def test_the_jitter_is_that_of_rfc_3550():
    jitter, wanted = InterarrivalJitter(), 0.0
    arrival_us = [0, 25_000, 41_000, 70_000, 70_500]
    for n, at_us in enumerate(arrival_us):
        jitter.add(n * STEP_US, at_us)
        if n:
            change_us = abs(at_us - arrival_us[n - 1] - STEP_US)
            wanted += (change_us - wanted) / 16
        assert jitter.jitter_us == pytest.approx(wanted)
    jitter.restart()
    jitter.add(10**9, 0)
    assert jitter.jitter_us == pytest.approx(wanted)


@given(st.lists(st.integers(0, BUCKETS - 1), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_histogram_is_of_shares(buckets, share):
    histogram = Histogram(0.983, 2.0)
    for bucket in buckets:
        histogram.add(bucket)
    assert histogram.shares.sum() == pytest.approx(1)
    assert set(np.flatnonzero(histogram.shares)) <= set(buckets)
    found = histogram.quantile(share)
    assert histogram.shares[: found + 1].sum() >= share - 1e-6
    assert histogram.shares[:found].sum() < share
    np.testing.assert_allclose(histogram.above(), 1 - np.cumsum(histogram.shares), atol=1e-8)


def test_a_histogram_forgets_slower_the_more_it_has_seen():
    histogram, wanted = Histogram(0.9, 2.0), np.zeros(BUCKETS)
    for n, bucket in enumerate([5, 3, 3, 9] * 20, 1):
        forget = min(0.9, 1 - 2 / (n + 1))
        histogram.add(bucket)
        wanted *= forget
        wanted[bucket] += 1 - forget
        np.testing.assert_allclose(histogram.shares, wanted, atol=1e-12)
    assert histogram.shares[9] > histogram.shares[3] / 2


def updated(target: TargetDelay, delays_ms: list[float], reordered: bool = False) -> int:
    for n, delay_ms in enumerate(delays_ms):
        target.update(round(delay_ms * 1000), reordered, n * STEP_US, float("inf"))
    return target.target_ms


@pytest.mark.parametrize(
    ("delays_ms", "wanted_ms"),
    [
        ([], 80),  # the start
        ([0] * 20, 80),  # less than half a second
        ([0] * 100, 20),
        ([59.9] * 100, 60),
        ([60] * 100, 80),
        (([0] * 24 + [130]) * 40, 140),  # once each half second
        ([0] * 2_000 + [130] + [0] * 2_000, 20),  # once in all
        ([5_000] * 100, 80),  # so late that nothing is learnt from it
    ],
)
def test_the_target_covers_the_worst_of_each_half_second(delays_ms, wanted_ms):
    assert updated(TargetDelay(80, 0, None), delays_ms) == wanted_ms


def test_packets_out_of_order_are_waited_for_where_they_are_many():
    few, many = TargetDelay(20, 0, None), TargetDelay(20, 0, None)
    for n in range(5_000):
        few.update(100_000 * (n % 100 == 0), n % 100 == 0, n * STEP_US, float("inf"))
        many.update(100_000 * (n % 5 == 0), n % 5 == 0, n * STEP_US, float("inf"))
    assert few.target_ms == 20  # 1% lost costs 20 ms, waiting 80
    assert many.target_ms == 120


def test_the_target_stays_within_bounds_and_room():
    assert TargetDelay(80, 100, None).target_ms == 100
    assert updated(TargetDelay(80, 100, None), [0] * 100) == 100
    assert updated(TargetDelay(80, 0, 200), [1_000] * 100) == 200
    target = TargetDelay(80, 0, None)
    target.update(0, False, 0, 30.0)
    assert (target.target_ms, target.unbounded_ms) == (30, 80)


def test_the_level_goes_to_what_waits():
    level = 0.0
    for _ in range(2_000):
        level = smoothed(level, 640, 80)
    assert level == pytest.approx(640, rel=1e-3)
    assert smoothed(0.0, 640, 20) > smoothed(0.0, 640, 80) > smoothed(0.0, 640, 200) > 0


@pytest.mark.parametrize(
    ("told_s", "wanted_us"),
    [
        ([0.0, 0.01, 0.02], [0, 10_000, 20_000]),
        ([5.0, 5.01, 5.01], [0, 10_000, 10_000]),
        ([0.0, float("nan"), float("inf"), 0.03], [0, 10_000, 20_000, 30_000]),
        ([float("nan"), 7.0, 7.01], [10_000, 10_000, 20_000]),
        ([100.0, 3.0, 3.01], [0, 10_000, 20_000]),  # back
        ([0.0, 1e9, 1e9 + 0.01], [0, 10_000, 20_000]),  # forward
        ([0.0, 1.5], [0, 1_500_000]),  # a pause
        ([0.0, 0.02, 0.01, 0.03], [0, 20_000, 20_000, 30_000]),  # another thread's clock
    ],
)
def test_a_clock_that_jumps_is_made_steady(told_s, wanted_us):
    clock = SteadyClock()
    assert [clock.pulled(now_s) for now_s in told_s] == wanted_us


def test_no_time_passes_between_packets_where_the_clock_says_nothing():
    clock = SteadyClock()
    clock.pulled(1.0)
    assert [clock.pushed(now_s) for now_s in (float("nan"), -1e300, 1e300)] == [0, 0, 0]
