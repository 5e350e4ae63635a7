"""Guesses of speech under way are what an engine says of it, however long it lasts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from spoken import said

from firsthand.recorder.engines.given import Given
from firsthand.recorder.guessing import TAIL_MS, Guessed, step
from firsthand.recorder.speech import Spoken
from firsthand.recorder.transcript import Transcript


class Counting(Given):
    longest = 0

    def words(self, samples, start_ms):
        self.longest = max(self.longest, len(samples))
        return super().words(samples, start_ms)


@given(st.integers(0, 5_000), st.lists(st.integers(300, 3_000), min_size=1, max_size=12))
def test_guesses_grow_with_the_speech_and_cost_no_more(start_ms, steps_ms) -> None:
    words = said(" ".join(f"word{n}" for n in range(60)), start_ms, 400)
    engine = Counting(Transcript(tuple(words)))
    state, end_ms = Guessed(), start_ms
    for step_ms in steps_ms:
        end_ms += step_ms
        samples = np.zeros((end_ms - start_ms) * 16, np.float32)
        state = step(engine, state, Spoken(start_ms, end_ms, samples))
        texts = [word.text for word in state.words]
        assert texts == [word.text for word in words[: len(texts)]]
        whole = sum(word.end_ms <= end_ms for word in words)
        assert len(texts) >= whole - 1
    assert engine.longest <= 16 * max(TAIL_MS, max(steps_ms) + 500, sum(steps_ms[:2]))


def test_another_sentence_begins_anew() -> None:
    engine = Given(Transcript(tuple(said("a b c d e f g h", 0, 500))))
    first = step(engine, Guessed(), Spoken(0, 1_000, np.zeros(16_000, np.float32)))
    second = step(engine, first, Spoken(2_000, 3_000, np.zeros(16_000, np.float32)))
    assert [word.text for word in first.words] == ["a", "b"]
    assert [word.text for word in second.words] == ["e", "f"]
