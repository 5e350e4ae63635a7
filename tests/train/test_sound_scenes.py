"""Scenes say truly what is heard when, and the same seed makes the same scene."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, MissingDependencyError
from firsthand.media import write_audio
from firsthand.recorder.sounds.own import BANDS, FRAMES, WINDOW_CHUNKS
from firsthand.train.audio.acoustics import CHUNK, loudness_db
from firsthand.train.audio.games import GAMES
from firsthand.train.recorder.sound_clips import CLASSES, ESC10, Clip, read_clips
from firsthand.train.recorder.sound_scenes import MIDDLE, Scene, Scenes


def tones(seconds: float = 3.0) -> list[Clip]:
    """A clip of each class, a tone of its own."""
    time = np.arange(int(seconds * 16_000)) / 16_000
    return [
        Clip(kind, np.sin(2 * np.pi * (300 + 450 * place) * time).astype(np.float32), kind)
        for place, kind in enumerate(CLASSES)
    ]


def test_what_is_said_to_be_heard_is_in_the_sound() -> None:
    scenes = Scenes(tones(), 80)
    marked, others = [], []
    for seed in range(30):
        scene = scenes(np.random.default_rng(seed))
        chunks = scene.samples[: 80 * CHUNK].reshape(80, CHUNK)
        spectrum = np.abs(np.fft.rfft(chunks * np.hanning(CHUNK), axis=1))
        for place in range(len(CLASSES)):
            near = (300 + 450 * place) * CHUNK // 16_000
            band = 20 * np.log10(spectrum[:, near - 3 : near + 4].max(axis=1) + 1e-9)
            marked += list(band[scene.heard[:, place]])
            others += list(band[~scene.heard[:, place]])
    assert np.median(marked) > np.percentile(others, 90)


def test_a_scene_is_whole_and_the_same_for_its_seed() -> None:
    scenes = Scenes(tones(), 40)
    one, same, other = (scenes(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.samples, same.samples)
    np.testing.assert_array_equal(one.heard, same.heard)
    assert not np.array_equal(one.samples, other.samples)
    assert one.chunks().shape == (40, FRAMES, BANDS)
    assert one.heard.shape == (40, len(CLASSES))
    assert one.windows().shape == (40 - WINDOW_CHUNKS + 1, len(CLASSES))


def test_a_window_tells_of_its_middle() -> None:
    heard = np.zeros((60, len(CLASSES)), np.bool_)
    heard[30, 2] = True
    windows = Scene(np.zeros(0, np.float32), heard).windows()
    assert list(np.flatnonzero(windows[:, 2]) + MIDDLE) == [28, 29, 30, 31, 32]
    assert windows.sum() == 5


def test_loudness_is_that_of_each_chunk() -> None:
    samples = np.concatenate([np.full(CHUNK, 0.1), np.ones(CHUNK), np.zeros(7)]).astype(np.float32)
    np.testing.assert_allclose(loudness_db(samples), [-20, 0], atol=1e-4)


@pytest.fixture
def data(tmp_path):
    """A folder as the data has it, of short tones."""
    rows = {"sounds/esc50": [], "speech/librispeech": []}
    for name, kind in ESC10.items():
        for fold, source in (("1", "a"), ("4", "b"), ("4", "b"), ("4", "c")):
            rows["sounds/esc50"].append(
                {
                    "file": f"{fold}-{kind}-{source}-{len(rows['sounds/esc50'])}.wav",
                    "class": name,
                    "fold": fold,
                    "esc10": "True",
                    "freesound_id": source,
                }
            )
    for part, speaker in (("train-clean-100", "1"), ("test-other", "2"), ("test-other", "3")):
        rows["speech/librispeech"].append(
            {"file": f"{speaker}.wav", "part": part, "speaker": speaker}
        )
    for folder, lines in rows.items():
        (tmp_path / folder / "clips").mkdir(parents=True)
        with (tmp_path / folder / "labels.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, lines[0])
            table.writeheader()
            table.writerows(lines)
        for line in lines:
            path = tmp_path / folder / "clips" / line["file"]
            write_audio(path, tones(0.2)[0].samples, 16_000)
    for games in GAMES:
        folder = tmp_path / "root" / "usr/share/games" / games.folders[0]
        folder.mkdir(parents=True)
        path = folder / f"{games.package}.wav"
        write_audio(path, np.tile(tones(7.0)[1].samples, 3), 16_000)
    return tmp_path


def test_each_clip_is_for_one_thing_and_what_has_one_origin_stays_together(data) -> None:
    clips = read_clips(data, data / "root")
    uses = (clips.learn, clips.calibrate, clips.test)
    names = [{clip.name for clip in some} for some in uses]
    assert names[0].isdisjoint(names[1] | names[2])
    assert names[1].isdisjoint(names[2])
    assert [{clip.kind for clip in some} - {"other"} for some in uses] == [set(CLASSES)] * 3
    origins = [{n.split("-")[2] for n in some if n.startswith("4-")} for some in names]
    assert origins == [set(), {"b"}, {"c"}]
    assert clips.unreadable == ()


def test_what_cannot_be_read_is_told_of(data) -> None:
    (bark,) = (data / "sounds/esc50/clips").glob("1-dog-*")
    bark.write_bytes(b"no sound")
    with pytest.raises(InputError, match="no sounds to learn with of dog"):
        read_clips(data, data / "root")
    with pytest.raises(MissingDependencyError, match="no music to learn with; on Debian: apt"):
        read_clips(data, data / "elsewhere")
    (data / "sounds/esc50/labels.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="has no columns file, class, fold, esc10, freesound_id"):
        read_clips(data, data / "root")
    (data / "sounds/esc50/labels.csv").unlink()
    with pytest.raises(InputError, match=r"labels\.csv: cannot be read"):
        read_clips(data, data / "root")


@given(st.integers(0, 2**32 - 1))
def test_talk_has_speech_and_nothing_else(seed) -> None:
    scene = Scenes(tones(), 40)(np.random.default_rng(seed), talk=True)
    assert not scene.heard[:, 1:].any()
    assert CLASSES[0] == "speech"
