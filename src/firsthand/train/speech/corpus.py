"""Recordings that a speech network to be shipped may learn from, and no task is asked about.

- `speech/librispeech` (CC BY 4.0): the readers that are not held out, see `sets.is_held_out`.
- `sounds/esc50`, the rows of ESC-10 (CC BY): the folds that are not tested with.
- Voices of Debian's packages, where they are installed: prompts for telephones, and what games and
  programs for children say, in some thirty languages.
- Sounds and music of its games, as the recorder's network learns them.

Of the other recordings of this project, digits, keywords and orders are what NOSS asks about, with
speakers that are not named: nothing of them is here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.rows import read_rows
from firsthand.errors import InputError, MediaError
from firsthand.speech.noss.sets import SOUNDS_TESTED, is_held_out
from firsthand.train.audio.clips import RATE_HZ, beginning
from firsthand.train.audio.games import GAMES, files_of

Floats = NDArray[np.float32]

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

_BY_SA: Final = "CC BY-SA 3.0"

VOICES: Final = (
    *(
        Voices(f"asterisk-core-sounds-{who[:2]}-g722", "asterisk/sounds", _BY_SA, f"({who})/")
        for who in _ASTERISK
    ),
    Voices("ktuberling-data", "ktuberling/sounds", "GPL-2+"),
    Voices("klettres-data", "klettres", "GPL-2+"),
    Voices("fillets-ng-data-cs", "games/fillets-ng/sound", "GPL-2+", r".*/(cs)/"),
    Voices("fillets-ng-data-nl", "games/fillets-ng/sound", "GPL-2+", r".*/(nl)/"),
    Voices("hedgewars-data", "games/hedgewars/Data/Sounds/voices", "GFDL-1.3"),
    Voices("tuxpaint-stamps-default", "tuxpaint/stamps", "GPL-2+", r".*_desc_?(\w*)\."),
    Voices("tuxpaint-stamps-default", "tuxpaint/stamps", "GPL-2+", r"(?!.*_desc)(.+)\."),
)


def read_corpus(
    data: Path,
    root: Path = Path("/"),
    *,
    sounds: bool = True,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[tuple[Recording, ...], tuple[str, ...]]:
    """Read all recordings below `data`, and of Debian's packages below `root`.

    Returns them, and what could not be read and why. `InputError` where fewer than two sources are
    there. Without `sounds` speech alone.
    """
    wanted = [*_readers(data / "speech" / "librispeech")]
    wanted += [entry for voices in VOICES for entry in _voices(root, voices)]
    if sounds:
        wanted += [*_sounds(data / "sounds" / "esc50"), *_games(root)]
    found: list[Recording] = []
    unreadable: list[str] = []
    for number, (path, source) in enumerate(dict(wanted).items(), 1):
        tell("reading recordings", number, len(wanted))
        try:
            samples = beginning(path)
        except MediaError as error:
            unreadable.append(str(error))
            continue
        if len(samples) >= _LEAST_S * RATE_HZ and np.abs(samples).max() > _SILENCE:
            found.append(Recording(samples, source, path))
    if len({each.source for each in found}) < 2:
        raise InputError(
            f"{data} and Debian's packages have recordings of {len({r.source for r in found})} "
            "sources: a speech network learns from two at least. On Debian: apt install "
            + " ".join(dict.fromkeys(voices.package for voices in VOICES))
        )
    return tuple(found), tuple(unreadable)


def sources_of(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Return what a card says that recordings are of, with their licences."""
    hours = sum(len(each.samples) for each in recordings) / RATE_HZ / 3600
    packages = [f"{voices.package} ({voices.licence})" for voices in VOICES]
    return (
        f"{hours:.1f} hours in all: LibriSpeech, readers that are not held out (CC BY 4.0)",
        "ESC-10, folds 1 to 3 (CC BY)",
        f"voices of Debian's packages {', '.join(dict.fromkeys(packages))}",
        f"music and noises of Debian's packages {', '.join(_games_licences())}",
    )


def _readers(folder: Path) -> Iterator[tuple[Path, str]]:
    if not (folder / "labels.csv").is_file():
        return
    for row in read_rows(folder / "labels.csv", "file", "speaker"):
        if not is_held_out(row["speaker"]):
            yield folder / "clips" / Path(row["file"]).name, f"reader {row['speaker']}"


def _voices(root: Path, voices: Voices) -> Iterator[tuple[Path, str]]:
    folder = root / "usr" / "share" / voices.folder
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            speaker = re.match(voices.speaker, path.relative_to(folder).as_posix())
            if speaker:
                yield path, f"{voices.folder} {speaker[1]}"


def _sounds(folder: Path) -> Iterator[tuple[Path, str]]:
    if not (folder / "labels.csv").is_file():
        return
    for row in read_rows(folder / "labels.csv", "file", "esc10", "fold", "freesound_id"):
        if row["esc10"] == "True" and row["fold"] != SOUNDS_TESTED:
            name = Path(row["file"]).name
            yield folder / "clips" / name, f"freesound {row['freesound_id']}"


def _games(root: Path) -> Iterator[tuple[Path, str]]:
    for games in GAMES:
        for path in files_of(root, games):
            yield path, f"{games.package} {path.name}"


def _games_licences() -> list[str]:
    return list(dict.fromkeys(f"{each.package} ({each.licence})" for each in GAMES))
