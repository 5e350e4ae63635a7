"""What a library holds and gives back."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.recorder.transcript import check_span


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording. `number` is its own for ever: no other gets it after a deletion.

    `begun_at` is in UTC. While `state` is "recording" somebody writes it; `note` tells of what
    went wrong, such as an end that was cut off. `audio` is None where only a transcript was given.
    """

    number: int
    title: str
    begun_at: datetime
    duration_ms: int
    state: Literal["recording", "done"]
    audio: Path | None
    language: str
    engine: str
    note: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound of class `name` from `start_ms` to `end_ms`, with its highest score, 0..1."""

    name: str
    start_ms: int
    end_ms: int
    score: float

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms, f"sound {self.name!r}")
        if not self.name or len(self.name) > 100 or not 0.0 <= self.score <= 1.0:
            raise InputError(
                f"a sound has a name of 1 to 100 characters and a score in 0..1, not "
                f"{self.name[:40]!r} and {self.score}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """What a waveform is drawn from: of each 50 ms how loud it is and what is heard.

    `levels` uint8 (n,): 0 is -60 dB of full scale or less, 255 full scale. `colours` int16 (n,):
    places in `classes`, -1 where none is heard.
    """

    classes: tuple[str, ...]
    colours: NDArray[np.int16]
    levels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.colours.shape != self.levels.shape or self.levels.ndim != 1:
            raise InputError(
                f"bars have a colour and a level each, not {self.colours.shape} and "
                f"{self.levels.shape}"
            )
        if len(self.colours) and not -1 <= self.colours.min() <= self.colours.max() < len(
            self.classes
        ):
            raise InputError(f"bars are of {len(self.classes)} classes, or -1")

    def shortened(self, most: int) -> "Bars":
        """Return `most` bars or fewer: each the loudest of several, coloured as most of them."""
        each = max(1, -(-len(self.levels) // most))
        firsts = range(0, len(self.levels), each)
        colours = [
            int(np.bincount(self.colours[first : first + each] + 1).argmax()) - 1
            for first in firsts
        ]
        levels = [int(self.levels[first : first + each].max()) for first in firsts]
        return Bars(self.classes, np.array(colours, np.int16), np.array(levels, np.uint8))


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something was found: from `start_ms` to `end_ms` of a recording.

    `text` is what is said about there, and `matches` are the (first, last) characters in it that
    were looked for. Both are empty for a sound in silence.
    """

    recording: int
    title: str
    start_ms: int
    end_ms: int
    text: str = ""
    matches: tuple[tuple[int, int], ...] = ()
    sound: str = ""
