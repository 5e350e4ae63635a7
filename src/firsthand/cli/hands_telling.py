"""What commands about hands say while they work and when they are done."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from firsthand import __version__
from firsthand.cli import telling
from firsthand.hands.outputs import ReportPage, Seen
from firsthand.hands.report import Making, plain
from firsthand.hands.watching import Tally
from firsthand.media.watching import Effort
from firsthand.runtime import ModelCard


def progress(watched: Iterator[Seen], effort: Effort) -> Iterator[Seen]:
    """Pass on what is seen, telling on a terminal how far and how fast."""
    return telling.progress(watched, lambda: effort.words)


def report_page(
    path: Path,
    title: str,
    effort: Effort,
    cards: Sequence[ModelCard],
    *,
    clip_title: str = "The clip",
    credit_of: Mapping[str, str] = MappingProxyType({}),
) -> ReportPage:
    """Return the page that tells how this very command was called."""

    def making() -> Making:
        from firsthand.measure import describe_machine

        machine = describe_machine()
        return Making(
            command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            version=__version__,
            machine=f"{machine.cpu}, {machine.cores_available} cores, {machine.system}, "
            f"Python {machine.python}",
            date=datetime.now(UTC).date().isoformat(),
            models=cards,
        )

    return ReportPage(
        path,
        title,
        clip_title=clip_title,
        making=making,
        seconds=lambda: effort.seconds,
        credit_of=credit_of,
    )


def tell(title: str, tally: Tally, effort: Effort, written: Sequence[Path]) -> None:
    """Print to standard error what was found, how fast, and where it was written."""
    telling.tell(title, told(tally, effort), written)


def told(tally: Tally, effort: Effort) -> list[tuple[str, str]]:
    """Return what was found and how fast, as names and values."""
    found = f"{tally.hands} hands" if tally.hands != 1 else "1 hand"
    if tally.tracks:
        found = f"{len(tally.tracks)} hands" if len(tally.tracks) > 1 else "1 hand"
        found += f" in {tally.hands} views"
    gestures = ", ".join(
        f"{plain(name)} {count} times" if count > 1 else plain(name)
        for name, count in tally.gestures.most_common()
    )
    return [
        ("pictures", f"{tally.frames}, {tally.with_hands} of them with a hand"),
        *telling.passed_over(effort.passed_over),
        ("found", found),
        ("gestures", gestures or "none known"),
        ("speed", f"{effort.frames_per_second:.1f} pictures a second"),
    ]
