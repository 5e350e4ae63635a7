"""The six data sets of the published NOSS, as their makers lay them out.

Shor et al. 2020 (arXiv:2002.12764), table 1. None can be had here: each reader is tested on a few
made-up recordings laid out in the same way. Where a set comes without a split, speakers are told
apart by the rule "groups".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from firsthand.errors import InputError
from firsthand.speech.noss.tasks import Clip, Task

COMMANDS: Final = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
_SOUNDS: Final = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")
_EMOTIONS_CREMA: Final = {
    "ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral",
    "SAD": "sadness",
}  # fmt: skip
_EMOTIONS_SAVEE: Final = {
    "a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness",
    "su": "surprise",
}  # fmt: skip
_SPLITS_VOXCELEB: Final = {"1": "train", "2": "validation", "3": "test"}


def voxceleb(folder: Path) -> Iterator[Task]:
    """Who speaks: VoxCeleb1, `wav/SPEAKER/VIDEO/N.wav`, and `iden_split.txt` beside it."""
    clips = []
    for line in _lines(folder / "iden_split.txt"):
        number, _, name = line.partition(" ")
        parts = name.split("/")
        if number not in _SPLITS_VOXCELEB or len(parts) != 3 or ".." in parts:
            raise InputError(
                f"{folder / 'iden_split.txt'}: a line is '1 SPEAKER/VIDEO/N.wav', not {line!r}"
            )
        path = _audio(folder / "wav" / name)
        if path is not None:
            clips.append(
                Clip(path, parts[0], parts[0], "/".join(parts[:2]), _SPLITS_VOXCELEB[number])
            )
    yield Task("voxceleb", _some(folder, clips))


def voxforge(folder: Path) -> Iterator[Task]:
    """Which language is spoken: VoxForge, `LANGUAGE/SPEAKER-SESSION/wav/*`."""
    clips = []
    for path in _sounds(folder, "*/*/*/*"):
        language, session = path.parts[-4], path.parts[-3]
        speaker = session if session.startswith("anonymous") else session.partition("-")[0]
        clips.append(Clip(path, language, speaker, speaker))
    yield Task("voxforge", _some(folder, clips), "groups")


def speech_commands(folder: Path) -> Iterator[Task]:
    """Which of ten words, another one, or none: Speech Commands 0.02, `WORD/SPEAKER_nohash_N.wav`.

    After `validation_list.txt` and `testing_list.txt`. Silence is the seconds of
    `_background_noise_`, of which each tenth tests and the one before it validates.
    """
    lists = {"validation": "validation_list.txt", "test": "testing_list.txt"}
    said = {line: split for split, name in lists.items() for line in _lines(folder / name)}
    clips = []
    for path in _sounds(folder, "*/*_nohash_*"):
        word, speaker = path.parts[-2], path.name.partition("_")[0]
        split = said.get(f"{word}/{path.name}", "train")
        clips.append(Clip(path, word if word in COMMANDS else "unknown", speaker, speaker, split))
    quiet = {8: "validation", 9: "test"}
    clips += [
        Clip(path, "silence", split=quiet.get(second % 10, "train"), start_s=second, length_s=1)
        for path in _sounds(folder, "_background_noise_/*")
        for second in range(60)
    ]
    yield Task("speech_commands", _some(folder, clips))
    spoken = tuple(clip for clip in clips if clip.speaker)
    yield Task("speech_commands_own", spoken, "within speakers")


def crema_d(folder: Path) -> Iterator[Task]:
    """Six acted emotions: CREMA-D, `AudioWAV/ACTOR_SENTENCE_EMOTION_LEVEL.wav`."""
    clips = []
    for path in _sounds(folder, "AudioWAV/*"):
        actor, _, emotion, *_ = (*path.stem.split("_"), "", "", "")
        if emotion in _EMOTIONS_CREMA:
            clips.append(Clip(path, _EMOTIONS_CREMA[emotion], actor, actor))
    yield from _emotions("crema_d", folder, clips)


def savee(folder: Path) -> Iterator[Task]:
    """Seven acted emotions: SAVEE, `SPEAKER/EMOTIONnn.wav`, or `SPEAKER_EMOTIONnn.wav`."""
    clips = []
    for path in _sounds(folder, "**/*"):
        found = re.fullmatch(r"(?:(?P<speaker>[A-Z]{2})_)?(?P<emotion>[a-z]{1,2})\d+", path.stem)
        if found and found["emotion"] in _EMOTIONS_SAVEE:
            speaker = found["speaker"] or path.parts[-2]
            clips.append(Clip(path, _EMOTIONS_SAVEE[found["emotion"]], speaker, speaker))
    yield from _emotions("savee", folder, clips)


def dementiabank(folder: Path) -> Iterator[Task]:
    """Dementia or none: the Pitt corpus, `Control/cookie/PERSON-VISIT.mp3` and `Dementia/...`."""
    clips = []
    for path in _sounds(folder, "**/*"):
        kinds = {"control", "dementia"} & {part.lower() for part in path.parts}
        if len(kinds) == 1:
            person = path.stem.partition("-")[0]
            clips.append(Clip(path, kinds.pop(), person, person))
    yield Task("dementiabank", _some(folder, clips), "groups")


PUBLISHED: Final[Mapping[str, Callable[[Path], Iterator[Task]]]] = {
    reader.__name__: reader
    for reader in (voxceleb, voxforge, speech_commands, crema_d, savee, dementiabank)
}
"""Readers by the name of the folder that a set lies in."""


def _emotions(name: str, folder: Path, clips: list[Clip]) -> Iterator[Task]:
    yield Task(name, _some(folder, clips), "groups")
    yield Task(f"{name}_own", tuple(clips), "within speakers")


def _sounds(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in _SOUNDS)


def _audio(path: Path) -> Path | None:
    """Return a file of the list, or the same in another format, if it is there."""
    found = (path.with_suffix(suffix) for suffix in (path.suffix, *_SOUNDS))
    return next((each for each in found if each.is_file()), None)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def _some(folder: Path, clips: list[Clip]) -> tuple[Clip, ...]:
    if not clips:
        raise InputError(f"{folder}: has no recordings where this set has them")
    return tuple(clips)
