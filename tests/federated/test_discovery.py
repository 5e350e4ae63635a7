"""Words that nobody listed: the question, the two searches, and crowds that stand for devices."""

import random
from itertools import product
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, InputError
from firsthand.federated import (
    Assumed,
    Extensions,
    PrefixTree,
    TrieHH,
    discover,
    in_the_clear,
    planned,
    simulate,
)
from firsthand.federated.accounting import epsilon_of
from firsthand.federated.crowds import Crowd, discover_in
from firsthand.federated.queries import query_from, query_to
from firsthand.federated.queries.extending import END

SMALL = st.text("abc", min_size=1, max_size=6)


class TestExtensions:
    @given(st.sets(SMALL, min_size=1, max_size=5), st.integers(1, 3), st.lists(SMALL, max_size=20))
    def test_a_vote_is_for_how_a_word_goes_on(self, prefixes, step, words) -> None:
        question = Extensions("w", tuple(sorted(prefixes)), "abc", step, votes=50)
        votes = question.local(words)
        told = {question.extended(place) for place in np.flatnonzero(votes)}
        expected = set()
        for word in words:
            longest = max((p for p in prefixes if word.startswith(p)), key=len, default=None)
            if longest is not None:
                expected.add((word + END * step)[: len(longest) + step])
        assert told == expected
        assert len(told) == votes.sum()
        assert query_from(query_to(question)) == question

    @given(st.integers(0, 2 * 4**3 - 1))
    def test_every_place_has_its_extension(self, place) -> None:
        question = Extensions("w", ("ab", "c"), "abc", 3)
        word = question.extended(place)
        if END not in word.rstrip(END):
            assert question.place(word.rstrip(END)) in (place, None)

    def test_devices_vote_for_what_they_may(self) -> None:
        question = Extensions("w", ("",), "ab", 1, votes=9, known=("a",))
        assert question.local(["a", "", 3, None, "zebra", "äb"]).sum() == 0
        assert question.local(["b", "b", "ab"]).tolist() == [0, 1, 1]
        assert question.reach.numbers == 3

    def test_of_many_words_some_are_drawn(self) -> None:
        question = Extensions("w", ("",), "abcdef", 1, votes=2)
        rng = random.Random(0)
        drawn = [question.local(list("aabcdef"), rng) for _ in range(3_000)]
        assert {int(each.sum()) for each in drawn} == {1, 2}
        share = np.mean(drawn, axis=0)
        assert share[1] == pytest.approx(1 - (5 / 7) * (4 / 6), abs=0.04)
        assert share[2] == pytest.approx(2 / 7, abs=0.04)
        assert question.local(list("abcdef")).sum() == 2  # by the operating system's randomness

    @pytest.mark.parametrize(
        "wrong",
        [
            {"prefixes": ()}, {"prefixes": ("a", "a")}, {"prefixes": (3,)}, {"step": 0},
            {"characters": ""}, {"characters": "aa"}, {"characters": "a\0"}, {"votes": 0},
            {"step": 8}, {"known": (4,)}, {"characters": 7},
        ],
    )  # fmt: skip
    def test_what_is_no_question_is_refused(self, wrong) -> None:
        with pytest.raises(ConfigError):
            Extensions("w", **wrong)

    def test_its_sum_is_told(self) -> None:
        question = Extensions("w", ("",), "ab", 1)
        answer = question.answer(np.array([0.0, 7.0, 2.0]), 9, 1.0)
        assert [(each.name, each.value) for each in answer.estimates] == [("a", 7.0)]


def secure(fleet):
    """Rounds by the protocol; their sums are those in the clear."""
    assumed = Assumed(0.05, 0.1)

    def ask(question):
        plan = planned(question, least=len(fleet) - 4, most=len(fleet), assumed=assumed)
        found = simulate(plan, fleet).total
        assert np.array_equal(found.numbers, in_the_clear(plan, fleet).numbers)
        return plan.decoded(found.numbers), 0.0

    return ask


FLEET = [["apple", "bee"], ["apple"], ["apple", "cat"], ["bee", "apple"]] * 4


def test_a_prefix_tree_finds_words_by_secure_sums() -> None:
    search = PrefixTree("w", 1e3, 1e-6, rounds=5, votes=2, longest=8, room=1_000)
    object.__setattr__(search, "deviation", 0.0)
    found = discover(search, secure(FLEET))
    assert [(word.word, word.votes) for word in found.words] == [
        ("apple", 16), ("bee", 8), ("cat", 4),
    ]  # fmt: skip
    assert found.question is None
    again = discover(
        PrefixTree("w", 1e3, 1e-6, rounds=5, votes=2, room=1_000, known=("apple",)), secure(FLEET)
    )
    assert [word.word for word in again.words] == ["bee", "cat"]


def test_triehh_finds_words_by_secure_sums() -> None:
    search = TrieHH("w", 10_000, 5.0, 1e-1, longest=6)
    found = discover(search, secure([["apple"], ["apple"], ["apple"], ["bee"]] * 8))
    assert [word.word for word in found.words] == ["apple", "bee"]


