"""Recordings below the data's folder and of Debian's packages, and whose they are."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.rows import read_rows
from firsthand.errors import MediaError
from firsthand.speech.noss.sets import SOUNDS_TESTED, is_held_out
from firsthand.train.audio.clips import RATE_HZ, beginning
from firsthand.train.audio.games import GAMES, files_of

Floats = NDArray[np.float32]
Tell = Callable[[str, int, int], None]
Where = Iterator[tuple[Path, str]]
"""Files, and whose voice or which source each is."""

_SUFFIXES: Final = (".ogg", ".wav", ".g722", ".gsm")
_LEAST_S: Final = 0.2
_SILENCE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Voices:
    """Recordings of one of Debian's packages, in a folder below `/usr/share`.

    `speaker` finds in a path, from that folder on, whose voice it is; what it does not match is
    left out.
    """

    package: str
    folder: str
    licence: str
    speaker: str = r"(\w+)/"


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Samples (n,) at 16 kHz, of one speaker or source, and the file they are of."""

    samples: Floats
    source: str
    path: Path


_ASTERISK: Final = (
    "en_US_f_Allison",
    "es_MX_f_Allison",
    "fr_CA_f_June",
    "it_IT_m_Carlo",
    "ru_RU_f_IvrvoiceRU",
)

TELEPHONE: Final = tuple(
    Voices(f"asterisk-core-sounds-{who[:2]}-g722", "asterisk/sounds", "CC BY-SA 3.0", f"({who})/")
    for who in _ASTERISK
)
"""What a telephone says, in five languages, by professional speakers."""


def read_recordings(
    wanted: Iterable[tuple[Path, str]], tell: Tell = lambda *_: None
) -> tuple[tuple[Recording, ...], tuple[str, ...]]:
    """Read files that are not silent; return them, and what could not be read and why."""
    files = dict(wanted)
    found: list[Recording] = []
    unreadable: list[str] = []
    for number, (path, source) in enumerate(files.items(), 1):
        tell("reading recordings", number, len(files))
        try:
            samples = beginning(path)
        except MediaError as error:
            unreadable.append(str(error))
            continue
        if len(samples) >= _LEAST_S * RATE_HZ and np.abs(samples).max() > _SILENCE:
            found.append(Recording(samples, source, path))
    return tuple(found), tuple(unreadable)


def readers(folder: Path) -> Where:
    """Yield LibriSpeech's readers that are not held out, where `folder` has them."""
    if not (folder / "labels.csv").is_file():
        return
    for row in read_rows(folder / "labels.csv", "file", "speaker"):
        if not is_held_out(row["speaker"]):
            yield folder / "clips" / Path(row["file"]).name, f"reader {row['speaker']}"


def voices(root: Path, which: Voices) -> Where:
    """Yield what a package has installed below `root`."""
    folder = root / "usr" / "share" / which.folder
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            speaker = re.match(which.speaker, path.relative_to(folder).as_posix())
            if speaker:
                yield path, f"{which.folder} {speaker[1]}"


def sounds(folder: Path) -> Where:
    """Yield ESC-10's rows but for the fold that is tested with, where `folder` has ESC-50."""
    if not (folder / "labels.csv").is_file():
        return
    for row in read_rows(folder / "labels.csv", "file", "esc10", "fold", "freesound_id"):
        if row["esc10"] == "True" and row["fold"] != SOUNDS_TESTED:
            name = Path(row["file"]).name
            yield folder / "clips" / name, f"freesound {row['freesound_id']}"


def games_sounds(root: Path) -> Where:
    """Yield music and noises of Debian's games installed below `root`."""
    for games in GAMES:
        for path in files_of(root, games):
            yield path, f"{games.package} {path.name}"
