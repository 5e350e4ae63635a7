"""Fleets larger than a round: the sums of cohorts are the sum of all."""

from tempfile import TemporaryDirectory

import numpy as np
import pytest
from rounds import ASSUMED

from firsthand.errors import AbortedRoundError, ConfigError
from firsthand.federated import Drops, Histogram, in_the_clear, planned
from firsthand.federated.cohorts import in_cohorts, over_ray
from firsthand.federated.populations import ZipfFleet

BINS = ("a", "b", "c")
QUESTION = Histogram("letters", BINS, most=3, each=2)


def letters(first, count):
    return [[BINS[n % 3]] * (1 + n % 2) for n in range(first, first + count)]


def plan_of(**more):
    return planned(QUESTION, least=8, most=12, assumed=ASSUMED, **more)


def values(answer):
    return [each.value for each in answer.estimates]


@pytest.mark.parametrize("masked_every", [1, 2, 100])
def test_cohorts_add_up(masked_every) -> None:
    told = []
    found = in_cohorts(
        plan_of(), letters, 45, masked_every=masked_every, tell=lambda *what: told.append(what)
    )
    whole = planned(QUESTION, least=8, most=45, assumed=ASSUMED)
    assert values(found.answer) == values(in_the_clear(whole, letters(0, 45)).answer)
    assert [part.devices for part in found.parts] == [12, 12, 12, 9]
    masked = [part.cohort.masked for part in found.parts]
    assert masked == [n % masked_every == 0 for n in range(4)]
    assert [part.sent_bytes > 0 for part in found.parts] == masked
    assert told[-1] == ("summing cohorts", 4, 4)


def test_too_few_for_a_cohort_are_left_out() -> None:
    found = in_cohorts(plan_of(), letters, 29, masked_every=9)
    assert found.answer.devices == 24
    with pytest.raises(ConfigError, match="11 devices are no cohort of 12"):
        in_cohorts(plan_of(), letters, 11)


def test_a_cohort_that_ends_without_a_sum_is_none_of_the_whole() -> None:
    found = in_cohorts(plan_of(), letters, 48, masked_every=2, drops=Drops(0.9))
    assert [part.total is None for part in found.parts] == [True, False, True, False]
    assert found.answer.devices == 24
    with pytest.raises(AbortedRoundError, match="none of 2 cohorts"):
        in_cohorts(plan_of(), letters, 24, drops=Drops(0.9))


def test_noise_is_each_cohort_s_own() -> None:
    plan = plan_of(epsilon=2.0)
    found = in_cohorts(plan, letters, 24_000, masked_every=10_000)
    truth = np.array(values(in_cohorts(plan_of(), letters, 24_000, masked_every=10_000).answer))
    cohorts = 2_000
    expected = plan.noise.deviation * (cohorts * 12 / plan.noise.sharers) ** 0.5
    assert found.answer.noise == pytest.approx(expected)
    errors = np.array(values(found.answer)) - truth
    assert 0 < np.abs(errors).max() < 5 * expected


@pytest.mark.slow
def test_ray_does_the_same(monkeypatch) -> None:
    with TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as short:
        monkeypatch.setenv("RAY_TMPDIR", short)
        ray_does_the_same()


def ray_does_the_same() -> None:
    question = Histogram("item", tuple(f"item {n}" for n in range(1, 6)), most=5, each=1)
    plan = planned(question, least=8, most=12, assumed=ASSUMED)
    fleet = ZipfFleet(5, 3)
    there = in_cohorts(plan, fleet, 60, masked_every=2, place=over_ray("local"))
    here = in_cohorts(plan, fleet, 60, masked_every=2)
    assert values(there.answer) == values(here.answer)
    assert [part.cohort for part in there.parts] == [part.cohort for part in here.parts]
