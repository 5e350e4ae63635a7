import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from firsthand.errors import InputError
from firsthand.measure import (
    bootstrap_mean,
    bootstrap_median,
    bootstrap_proportion,
    bootstrap_quantile,
    bootstrap_ratio,
    bootstrap_statistic,
    wilson,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Whole-numbered thousandths: no sums that underflow, so that equations hold to rounding.
samples = arrays(
    np.float64, st.integers(2, 30), elements=st.integers(1, 10**6).map(lambda k: k / 1e3)
)


@settings(max_examples=50, deadline=None)
@given(samples, st.integers(0, 100))
def test_limits_enclose_and_stay_within_the_data(data, seed):
    for interval in (
        bootstrap_mean(data, rng=rng(seed), resamples=200),
        bootstrap_median(data, rng=rng(seed), resamples=200),
        bootstrap_quantile(data, 0.9, rng=rng(seed), resamples=200),
    ):
        assert data.min() - 1e-9 <= interval.low <= interval.high <= data.max() + 1e-9
    assert bootstrap_mean(data, rng=rng(), resamples=200).value == pytest.approx(data.mean())
    assert bootstrap_median(data, rng=rng(), resamples=200).value == pytest.approx(np.median(data))


@settings(max_examples=30, deadline=None)
@given(samples, st.sampled_from([0.25, 2.0, 1024.0]))
def test_intervals_scale_with_the_unit(data, factor):
    one = bootstrap_mean(data, rng=rng(3), resamples=200)
    other = bootstrap_mean(data * factor, rng=rng(3), resamples=200)
    assert (other.value, other.low, other.high) == pytest.approx(
        (one.value * factor, one.low * factor, one.high * factor)
    )
    scaled = one.scaled(factor)
    assert (scaled.low, scaled.high) == pytest.approx((other.low, other.high))


def test_scaling_by_a_negative_factor_keeps_the_limits_in_order():
    interval = wilson(3, 10).scaled(-1)
    assert interval.low < interval.value < interval.high < 0


@pytest.mark.parametrize("make", [bootstrap_mean, bootstrap_median])
def test_constant_data_has_an_interval_without_width(make):
    interval = make(np.full(7, 2.5), rng=rng())
    assert (interval.value, interval.low, interval.high) == (2.5, 2.5, 2.5)


def test_same_generator_same_interval_and_another_level_is_wider():
    data = rng(1).exponential(size=40)
    assert bootstrap_mean(data, rng=rng(5)) == bootstrap_mean(data, rng=rng(5))
    narrow = bootstrap_mean(data, rng=rng(5), level=0.8)
    wide = bootstrap_mean(data, rng=rng(5), level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_chunks_do_not_change_the_answer(monkeypatch):
    data = rng(2).normal(size=50)
    whole = bootstrap_mean(data, rng=rng(0), resamples=300)
    monkeypatch.setattr("firsthand.measure.bootstrap._CHUNK_VALUES", 50 * 7)
    assert bootstrap_mean(data, rng=rng(0), resamples=300) == whole


def test_columns_stay_paired():
    x = rng(4).lognormal(size=60)
    ratio = bootstrap_ratio(3 * x, x, rng=rng())
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((3, 3, 3))


def test_bca_agrees_with_its_defining_equations_on_a_skewed_sample():
    # A published worked value would be a copy of data; the defining equations are evaluated here
    # once more, by loops, on this sample (Efron and Tibshirani 1993, section 14.3).
    from statistics import NormalDist

    data = rng(6).lognormal(size=25)
    generator = rng(8)
    replicates = [data[generator.integers(0, 25, size=25)].mean() for _ in range(1000)]
    normal = NormalDist()
    z0 = normal.inv_cdf(sum(r < data.mean() for r in replicates) / 1000)
    left_out = [np.delete(data, i).mean() for i in range(25)]
    centred = [np.mean(left_out) - value for value in left_out]
    a = sum(c**3 for c in centred) / (6 * sum(c**2 for c in centred) ** 1.5)
    tails = []
    for tail in (0.025, 0.975):
        z = z0 + normal.inv_cdf(tail)
        tails.append(normal.cdf(z0 + z / (1 - a * z)))
    low, high = np.quantile(replicates, tails)
    ours = bootstrap_statistic(data, lambda x: x.mean(axis=1), rng=rng(8), resamples=1000)
    assert (ours.low, ours.high) == pytest.approx((low, high))
    assert a > 0.02  # the sample is skewed enough for the correction to matter


def coverage(covers, experiments=400):
    return sum(map(covers, range(experiments))) / experiments


def test_coverage_of_the_mean_on_skewed_data():
    def covers(seed):
        interval = bootstrap_mean(rng(seed).exponential(size=40), rng=rng(seed), resamples=500)
        return interval.low <= 1.0 <= interval.high

    assert 0.90 <= coverage(covers) <= 0.98


def test_coverage_of_the_median():
    def covers(seed):
        interval = bootstrap_median(rng(seed).lognormal(size=60), rng=rng(seed), resamples=500)
        return interval.low <= 1.0 <= interval.high

    assert 0.91 <= coverage(covers) <= 0.99


def test_coverage_of_a_ratio_of_means():
    def covers(seed):
        generator = rng(seed)
        base = generator.gamma(4.0, size=50)
        above = base * generator.lognormal(np.log(2.0) - 0.02, 0.2, size=50)  # E[factor] = 2
        interval = bootstrap_ratio(above, base, rng=generator, resamples=500)
        return interval.low <= 2.0 <= interval.high

    assert 0.90 <= coverage(covers) <= 0.98


def test_coverage_of_wilsons_interval_for_few_trials():
    def covers(seed):
        interval = wilson(int(rng(seed).binomial(20, 0.9)), 20)
        return interval.low <= 0.9 <= interval.high

    assert 0.92 <= coverage(covers, 2000) <= 0.98


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_symmetric_and_encloses_the_share(counts):
    hits, trials = counts
    interval = wilson(hits, trials)
    mirrored = wilson(trials - hits, trials)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((interval.low, interval.high))
    assert interval.high > interval.low


def test_wilson_solves_its_own_equation():
    interval = wilson(7, 30)
    for limit in (interval.low, interval.high):
        assert abs(7 / 30 - limit) == pytest.approx(1.959964 * np.sqrt(limit * (1 - limit) / 30))


def test_a_proportion_by_resampling_agrees_with_wilson_on_many_trials():
    hits = rng(9).random(2000) < 0.3
    ours, exact = bootstrap_proportion(hits, rng=rng()), wilson(int(hits.sum()), 2000)
    assert (ours.low, ours.high) == pytest.approx((exact.low, exact.high), abs=0.004)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: bootstrap_mean([1.0], rng=rng()),
        lambda: bootstrap_mean([], rng=rng()),
        lambda: bootstrap_mean(np.ones((2, 2, 2)), rng=rng()),
        lambda: bootstrap_mean([1.0, np.nan], rng=rng()),
        lambda: bootstrap_mean([1.0, np.inf], rng=rng()),
        lambda: bootstrap_mean([1.0, 2.0], rng=rng(), level=1.0),
        lambda: bootstrap_mean([1.0, 2.0], rng=rng(), resamples=5),
        lambda: bootstrap_quantile([1.0, 2.0], 1.5, rng=rng()),
        lambda: bootstrap_ratio([1.0, 2.0], [1.0], rng=rng()),
        lambda: bootstrap_ratio([1.0, 2.0], [1.0, 0.0], rng=rng()),
        lambda: bootstrap_proportion([0, 2], rng=rng()),
        lambda: wilson(5, 4),
        lambda: wilson(0, 0),
        lambda: wilson(1, 4, level=0),
    ],
)
def test_senseless_requests_are_refused(wrong):
    with pytest.raises(InputError):
        wrong()
