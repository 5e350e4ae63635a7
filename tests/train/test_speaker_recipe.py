"""The speaker network's lessons: its teacher's spectrogram, its windows, its file."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.errors import ChecksumError, InputError
from firsthand.recorder.speakers.embedding import SPECTROGRAM, WINDOW, SpeakerNetwork
from firsthand.runtime.backends.litert import open_litert
from firsthand.train.audio.resemblyzer import SIZE, Resemblyzer, mel_spectrogram
from firsthand.train.audio.resemblyzer import WINDOW as SAMPLES
from firsthand.train.export import arrays_to_tflite
from firsthand.train.recorder.speaker_clips import (
    SPEEDS,
    Voice,
    played,
    read_voices,
    recorded,
    voices_in,
    window_of,
)
from firsthand.train.recorder.speaker_net import SpeakerNet
from firsthand.train.recorder.speakers import SpeakerTask, _targets, cosines

RATE_HZ = 16_000
USES = ("learn", "calibrate", "test")


def tone(hz: float, seconds: float = 3.0) -> np.ndarray:
    return (0.2 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype("f4")


def test_the_teacher_sees_what_librosa_makes() -> None:
    golden = json.loads((Path(__file__).parents[1] / "golden" / "librosa_mel.json").read_text())
    n = np.arange(SAMPLES)
    chirp = 0.1 * np.sin(2 * np.pi * (200 + 3 * n / 100) * n / RATE_HZ) + 0.02 * np.sin(
        n * n * 1e-4
    )
    found = mel_spectrogram(chirp.astype(np.float32)[None])[0]
    for number, frame in golden["frames"].items():
        np.testing.assert_allclose(found[int(number)], frame, rtol=1e-3, atol=1e-6 * max(frame))


def test_quiet_windows_are_made_louder_and_loud_ones_left() -> None:
    loud = mel_spectrogram(tone(300)[None, :SAMPLES])
    quiet, quieter = (mel_spectrogram(tone(300)[None, :SAMPLES] * s) for s in (1e-2, 1e-3))
    np.testing.assert_allclose(quieter, quiet, rtol=1e-4, atol=1e-7)
    assert loud.max() > 2 * quiet.max()


def test_other_weights_are_refused(tmp_path) -> None:
    (tmp_path / "resemblyzer.pt").write_bytes(b"something else")
    with pytest.raises(ChecksumError, match="delete it"):
        Resemblyzer.load(tmp_path)


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_voice_played_faster_is_higher_and_shorter(speed) -> None:
    faster = played(tone(400), speed)
    assert len(faster) == pytest.approx(3 * RATE_HZ * speed[1] / speed[0], abs=2)
    middle = faster[4_000:20_000]
    peak_hz = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))).argmax() * RATE_HZ / len(middle)
    assert peak_hz == pytest.approx(400 * speed[0] / speed[1], abs=2)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(SPEEDS))
def test_windows_are_whole_loud_and_disturbed(seed, speed) -> None:
    rng = np.random.default_rng(seed)
    samples = np.concatenate([np.zeros(RATE_HZ, np.float32), tone(200, 4.0)])
    window = window_of(samples, speed, rng)
    assert window.shape == (SAMPLES,)
    heard = recorded(window, [Voice(tone(500), "b")], rng)
    assert heard.shape == (SAMPLES,)
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()
    assert -60 < 20 * np.log10(np.sqrt(np.mean(heard**2))) < -10


def test_the_file_says_what_the_network_says() -> None:
    torch.manual_seed(0)
    net = SpeakerNet(32, width=16).eval()
    window = torch.randn(1, WINDOW, SPECTROGRAM.bands)
    data = arrays_to_tflite(net, (window,))
    runner = open_litert(data, threads=1, where="test")
    with torch.inference_mode():
        wanted = net(window).numpy()
    (found,) = runner(window.numpy())
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-3)
    assert SpeakerNetwork(runner, 0.6).size == 32


def test_how_loud_a_window_is_makes_no_difference() -> None:
    torch.manual_seed(0)
    net = SpeakerNet(8, width=16).eval()
    window = torch.randn(2, WINDOW, SPECTROGRAM.bands)
    with torch.inference_mode():
        np.testing.assert_allclose(net(window + 3.0), net(window), atol=1e-4)


def test_what_the_teacher_said_is_kept_and_asked_for_anew_where_it_is_damaged(tmp_path) -> None:
    asked = []

    class Teacher:
        def voices(self, windows):
            asked.append(len(windows))
            return np.ones((len(windows), SIZE), np.float32)

    path, clips = tmp_path / "targets.npy", [Voice(tone(200), "a")]
    first = _targets(path, Teacher(), clips, lambda _: None)
    once = len(asked)
    np.testing.assert_array_equal(_targets(path, Teacher(), clips, lambda _: None), first)
    assert len(asked) == once
    path.write_bytes(path.read_bytes()[:50])
    np.testing.assert_array_equal(_targets(path, Teacher(), clips, lambda _: None), first)
    assert len(asked) == 2 * once


def test_a_step_is_the_same_whenever_it_is_drawn_and_teaches() -> None:
    clips = [Voice(tone(100 + 20 * n, 2.5), str(n)) for n in range(24)]
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(24, len(SPEEDS), 16)).astype(np.float32)
    targets /= np.linalg.norm(targets, axis=2, keepdims=True)
    torch.manual_seed(0)
    task = SpeakerTask(SpeakerNet(16, width=16), "test", clips, targets, seed=3)
    batch, again = task.batch(5), task.batch(5)
    torch.testing.assert_close(batch["windows"], again["windows"])
    assert batch["windows"].shape == (48, WINDOW, SPECTROGRAM.bands)
    optimizer = torch.optim.Adam(task.model.parameters(), 3e-3)
    losses = []
    for _ in range(15):
        loss = task.loss(batch)["total"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_cosines_are_of_pairs_alike_and_not() -> None:
    clips = [Voice(tone(hz), who) for who, hz in (("a", 200), ("a", 210), ("b", 900), ("b", 920))]

    def judge(windows: np.ndarray) -> np.ndarray:
        pitch = np.array([np.abs(np.fft.rfft(window)).argmax() for window in windows])
        high = pitch * RATE_HZ / SAMPLES > 500
        return np.stack([high, ~high], axis=1).astype(float)

    same, other = cosines(judge, clips, 0, disturbed=False)
    assert same.min() == 1
    assert other.max() == 0


@pytest.mark.data
def test_nobody_tests_who_was_learnt_from(data_root) -> None:
    rows = list(voices_in(data_root / "speech"))
    people = [{speaker for _, speaker, use in rows if use == each} for each in USES]
    assert all(len(each) > 1 for each in people)
    assert not people[0] & people[1]
    assert not people[0] & people[2]
    assert not people[1] & people[2]
    assert all(path.exists() for path, _, _ in rows)


def test_a_folder_without_voices_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"labels\.csv"):
        read_voices(tmp_path)
