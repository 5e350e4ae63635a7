"""The log-mel spectrogram: by its definition, as a stream, and beside YAMNet's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.dsp import LogMel, LogMelState
from firsthand.dsp.logmel import mel_bands
from firsthand.errors import ConfigError, ShapeError


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, count).astype(np.float32)


def by_definition(samples: np.ndarray, settings: LogMel) -> np.ndarray:
    """Each frame by itself, in double precision, without a fast transform."""
    frames = []
    time = np.arange(settings.window)
    hann = np.sin(np.pi * time / settings.window) ** 2
    turns = np.outer(np.arange(settings.fft // 2 + 1), time) / settings.fft
    transform = np.exp(-2j * np.pi * turns)
    for start in range(0, len(samples) - settings.window + 1, settings.hop):
        spectrum = np.abs(transform @ (hann * samples[start : start + settings.window]))
        frames.append(np.log(spectrum @ mel_bands(settings) + settings.offset))
    return np.array(frames).reshape(-1, settings.bands)


@pytest.mark.parametrize("settings", [LogMel(), LogMel(8_000, 200, 80, 256, 20, 60, 3_800, 1e-6)])
def test_it_is_what_its_definition_says(settings: LogMel) -> None:
    samples = noise(5_000)
    found = settings(samples)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_definition(samples, settings), atol=2e-5)


@given(st.lists(st.integers(0, 1_500), max_size=8), st.integers(0, 3))
def test_blocks_give_the_frames_of_the_whole(sizes: list[int], seed: int) -> None:
    settings = LogMel()
    samples = noise(sum(sizes), seed)
    state, parts = LogMelState(), []
    for block in np.split(samples, np.cumsum(sizes)[:-1]) if sizes else []:
        state, frames = settings.step(state, block)
        parts.append(frames)
        assert len(state.waiting) < settings.window + settings.hop
    together = np.concatenate(parts) if parts else np.empty((0, 64))
    np.testing.assert_allclose(together, settings(samples), atol=1e-6)


def test_a_tone_is_in_its_band() -> None:
    time = np.arange(16_000) / 16_000
    for hz in (200.0, 1_000.0, 5_000.0):
        loudest = LogMel()(np.sin(2 * np.pi * hz * time)).mean(axis=0).argmax()
        middle = mel_bands(LogMel())[:, loudest] @ np.linspace(0, 8_000, 257)
        assert abs(middle / mel_bands(LogMel())[:, loudest].sum() - hz) < 0.12 * hz


def test_silence_and_too_little_are_no_trouble() -> None:
    np.testing.assert_array_equal(
        LogMel()(np.zeros(400)), np.full((1, 64), np.log(np.float32(1e-3)))
    )
    assert LogMel()(noise(399)).shape == (0, 64)
    assert LogMel()(noise(0)).shape == (0, 64)
    with pytest.raises(ShapeError, match=r"of shape \(n,\), not \(2, 3\)"):
        LogMel()(np.zeros((2, 3)))


@pytest.mark.parametrize(
    "wrong",
    [{"hop": 0}, {"window": 600}, {"low_hz": 8e3}, {"high_hz": 9e3}, {"bands": 0}, {"offset": 0}],
)
def test_senseless_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="a spectrogram has 0 < hop"):
        LogMel(**wrong)


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:Warning. Enabling `experimental_preserve_all_tensors`")
def test_it_is_the_one_that_yamnet_computes(data_root) -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    (path,) = (data_root / "models").glob("*yamnet*.tflite")
    runner = litert.Interpreter(str(path), experimental_preserve_all_tensors=True)
    entry = runner.get_input_details()[0]
    samples = noise(15_600, 7)
    runner.resize_tensor_input(entry["index"], [len(samples)])
    runner.allocate_tensors()
    runner.set_tensor(entry["index"], samples)
    runner.invoke()
    theirs = np.squeeze(runner.get_tensor(81))  # the file's tensors have no telling names
    away = np.abs(LogMel()(samples) - theirs)  # the file computes its spectrum more coarsely
    assert away.mean() < 0.005
    assert away.max() < 0.1
