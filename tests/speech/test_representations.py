"""Representations: what all of them keep, and what each is."""

import numpy as np
import pytest
from hearing import network, tone
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dct

from firsthand.dsp import LogMel, cepstra, slopes
from firsthand.errors import ConfigError, InputError, ModelError, ShapeError
from firsthand.runtime import Model
from firsthand.speech import SpeechNetwork, joined, open_representation, scene_of
from firsthand.speech.baselines import Cepstra, LogMelStatistics
from firsthand.speech.own_network import Hearing
from firsthand.speech.yamnet import YamnetLayer

PLAIN = (LogMelStatistics, Cepstra, network)


@pytest.mark.parametrize("opening", PLAIN)
@pytest.mark.parametrize("samples", [1, 399, 400, 8_000, 15_360, 15_600, 40_000])
def test_a_sound_of_any_length_has_numbers(opening, samples) -> None:
    representation = opening()
    sound = np.resize(tone(220), samples)
    scene = representation.scene(sound)
    frames = representation.frames(sound)
    assert (scene.shape, scene.dtype) == ((representation.size,), np.float32)
    assert frames.vectors.shape == (len(frames.times_ms), representation.frame_size)
    assert len(frames.times_ms) >= 1
    assert np.isfinite(scene).all()
    assert np.isfinite(frames.vectors).all()
    steps = np.diff(frames.times_ms)
    assert np.allclose(steps, steps[:1])
    np.testing.assert_array_equal(scene, representation.scene(sound.astype(np.float64)))


@pytest.mark.parametrize("opening", PLAIN)
def test_silence_and_full_scale_have_finite_numbers(opening) -> None:
    for sound in (np.zeros(9_000), np.ones(9_000), np.sign(tone(100))):
        assert np.isfinite(opening().scene(sound)).all()


@pytest.mark.parametrize("opening", PLAIN)
@pytest.mark.parametrize(
    ("sound", "told"),
    [
        (np.zeros((2, 400)), r"not float64 of shape \(2, 400\)"),
        (np.zeros(400, np.int16), r"not int16 of shape \(400,\)"),
        (np.zeros(0), "at least one sample"),
        (np.array([0.0, np.nan]), "NaN or infinity"),
        (np.array([0.0, np.inf]), "NaN or infinity"),
        (np.array([0.0, 3e4]), "these samples reach 30000: scale them"),
    ],
)
def test_what_is_no_sound_is_told_of(opening, sound, told) -> None:
    with pytest.raises(InputError, match=told):
        opening().scene(sound)


@given(st.lists(st.integers(0, 6_000), max_size=20), st.integers(0, 2**31))
def test_a_stream_of_any_blocks_is_the_whole(blocks, seed) -> None:
    sound = np.random.default_rng(seed).uniform(-1, 1, max(1, sum(blocks))).astype(np.float32)
    ours = network()
    state, parts = Hearing(), []
    for block in np.split(sound, np.cumsum(blocks)):
        state, heard = ours.step(state, block)
        parts.append(heard)
    heard = joined([*parts, ours.last(state)])
    # Matrix products of more rows at once may round otherwise.
    np.testing.assert_allclose(scene_of(heard), ours.scene(sound), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(heard.moments, ours.frames(sound).vectors, rtol=1e-4, atol=1e-5)
    frames = max(1, (len(sound) - 400) // 160 + 1)
    assert len(heard.spectrum) == frames
    assert len(heard.moments) == -(-frames // 4)
    assert heard.shares.sum() == pytest.approx(frames / 96, rel=1e-5)


def test_order_is_heard_by_cosines_alone() -> None:
    low, high = tone(150, 0.48), tone(600, 0.48)
    one, other = (network().scene(np.concatenate(pair)) for pair in ((low, high), (high, low)))
    course = slice(4 + 8, 4 + 8 + 4 * 8)
    rest = np.delete(one - other, np.r_[course])
    assert np.abs(rest).max() < 0.35
    assert np.abs((one - other)[course]).max() > 1


def test_another_file_is_no_speech_network(tmp_path) -> None:
    from firsthand.runtime.backends.litert_linear import linear_classifier

    path = tmp_path / "other.tflite"
    path.write_bytes(linear_classifier(np.eye(3), np.zeros(3)))
    with pytest.raises(ModelError, match=r"maps \(1, 96, 64\) to .* arrays are \[\(1, 3\)"):
        open_representation(str(path))
    with pytest.raises(ConfigError, match=r"no representation .mine.; there are own, own-int8, "):
        open_representation("mine")


def test_cepstra_are_scipys() -> None:
    frames = LogMel()(tone(200))
    wanted = dct(frames, norm="ortho")[:, :20]
    np.testing.assert_allclose(cepstra(frames, 20), wanted, rtol=1e-4, atol=1e-4)
    with pytest.raises(ShapeError, match="65 coefficients"):
        cepstra(frames, 65)


def test_slopes_of_a_line_are_its_own() -> None:
    line = np.arange(10, dtype=np.float32)[:, None] * [2.0, -3.0]
    np.testing.assert_allclose(slopes(line)[2:-2], np.tile([2.0, -3.0], (6, 1)))
    assert slopes(line[:1]).tolist() == [[0.0, 0.0]]


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:Warning. Enabling `experimental_preserve_all_tensors`")
def test_yamnets_layer_is_what_its_classes_come_from(data_root) -> None:
    from ai_edge_litert.interpreter import Interpreter

    (path,) = (data_root / "models").glob("*yamnet*.tflite")
    ours = YamnetLayer(Model.open(path))
    sound = tone(300, 1.6)
    frames = ours.frames(sound)
    assert frames.times_ms.tolist() == [487.5, 975.0]
    whole = Interpreter(str(path), experimental_preserve_all_tensors=True)
    whole.allocate_tensors()
    whole.set_tensor(whole.get_input_details()[0]["index"], sound[:15_600])
    whole.invoke()
    np.testing.assert_allclose(frames.vectors[0], whole.get_tensor(112)[0], atol=1e-4)
    np.testing.assert_allclose(ours.scene(sound), frames.vectors.mean(axis=0), rtol=1e-6)


def test_averages_are_a_speech_network() -> None:
    assert isinstance(network(), SpeechNetwork)
    assert network().frame_ms == 40
