"""How recordings are told: their words, times as people write them, and words as they are said."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from firsthand.cli.telling import one_line, say, shown
from firsthand.errors import InputError

if TYPE_CHECKING:
    from firsthand.recorder.library import Hit, Library
    from firsthand.recorder.transcript import Word

_TIME: Final = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d{1,9}(?:\.\d{1,3})?)")
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def print_recording(library: "Library", number: int) -> None:
    """Print a recording's title, tags and words."""
    from firsthand.recorder.cues import cues

    recording, transcript = library.recording(number), library.transcript(number)
    tags = library.tags(number)
    say(f"{recording.title}  ({clock(recording.duration_ms)})")
    if tags:
        say(f"tags: {', '.join(tags)}")
    if recording.note:
        say(recording.note)
    for cue in cues(transcript):
        who = "" if cue.speaker is None else f"{transcript.name_of(cue.speaker)}: "
        say(f"{clock(cue.start_ms)}  {who}{cue.text}")


def clock(time_ms: int) -> str:
    """Return a time as people write it: 1:02:03, or 2:03 under an hour."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def milliseconds(text: str) -> int:
    """Return a time written as 1:02:03.5, 2:03 or 83.25; `InputError` for another text."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is no time; write 1:02:03.5, 2:03 or seconds such as 83.25")
    hours, minutes, seconds = match.groups()
    return (int(hours or 0) * 3600 + int(minutes or 0) * 60) * 1000 + round(float(seconds) * 1000)


def marked(hit: "Hit") -> str:
    """Return what is said about a hit, in bold what was looked for, where that can be shown."""
    bold = sys.stdout.isatty()
    parts, before = [], 0
    for first, last in hit.matches:
        parts.append(shown(hit.text[before:first]))
        found = shown(hit.text[first:last])
        parts.append(f"{_BOLD}{found}{_PLAIN}" if bold else found)
        before = last
    return "".join([*parts, shown(hit.text[before:])])


@contextmanager
def live_words() -> Iterator[
    tuple["Callable[[list[Word]], None]", "Callable[[list[Word]], None] | None"]
]:
    """Give what prints words, and where somebody looks on what shows those not yet certain."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from firsthand.recorder.transcript import joined

    console = Console()
    if not console.is_terminal:
        yield lambda words: typer.echo(one_line(joined(words))), None
        return
    with Live(console=console, transient=True, auto_refresh=False) as line:
        written_ms = -1

        def told(words: "list[Word]") -> None:
            nonlocal written_ms
            written_ms = words[-1].start_ms
            line.update(Text(""), refresh=True)
            console.print(Text(one_line(joined(words))))

        def guessed(words: "list[Word]") -> None:
            new = [word for word in words if word.start_ms > written_ms]  # a guess may come late
            line.update(Text(one_line(joined(new)), style="dim"), refresh=True)

        yield told, guessed
