"""Voices are gathered as an independent clustering gathers them, and every moment has one."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from voices import Everything, Loud, Mean

from firsthand.errors import ModelError
from firsthand.recorder import voice
from firsthand.recorder.speakers import clustering
from firsthand.recorder.speakers.clustering import clustered
from firsthand.recorder.speakers.embedding import (
    HOP_MS,
    SPECTROGRAM,
    WINDOW,
    WINDOW_HOPS,
    SpeakerNetwork,
    Voices,
    VoicesState,
    all_voices,
)
from firsthand.recorder.speakers.turns import JOIN_MS, turns_of

LEAST = 0.6


def directions(labels, size=16, spread=0.05, seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    voices = np.eye(size)[np.asarray(labels, int)] + spread * rng.normal(size=(len(labels), size))
    return voices / np.linalg.norm(voices, axis=1, keepdims=True)


def same(one, other) -> bool:
    return bool(np.array_equal(np.equal.outer(one, one), np.equal.outer(other, other)))


@given(
    st.integers(2, 40).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
    )
)
def test_groups_are_those_of_average_linkage(drawn) -> None:
    count, seed, least = drawn
    rng = np.random.default_rng(seed)
    voices = directions(rng.integers(4, size=count), size=5, spread=0.6, seed=seed)
    tree = linkage(voices, "average", metric="cosine")
    assume(np.abs(tree[:, 2] - (1 - least)).min() > 1e-5)  # neither rounds to the other side
    assert same(clustered(voices, least), fcluster(tree, 1 - least, "distance"))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(2, 9))
def test_speakers_apart_are_told_apart_in_parts_as_well_as_at_once(labels, at_once) -> None:
    voices = directions(labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clustering, "_AT_ONCE", at_once)
        found = clustered(voices, LEAST)
    assert same(found, labels)
    first = [int(np.flatnonzero(found == group)[0]) for group in range(found.max() + 1)]
    assert first == sorted(first)


def test_no_voices_are_no_groups() -> None:
    assert clustered(np.empty((0, 8)), LEAST).shape == (0,)


def talk(plan) -> tuple[Voices, list[tuple[int, int]], np.ndarray]:
    """Windows of speakers for so many hops each; None for silence."""
    who = np.repeat([-1 if s is None else s for s, _ in plan], [n for _, n in plan])
    places, labels = [], []
    for place in range(len(who) - WINDOW_HOPS + 1):
        inside = who[place : place + WINDOW_HOPS]
        if (inside >= 0).sum() * 2 > WINDOW_HOPS:
            places.append(place)
            labels.append(np.bincount(inside[inside >= 0]).argmax())
    voices = Voices(np.array(places, np.int32), directions(labels).astype(np.float16))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], who >= 0, [0]]).astype(int)))
    return voices, [(int(a) * HOP_MS, int(b) * HOP_MS) for a, b in edges.reshape(-1, 2)], who


@given(
    st.lists(
        st.tuples(st.sampled_from((None, 0, 1, 2)), st.integers(12, 40)), min_size=2, max_size=12
    )
)
def test_turns_are_within_speech_in_order_and_about_right(plan) -> None:
    voices, spans, who = talk(plan)
    assume(len(set(who[who >= 0])) > 1)
    turns = turns_of(voices, spans, LEAST)
    names: dict[int, int] = {}
    for turn in turns:
        middle = (turn.start_ms + turn.end_ms) // 2 // HOP_MS
        if turn.end_ms - turn.start_ms >= 12 * HOP_MS and who[middle] >= 0:
            assert names.setdefault(turn.speaker, int(who[middle])) == who[middle]
    for one, other in itertools.pairwise(turns):
        assert one.end_ms <= other.start_ms
        assert one.speaker != other.speaker or other.start_ms - one.end_ms > JOIN_MS
    spoken_ms = sum(end - start for start, end in spans)
    pauses_ms = sum(  # the short ones in turns
        min(JOIN_MS, other[0] - one[1]) for one, other in itertools.pairwise(spans)
    )
    assert sum(t.end_ms - t.start_ms for t in turns) <= spoken_ms + pauses_ms
    told = sum(who[t.start_ms // HOP_MS] == names.get(t.speaker, -2) for t in turns)
    assert told >= len(turns) // 2


def test_where_one_alone_speaks_there_are_no_turns() -> None:
    voices, spans, _ = talk([(0, 40), (None, 12), (0, 40)])
    assert turns_of(voices, spans, LEAST) == ()
    assert turns_of(all_voices([]), spans, LEAST) == ()


def test_who_is_heard_for_a_moment_is_nobody_new() -> None:
    voices, spans, _ = talk([(0, 40), (1, 40), (2, 6), (1, 30)])
    assert {turn.speaker for turn in turns_of(voices, spans, LEAST)} == {0, 1}


@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_voices_of_a_stream_are_those_of_the_whole(seed, count) -> None:
    rng = np.random.default_rng(seed)
    gate = np.repeat(rng.random(60) < 0.6, 1_600)
    samples = (rng.normal(size=96_000) * gate).astype(np.float32)
    network = SpeakerNetwork(Mean(), LEAST)

    def heard(blocks) -> Voices:
        state, hearing, parts = VoicesState(), voice.VoiceState(), []
        for block in blocks:
            hearing, chances = voice.step(Loud(), hearing, block)
            state, found = network.step(state, block, chances)
            parts.append(found)
        return all_voices(parts)

    cuts = np.sort(rng.integers(0, len(samples), count))
    one, other = heard([samples]), heard(np.split(samples, cuts))
    np.testing.assert_array_equal(one.places, other.places)
    np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-3)  # float16
    # A window begins every hop, and only where at least two fifths of it are loud.
    loud = np.abs(samples[: len(samples) // 512 * 512].reshape(-1, 512)).max(axis=1) >= 0.5
    last = (len(samples) - SPECTROGRAM.window) // SPECTROGRAM.hop + 1 - WINDOW
    wanted = [p for p in range(last // 32 + 1) if loud[p * 10 : p * 10 + 50].mean() >= 0.4]
    assert one.places.tolist() == wanted


def test_silence_has_no_voices_and_another_network_is_refused() -> None:
    network = SpeakerNetwork(Mean(), LEAST)
    _, found = network.step(VoicesState(), np.zeros(64_000, np.float32), np.zeros(125, np.float32))
    assert found.places.shape == (0,)
    assert found.vectors.shape == (0, SPECTROGRAM.bands)
    with pytest.raises(ModelError, match=r"a speaker network maps \(1, 160, 64\)"):
        SpeakerNetwork(Everything(), LEAST)
