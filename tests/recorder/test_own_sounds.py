"""A stream is judged as the whole, and a file as the network it was made from."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ModelError
from firsthand.recorder.sounds.own import BANDS, FRAMES, SPECTROGRAM, WINDOW_CHUNKS, OwnSounds
from firsthand.runtime.backends.litert import open_litert
from firsthand.train.export import arrays_to_tflite
from firsthand.train.recorder.sound_net import SoundNet, SoundStep

CLASSES = ("bell", "horn", "whistle")


@pytest.fixture(scope="module")
def net() -> SoundNet:
    torch.manual_seed(0)
    made = SoundNet(len(CLASSES), width=32)
    with torch.no_grad():
        made.train()(torch.randn(4, 60, FRAMES, BANDS))  # its norms have seen something
        made.judge.weight *= 20  # so that scores differ
    return made.eval()


@pytest.fixture(scope="module")
def model(net) -> OwnSounds:
    memory = torch.zeros(1, sum(net.memories), net.width)
    data = arrays_to_tflite(SoundStep(net), (torch.zeros(1, FRAMES, BANDS), memory))
    return OwnSounds(open_litert(data, threads=1, where="made"), CLASSES)


def sound(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.1, int(seconds * 16_000)).astype(np.float32)


def test_a_file_that_hears_chunk_by_chunk_says_what_the_network_says_of_the_whole(
    net, model
) -> None:
    samples = sound(3.0)
    frames = SPECTROGRAM(samples)
    chunks = frames[: len(frames) // FRAMES * FRAMES].reshape(1, -1, FRAMES, BANDS)
    with torch.no_grad():
        wanted = net(torch.from_numpy(chunks)).sigmoid()[0].numpy()
    _, found = model.step(model.begin(), samples)
    assert found.shape == (chunks.shape[1] - WINDOW_CHUNKS + 1, len(CLASSES))
    assert found.std() > 0.01
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 32_000), max_size=6))
def test_a_stream_of_blocks_is_judged_as_the_whole(model, cuts: list[int]) -> None:
    samples = sound(2.0)
    _, whole = model.step(model.begin(), samples)
    state, parts = model.begin(), []
    for block in np.split(samples, sorted(cuts)):
        state, scores = model.step(state, block)
        parts.append(scores)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_a_state_can_be_gone_on_from_twice(model) -> None:
    state, _ = model.step(model.begin(), sound(1.5))
    first = model.step(state, sound(0.3))[1]
    np.testing.assert_array_equal(model.step(state, sound(0.3))[1], first)


@pytest.mark.parametrize("seconds", [0.001, 0.3, 0.97, 2.0])
def test_the_end_has_a_window_too(model, seconds: float) -> None:
    state, scores = model.step(model.begin(), sound(seconds))
    assert len(scores) == (0 if seconds < 0.965 else int((seconds - 0.965) / 0.05 + 1.001))
    assert model.last(state).shape == (1, len(CLASSES))


def test_nothing_has_no_window(model) -> None:
    state, scores = model.step(model.begin(), np.empty(0, np.float32))
    assert scores.shape == model.last(state).shape == (0, len(CLASSES))


def test_another_network_is_refused(net, model) -> None:
    with pytest.raises(ModelError, match=r"2 classes by name, scores of shape \(1, 3\)"):
        OwnSounds(model._runner, CLASSES[:2])
    other = arrays_to_tflite(torch.nn.Linear(4, 2), (torch.zeros(1, 4),))
    with pytest.raises(ModelError, match=r"this file's arrays are \[\(1, 4\), \(1, 2\)\]"):
        OwnSounds(open_litert(other, threads=1, where="other"), CLASSES)