def test_triehh_is_as_private_as_its_theorem_says() -> None:
    for devices, epsilon, delta in ((100_000, 1.0, 1e-6), (10**6, 4.0, 1e-8), (5_000, 8.0, 1e-4)):
        search = TrieHH("w", devices, epsilon, delta, longest=9)
        theta, rounds = search.threshold, search.rounds
        ratio = devices / (
            search.sample * theta
        )  # sqrt(n) / (gamma theta), as sample = gamma sqrt n
        assert rounds * np.log1p(1 / (ratio - 1)) <= epsilon
        assert (theta - 2) / ((theta - 3) * factorial(theta)) <= delta
        assert search.sample + 1 > devices * (1 - exp(-epsilon / rounds)) / theta


def test_a_prefix_tree_s_rounds_cost_together_what_was_promised() -> None:
    search = PrefixTree("w", 2.0, 1e-6, rounds=4, votes=3)
    question = search.question
    plan = planned(
        question, least=450, most=500, deviation=search.deviation, delta=1e-6,
        assumed=Assumed(0.02, 0.1, "honest"),
    )  # fmt: skip
    assert plan.noise.deviation == search.deviation
    assert epsilon_of([plan.cost] * 4, 1e-6) == pytest.approx(2.0, rel=0.01)
    assert epsilon_of([plan.cost], 1e-6) < 1.2


def test_a_prefix_tree_goes_on_by_as_much_as_there_is_room_for() -> None:
    search = PrefixTree("w", 1.0, 1e-6, rounds=3, room=28**3, longest=9)
    assert search.question.step == 3
    kept = np.zeros((28, 28, 28))
    kept[1, 1:3, 1:] = 1e6  # aaa, aab, ..., ab'
    kept = kept.reshape(-1)
    after = search.after(kept, 0.0)
    assert after.question.step == 1
    assert after.asked == 1
    everything = np.full(28**3, 1e6)
    most = search.after(everything, 0.0)
    assert len(most.prefixes) == 28**2
    assert most.question.length <= 28**3


def test_noise_alone_discovers_nothing() -> None:
    """In a share of searches as it is told: here in none of forty."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        search = PrefixTree("w", 1.0, 1e-6, rounds=2, room=30_000)
        after = search.after(rng.normal(0, 9, search.question.length), 9.0)
        assert len(after.prefixes) <= 1
        assert after.words == ()


class TestCrowd:
    WORDS = ("apple", "bee", "cat", "ant", "b", "Zoë", "beetle")

    @given(st.integers(0, 2**32), st.integers(1, 4))
    def test_its_votes_are_those_of_its_devices(self, seed, step) -> None:
        crowd = Crowd.zipf(self.WORDS, 30, 4, seed=seed)
        question = Extensions("w", ("b", "a"), step=step, votes=4, known=("bee",))
        fleet = [[self.WORDS[place] for place in row] for row in crowd.records]
        wanted = sum(question.local(values) for values in fleet)
        assert np.array_equal(crowd.votes(question, np.random.default_rng(0)), wanted)

    def test_it_draws_as_its_devices_do(self) -> None:
        crowd = Crowd(self.WORDS, np.tile(np.array([0, 0, 3, 1, 5], np.int32), (40_000, 1)))
        question = Extensions("w", ("",), votes=2)
        mine = crowd.votes(question, np.random.default_rng(0)) / 40_000
        rng = random.Random(0)
        values = [self.WORDS[place] for place in crowd.records[0]]
        theirs = np.mean([question.local(values, rng) for _ in range(4_000)], axis=0)
        assert np.abs(mine - theirs).max() < 0.04

    def test_frequent_words_are_those_of_most_devices(self) -> None:
        crowd = Crowd(self.WORDS, np.array([[1, 1, 1], [0, 2, 0], [2, 0, 2]], np.int32))
        assert crowd.frequent() == ["apple", "cat", "bee"]
        with pytest.raises(InputError, match="devices, each"):
            Crowd(self.WORDS, np.zeros((0, 3), np.int32))

    def test_a_large_crowd_s_words_are_found(self) -> None:
        words = ["".join(each) for each in product("abcd", "xy", "mnop")]
        crowd = Crowd.zipf(words, 50_000, 3, exponent=1.5, seed=1)
        top = crowd.frequent()
        tree = discover_in(
            crowd, PrefixTree("w", 4.0, 1e-6, rounds=3, votes=3, longest=5), cohort=500, seed=0
        )
        assert [word.word for word in tree.words][:5] == top[:5]
        trie = discover_in(crowd, TrieHH("w", 50_000, 6.0, 1e-5, longest=5), cohort=500, seed=0)
        assert {word.word for word in trie.words} <= set(top)
        assert top[0] in {word.word for word in trie.words}


def test_searches_that_cannot_be_are_refused() -> None:
    for wrong in (
        lambda: TrieHH("w", 100, 1.0, 1e-6),
        lambda: TrieHH("w", 10_000, 0.0, 1e-6),
        lambda: TrieHH("w", 10_000, 1.0, 1e-6, longest=90),
        lambda: PrefixTree("w", 1.0, 1e-6, rounds=0),
        lambda: PrefixTree("w", 1.0, 1e-6, room=5),
        lambda: PrefixTree("w", 1.0, 1e-6, wrong=1.0),
    ):
        with pytest.raises(ConfigError):
            wrong()
