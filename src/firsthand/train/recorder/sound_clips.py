"""Sounds that a model to be shipped may be trained on, by class, and what each is for.

- `sounds/esc50`, the rows of ESC-10 (CC BY): ten kinds of sounds. Three folds are learnt from; of
  the fourth every other recording calibrates, the rest tests.
- `speech/librispeech` (CC BY 4.0): every other speaker of `test-other` calibrates, the rest tests.
- Music of Debian's games, where their packages are installed: one package calibrates, one tests.
- Other noises of those games, as what is none of the classes; one package calibrates, one tests.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.rows import read_rows
from firsthand.errors import InputError, MediaError, MissingDependencyError
from firsthand.train.audio.clips import RATE_HZ, Use, alternating, beginning
from firsthand.train.audio.games import GAMES, files_of

Floats = NDArray[np.float32]

ESC10: Final[Mapping[str, str]] = {
    "Dog": "dog",
    "Rain": "rain",
    "Sea waves": "waves",
    "Crying baby": "crying",
    "Clock tick": "clock",
    "Sneezing": "sneezing",
    "Helicopter": "helicopter",
    "Chainsaw": "chainsaw",
    "Rooster": "rooster",
    "Crackling fire": "fire",
}
CLASSES: Final = ("speech", "music", *ESC10.values())
LASTING: Final = ("music", "rain", "waves", "clock", "helicopter", "chainsaw", "fire")
"""What goes on for long, and so is heard behind other sounds."""

_HELD_OUT_FOLD: Final = "4"
_HELD_OUT_PART: Final = "test-other"
_EXCERPT_S: Final = 12.0
_EXCERPTS_S: Final = (8.0, 40.0, 72.0)
_LEAST_MUSIC_S: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A sound of class `kind`: float32 (n,) at 16 kHz."""

    kind: str
    samples: Floats
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """What is learnt from, what calibrates, what tests, and what could not be read, and why."""

    learn: tuple[Clip, ...]
    calibrate: tuple[Clip, ...]
    test: tuple[Clip, ...]
    unreadable: tuple[str, ...]


def read_clips(
    data: Path, root: Path = Path("/"), tell: Callable[[str, int, int], None] = lambda *_: None
) -> Clips:
    """Read all clips: recordings below `data`, games' sounds below `root`.

    Raises `InputError` where a class has none, `MissingDependencyError` where there is no music.
    """
    wanted = [*_esc10(data / "sounds" / "esc50"), *_speech(data / "speech" / "librispeech")]
    wanted += _games(root)
    found: dict[Use, list[Clip]] = {"learn": [], "calibrate": [], "test": []}
    unreadable: list[str] = []
    for number, (path, kind, use) in enumerate(wanted, 1):
        try:
            found[use] += _read(path, kind)
        except MediaError as error:
            unreadable.append(str(error))
        tell("reading sounds", number, len(wanted))
    for use, clips in found.items():
        missing = sorted(set(CLASSES) - {clip.kind for clip in clips})
        if "music" in missing:
            packages = " ".join(dict.fromkeys(each.package for each in GAMES))
            raise MissingDependencyError(
                f"there is no music to {use} with; on Debian: apt install {packages}"
            )
        if missing:
            raise InputError(f"{data} has no sounds to {use} with of {', '.join(missing)}")
    return Clips(
        tuple(found["learn"]), tuple(found["calibrate"]), tuple(found["test"]), tuple(unreadable)
    )


def _esc10(folder: Path) -> Iterator[tuple[Path, str, Use]]:
    rows = read_rows(folder / "labels.csv", "file", "class", "fold", "esc10", "freesound_id")
    rows = [row for row in rows if row["esc10"] == "True" and row["class"] in ESC10]
    for kind in ESC10:
        mine = [row for row in rows if row["class"] == kind]
        held_out = [row["freesound_id"] for row in mine if row["fold"] == _HELD_OUT_FOLD]
        uses = alternating(held_out)
        for row in mine:
            use = uses[row["freesound_id"]] if row["fold"] == _HELD_OUT_FOLD else "learn"
            yield folder / "clips" / Path(row["file"]).name, ESC10[kind], use


def _speech(folder: Path) -> Iterator[tuple[Path, str, Use]]:
    rows = read_rows(folder / "labels.csv", "file", "part", "speaker")
    uses = alternating(row["speaker"] for row in rows if row["part"] == _HELD_OUT_PART)
    for row in rows:
        use = uses[row["speaker"]] if row["part"] == _HELD_OUT_PART else "learn"
        yield folder / "clips" / Path(row["file"]).name, "speech", use


def _games(root: Path) -> Iterator[tuple[Path, str, Use]]:
    for games in GAMES:
        for path in files_of(root, games):
            yield path, games.kind, games.use


def _read(path: Path, kind: str) -> Iterator[Clip]:
    """Yield a clip, or of a piece of music some excerpts; jingles are left out."""
    samples = beginning(path)
    if kind == "music":
        if len(samples) < _LEAST_MUSIC_S * RATE_HZ:
            return
        for start_s in _EXCERPTS_S:
            first = int(start_s * RATE_HZ)
            excerpt = samples[first : first + int(_EXCERPT_S * RATE_HZ)].copy()
            if len(excerpt) > RATE_HZ:
                yield Clip(kind, excerpt, f"{path.name} from {start_s:g} s")
    elif len(samples) > RATE_HZ // 20:
        yield Clip(kind, samples, path.name)
