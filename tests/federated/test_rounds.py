"""Rounds of honest devices: the sum of the masked is the sum, whoever is lost on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rounds import ASSUMED, BINS, QUESTION, Round, equal, plan_for

from firsthand.errors import AbortedRoundError, ConfigError
from firsthand.federated import (
    Assumed,
    Drops,
    Histogram,
    Plan,
    Rules,
    in_the_clear,
    planned,
    simulate,
)
from firsthand.federated.aggregator import Phase
from firsthand.federated.degree import Degree
from firsthand.federated.simulation import PHASES


def test_the_sum_of_the_masked_is_the_sum() -> None:
    a_round = Round()
    total = a_round.finish()
    assert total.devices == 12
    assert equal(total, a_round.sum_over(a_round.devices))
    assert [each.name for each in total.answer.estimates] == list(BINS)


@settings(max_examples=25, deadline=None)
@given(
    lost=st.lists(st.tuples(st.integers(0, 11), st.integers(1, 4)), max_size=4),
)
def test_whoever_is_lost_the_sum_is_that_of_the_vectors_that_came(lost) -> None:
    a_round = Round(plan=plan_for(12, least=6))
    publics = list(a_round.devices)
    leaves = {publics[place]: phase for place, phase in lost}
    for phase in range(len(PHASES)):
        a_round.step({public for public, gone in leaves.items() if gone <= phase})
    counted = [public for public in publics if leaves.get(public, 9) > 2]
    total = a_round.server.total()
    assert total.devices == len(counted)
    assert equal(total, a_round.sum_over(counted))


@pytest.mark.parametrize(("bits", "largest"), [(32, 2**28), (64, 2**48)])
def test_large_numbers_sum_to_the_last_bit(bits, largest) -> None:
    plan = Plan(Histogram("letters", BINS, most=4, each=largest), 8, 12, ASSUMED, bits=bits)
    a_round = Round(12, plan)
    for number, public in enumerate(a_round.devices):
        a_round.values[public] = np.full(4, largest - number)
    assert a_round.finish().numbers.tolist() == [12 * largest - 66] * 4
    with pytest.raises(ConfigError, match=r"which 2\*\*32 does not hold"):
        Plan(Histogram("letters", BINS, most=4, each=2**29), 8, 12, ASSUMED)


def test_a_graph_of_few_neighbours_gives_the_same_sum() -> None:
    harmless = Assumed(0.0, 0.02, "honest")
    plan = plan_for(60, least=58, assumed=harmless, degree=Degree(8, 5))
    a_round = Round(60, plan, Rules(least=50, threshold=2, assumed=harmless))
    a_round.step()
    assert {len(near) for near in a_round.server._near} == {8}
    gone = a_round.publics[5]
    total = a_round.finish({gone})
    assert equal(total, a_round.sum_over(set(a_round.devices) - {gone}))


def test_fewer_than_asked_for_end_a_round_at_any_phase() -> None:
    for phase in PHASES[:3]:
        a_round = Round()
        a_round.go_to(phase)
        silent = set(list(a_round.devices)[:5])
        with pytest.raises(AbortedRoundError, match=r"7 devices .* and a sum is over 8"):
            a_round.step(silent)


def test_fewer_shares_than_the_threshold_end_a_round() -> None:
    a_round = Round()
    a_round.go_to("unmasking")
    needed = a_round.server._degree.threshold
    for public in a_round.publics[: needed - 1]:
        a_round.send(public)
    with pytest.raises(AbortedRoundError, match="masks cannot be taken off"):
        a_round.advance()
    for public in a_round.publics[needed - 1 : needed + 1]:  # a later one may still come
        a_round.send(public)
    a_round.advance()
    assert equal(a_round.server.total(), a_round.sum_over(a_round.devices))


def test_simulated_is_in_the_clear() -> None:
    fleet = [[BINS[n % 4]] * (n % 5) for n in range(40)]
    plan = planned(QUESTION, least=30, most=40, assumed=Assumed(0.05, 0.1))
    told = []
    found = simulate(plan, fleet, tell=lambda *what: told.append(what))
    clear = in_the_clear(plan, fleet)
    assert np.array_equal(found.total.numbers, clear.numbers)
    assert found.total.answer == clear.answer
    assert {name for name, _, _ in told} == set(PHASES)
    lost = simulate(plan, fleet, drops=Drops(0.2, seed=3))
    assert lost.total.devices == 36  # of eight lost, four had sent their vectors
    assert sum(found.received.values()) > 40 * plan.query.length * 4


def test_masked_vectors_are_uniform() -> None:
    question = Histogram("letters", tuple(map(str, range(4_096))), most=1)
    plan = planned(question, least=8, most=10, assumed=Assumed(0.05, 0.1))
    seen = []

    class Listening(Round):
        def send(self, public, changed=lambda data: data):
            message = super().send(public)
            if PHASES[self.phase] == "vectors":
                seen.append(np.frombuffer(message[-4 * 4_096 :], "<u4"))
            return message

    Listening(10, plan).finish()
    from scipy.stats import chisquare, kstest

    numbers = np.concatenate(seen)
    assert len(numbers) == 40_960
    assert kstest(numbers / 2.0**32, "uniform").pvalue > 1e-4
    for shift in (0, 8, 16, 24):
        counts = np.bincount(numbers >> shift & 255, minlength=256)
        assert chisquare(counts).pvalue > 1e-4
    pairs = np.corrcoef(np.stack(seen).astype(float))
    assert np.abs(pairs - np.eye(10)).max() < 0.08


def test_phases_are_as_they_are_told() -> None:
    a_round = Round()
    assert a_round.server.phase is Phase.KEYS
    assert not a_round.server.waiting_for
    a_round.step()
    assert a_round.server.waiting_for == set(a_round.devices)
    first = a_round.publics[0]
    a_round.send(first)
    assert a_round.server.waiting_for == set(a_round.devices) - {first}


def test_degrees_are_those_of_the_paper() -> None:
    from firsthand.federated import degree_for

    assert degree_for(500, Assumed(0.10, 0.30, "honest")) == Degree(76, 31)
    assert degree_for(500, Assumed(0.05, 0.10, "honest")) == Degree(32, 16)
    # A malicious server also chooses who is missing: two more than the paper's 44.
    assert degree_for(500, Assumed(0.05, 0.05, "malicious")) == Degree(46, 33)
    assert degree_for(12, Assumed(0.05, 0.1)) == Degree(11, 7)
