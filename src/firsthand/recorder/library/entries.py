"""What a library holds and gives back."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

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
