"""Guesses of speech under way are what an engine says of it, however long it lasts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import said

from firsthand.core import ManualClock
from firsthand.media import read_audio
from firsthand.recorder.engines.given import Given
from firsthand.recorder.engines.sphinx import SphinxGuesser
from firsthand.recorder.guessing import TAIL_MS, TailGuesser
from firsthand.recorder.speech import Spoken
from firsthand.recorder.transcript import Transcript


class Slow(Given):
    """An engine that takes its time, by a clock of the test's, and counts."""

    def __init__(self, words, took_us: int = 0) -> None:
        super().__init__(Transcript(tuple(words)))
        self.clock, self.took_us = ManualClock(), took_us
        self.asked = self.longest = 0

    def words(self, samples, start_ms):
        self.clock.advance(self.took_us)
        self.asked += 1
        self.longest = max(self.longest, len(samples))
        return super().words(samples, start_ms)


def silence(start_ms: int, end_ms: int) -> Spoken:
    return Spoken(start_ms, end_ms, np.zeros((end_ms - start_ms) * 16, np.float32))


@given(st.integers(0, 5_000), st.lists(st.integers(300, 3_000), min_size=1, max_size=12))
def test_guesses_grow_with_the_speech_and_cost_no_more(start_ms, steps_ms) -> None:
    words = said(" ".join(f"word{n}" for n in range(90)), start_ms, 400)
    engine = Slow(words)
    guesser, end_ms = TailGuesser(engine, engine.clock), start_ms
    for step_ms in steps_ms:
        end_ms += step_ms
        texts = [word.text for word in guesser.words(silence(start_ms, end_ms))]
        assert texts == [word.text for word in words[: len(texts)]]
        whole = sum(word.end_ms <= end_ms for word in words)
        assert len(texts) >= whole - 1
    assert engine.longest <= 16 * max(TAIL_MS, max(steps_ms) + 600)


def test_another_sentence_begins_anew() -> None:
    engine = Slow(said("a b c d e f g h", 0, 500))
    guesser = TailGuesser(engine, engine.clock)
    assert [word.text for word in guesser.words(silence(0, 1_000))] == ["a", "b"]
    assert [word.text for word in guesser.words(silence(2_000, 3_000))] == ["e", "f"]


@pytest.mark.parametrize(("took_us", "most"), [(1_000, 60), (700_000, 9), (3_000_000, 2)])
def test_an_engine_rests_between_guesses(took_us, most) -> None:
    engine = Slow(said("a b c d e f g h i j k l m n", 0, 500), took_us)
    guesser = TailGuesser(engine, engine.clock)
    guesses = []
    for tenth in range(1, 61):
        engine.clock.advance(100_000)
        guesses.append(guesser.words(silence(0, 100 * tenth)))
    assert engine.asked <= most
    assert all(len(one) <= len(other) for one, other in pairwise(guesses))


@pytest.mark.data
def test_pocketsphinx_guesses_as_it_hears(data_root) -> None:
    path = data_root / "speech" / "transcribed" / "clips" / "librivox_0880.flac"
    samples, _ = read_audio(path, 16_000)
    guesser = SphinxGuesser()
    counts = []
    for end_ms in range(250, len(samples) // 16, 250):
        words = guesser.words(Spoken(1_000, 1_000 + end_ms, samples[: end_ms * 16]))
        counts.append(len(words))
        assert all(1_000 <= w.start_ms <= w.end_ms <= 1_000 + end_ms for w in words)
        assert [w.start_ms for w in words] == sorted(w.start_ms for w in words)
    assert counts[0] <= 2
    assert counts[-1] >= 6
    again = SphinxGuesser()
    again.words(Spoken(0, 500, samples[:8_000]))
    ends = list(range(250, len(samples) // 16, 250))
    for end_ms in ends:
        last = again.words(Spoken(1_000, 1_000 + end_ms, samples[: end_ms * 16]))
    assert last == words
    assert again.words(Spoken(1_000, 1_000 + ends[-1], samples[: ends[-1] * 16])) == last
