"""Recordings that a concealer to be shipped may learn from, and no benchmark of it measures with.

- `speech/librispeech` (CC BY 4.0): the readers that are not held out, see `sets.is_held_out`.
- `speech/barista`, `speech/keywords` (Apache-2.0): many people, at their own microphones.
- Debian's `asterisk-core-sounds-*-g722` (CC BY-SA): five languages, where they are installed.
- For backgrounds, ESC-10 (CC BY) but for the fold that is tested with, and sounds of Debian's
  games, where they are installed.

German is in none of them: it is held out as a language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firsthand.core.rows import read_rows
from firsthand.errors import InputError
from firsthand.speech.noss.sets import SOUNDS_TESTED
from firsthand.train.audio.clips import RATE_HZ
from firsthand.train.audio.games import GAMES
from firsthand.train.audio.recordings import (
    TELEPHONE,
    Recording,
    Tell,
    Where,
    games_sounds,
    read_recordings,
    readers,
    sounds,
    voices,
)  # fmt: skip

_CROWDS: Final = ("barista", "keywords")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Speech by where it is from, and what may be heard behind it."""

    speech: dict[str, tuple[Recording, ...]]
    backgrounds: tuple[Recording, ...]


def read_corpus(
    data: Path, root: Path = Path("/"), *, tell: Tell = lambda *_: None
) -> tuple[Corpus, tuple[str, ...]]:
    """Read all recordings below `data`, and of Debian's packages below `root`.

    Returns them, and what could not be read and why. `InputError` where there is no speech.
    """
    speech: dict[str, tuple[Recording, ...]] = {}
    unreadable: list[str] = []
    sources: dict[str, Where] = {"librispeech": readers(data / "speech" / "librispeech")}
    sources |= {name: _crowd(data / "speech" / name, name) for name in _CROWDS}
    sources |= {each.package: voices(root, each) for each in TELEPHONE}
    for name, where in sources.items():
        found, bad = read_recordings(where, tell)
        unreadable += bad
        if found:
            speech[name] = found
    behind = [*sounds(data / "sounds" / "esc50"), *games_sounds(root)]
    backgrounds, bad = read_recordings(behind, tell)
    if not speech:
        raise InputError(
            f"{data} and Debian's packages have no speech to learn from. On Debian: apt install "
            + " ".join(each.package for each in TELEPHONE)
        )
    return Corpus(speech, backgrounds), (*unreadable, *bad)


def sources_of(corpus: Corpus) -> tuple[str, ...]:
    """Return what a card says that recordings are of, with their licences."""
    licences = {
        "librispeech": "LibriSpeech, readers that are not held out (CC BY 4.0)",
        "barista": "coffee orders of Picovoice's speech-to-intent benchmark (Apache-2.0)",
        "keywords": "keywords of Picovoice's wake-word benchmark (Apache-2.0)",
    } | {each.package: f"Debian's {each.package} ({each.licence})" for each in TELEPHONE}
    heard = {each.source.split()[0] for each in corpus.backgrounds}
    games = [f"Debian's {g.package} ({g.licence})" for g in GAMES if g.package in heard]
    behind = ", ".join([f"ESC-10 but for fold {SOUNDS_TESTED} (CC BY)", *dict.fromkeys(games)])
    return (
        *(f"{licences[name]}, {_minutes(found)} min" for name, found in corpus.speech.items()),
        f"backgrounds, {_minutes(corpus.backgrounds)} min: {behind}",
    )


def _crowd(folder: Path, name: str) -> Where:
    if (folder / "labels.csv").is_file():
        for row in read_rows(folder / "labels.csv", "file"):
            yield folder / "clips" / row["file"], name


def _minutes(recordings: Sequence[Recording]) -> int:
    return round(sum(len(each.samples) for each in recordings) / RATE_HZ / 60)
