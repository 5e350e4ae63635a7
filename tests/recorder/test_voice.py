"""Speech told from silence, and words put where it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, ShapeError
from firsthand.media import read_audio
from firsthand.recorder.snapping import NEAR_MS, PAUSE_MS, after_pauses, snapped
from firsthand.recorder.speech import spoken
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import (
    FRAME_MS,
    RATE_HZ,
    SpanState,
    Speech,
    VoiceState,
    end_spans,
    load_voice,
    step,
    step_spans,
)

SPEECH = Speech()


def spans_of(chances, speech: Speech = SPEECH) -> list[tuple[int, int]]:
    state, spans = step_spans(SpanState(), chances, speech)
    return spans + end_spans(state, speech)


@given(st.lists(st.floats(0, 1), max_size=200), st.integers(0, 200))
def test_spans_of_a_stream_are_those_of_the_whole(chances: list[float], cut: int) -> None:
    speech = Speech(longest_ms=2_000)
    state, first = step_spans(SpanState(), chances[:cut], speech)
    state, second = step_spans(state, chances[cut:], speech)
    spans = spans_of(chances, speech)
    assert first + second + end_spans(state, speech) == spans
    for start, end in spans:
        assert 0 <= start < end <= start + 2_000 + 2 * speech.margin_ms
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    for at in range(len(chances) - 2):
        if min(chances[at : at + 3]) >= speech.on:
            assert any(start <= at * FRAME_MS < end for start, end in spans)


def test_a_pause_ends_speech_and_a_click_is_none() -> None:
    chances = np.zeros(200)
    chances[50:80] = 0.9
    chances[85:100] = 0.9
    chances[150] = 0.9
    assert spans_of(chances) == [(50 * 32 - 96, 100 * 32 + 96)]


def test_long_speech_is_cut_where_it_is_quietest() -> None:
    chances = np.full(2_000, 0.9)
    chances[600] = 0.4
    first, second, *_ = spans_of(chances)
    assert first == (0, 600 * 32)
    assert second[0] == 600 * 32


@pytest.mark.parametrize(
    "wrong", [{"on": 0.2}, {"off": 0}, {"pause_ms": 100}, {"longest_ms": 50}, {"shortest_ms": 0}]
)
def test_senseless_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="speech has 0 < off"):
        Speech(**wrong)


@pytest.fixture(scope="module")
def network():
    return load_voice()


def test_blocks_are_judged_as_the_whole_and_as_faster_whisper_does(network) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32)
    _, whole = step(network, VoiceState(), samples)
    state, parts = VoiceState(), []
    for block in np.array_split(samples, 23):
        state, chances = step(network, state, block)
        parts.append(chances)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)
    from faster_whisper.vad import get_vad_model

    theirs = get_vad_model()(samples[: 20_000 // 512 * 512].copy())
    # of the last frame it overwrites the last samples, its own
    np.testing.assert_allclose(whole[:-1], theirs.reshape(-1)[:-1], atol=1e-5)
    with pytest.raises(ShapeError, match=r"\(2, 3\)"):
        step(network, VoiceState(), np.zeros((2, 3)))


def test_there_is_no_speech_in_silence_noise_or_nothing(network) -> None:
    rng = np.random.default_rng(0)
    for samples in (np.zeros(48_000), 0.05 * rng.normal(size=48_000), np.zeros(0), np.zeros(100)):
        assert list(spoken(network, [samples])) == []


@pytest.mark.data
def test_speech_is_found_between_silences(network, data_root) -> None:
    clip = next((data_root / "speech" / "transcribed").rglob("two_cities.flac"))
    samples, _ = read_audio(clip, RATE_HZ)
    silence = np.zeros(3 * RATE_HZ, np.float32)
    blocks = [silence, samples, silence, samples, silence]
    spans = [(span.start_ms, span.end_ms) for span in spoken(network, blocks)]
    length_ms = 1_000 * len(samples) // RATE_HZ
    for begins_ms in (3_000, 6_000 + length_ms):
        inside = [
            s for s in spans if begins_ms - 200 <= s[0] and s[1] <= begins_ms + length_ms + 200
        ]
        assert sum(end - start for start, end in inside) > 0.6 * length_ms
    assert sum(end - start for start, end in spans) < 2.1 * length_ms


WORDS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 2_000)).map(sorted), max_size=30)


@given(WORDS, st.lists(st.integers(0, 20_000), max_size=8, unique=True))
def test_words_end_up_in_order_and_in_or_beside_speech(times, edges) -> None:
    words = [
        Word(f"w{n}", start, start + (end - start) % 3_000)
        for n, (start, end) in enumerate(sorted(times))
    ]
    ordered = sorted(edges)
    spans = list(zip(ordered[::2], ordered[1::2], strict=False))
    found = list(snapped(words, spans))
    assert [w.start_ms for w in found] == sorted(w.start_ms for w in found)
    kept = {w.text for w in found}
    for word in words:
        near = any(
            start < word.end_ms + NEAR_MS and word.start_ms < end + NEAR_MS for start, end in spans
        )
        assert (word.text in kept) == near
    assert list(snapped(words, [])) == []


def test_a_word_over_a_silence_is_cut_to_its_speech() -> None:
    words = [Word("one", 900, 1_400), Word("two", 1_400, 31_500), Word("ghost", 15_000, 16_000)]
    spans = [(1_000, 1_500), (31_000, 32_000)]
    assert list(snapped(words, spans)) == [Word("one", 1_000, 1_400), Word("two", 31_000, 31_500)]


def test_a_word_does_not_begin_with_the_pause_ahead_of_it() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=16_000).astype(np.float32)
    samples[6_400:9_600] *= 0.01  # 400 to 600 ms
    words = [Word("one", 1_000, 1_300), Word("two", 1_300, 1_900), Word("three", 1_900, 2_000)]
    found = after_pauses(words, samples, 1_000)
    assert [(w.start_ms, w.end_ms) for w in found] == [
        (1_000, 1_400),
        (1_600, 1_900),
        (1_900, 2_000),
    ]
    assert after_pauses(words[:1], samples, 1_000) == words[:1]
    assert after_pauses(words, np.zeros(0, np.float32), 1_000) == words


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=12), st.data())
def test_only_long_pauses_move_words_and_none_into_another(parts, data) -> None:
    loud = np.repeat([on for _, on in parts] or [True], [n for n, _ in parts] or [1])
    samples = np.repeat(loud, 160).astype(np.float32)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(loud)), max_size=6)))
    words = [Word("w", 10 * a, 10 * b) for a, b in pairwise(cuts)]
    found = after_pauses(words, samples, 0)
    assert [w.text for w in found] == [w.text for w in words]
    for before, after in zip(words, found, strict=True):
        assert before.start_ms <= after.start_ms < before.end_ms <= after.end_ms
        if after.start_ms > before.start_ms:
            skipped = loud[before.start_ms // 10 : after.start_ms // 10]
            assert (~skipped).sum() * 10 >= PAUSE_MS
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(found))
