"""Faults that `robustness_faults.py` injects: a file a system, a small function a fault.

A fault gets an empty folder, does the damage for real, looks at what is left, and returns what
happened, what was lost, and whether that is as it should be. One that raises is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import FirsthandError


@dataclass(frozen=True)
class Outcome:
    """`ok` where the fault was told or survived, and no more was lost than must be."""

    ok: bool
    happened: str
    lost: str = "nothing"


@dataclass(frozen=True)
class Fault:
    """What is done to a system; `quick` faults take a few seconds."""

    system: str
    name: str
    title: str
    inject: Callable[[Path], Outcome]
    quick: bool

    def outcome(self, folder: Path) -> Outcome:
        """Inject it; whatever it raises is told."""
        folder.mkdir(parents=True)
        try:
            found = self.inject(folder)
        except Exception as error:  # whatever it is, it should not have come this far
            found = Outcome(False, f"{type(error).__name__} came out: {error}", "unknown")
        return Outcome(found.ok, plain(found.happened, folder), found.lost)


FAULTS: list[Fault] = []


def fault(system: str, title: str, *, quick: bool = True):
    """Say of a function that it injects a fault into a system."""

    def listed(inject: Callable[[Path], Outcome]) -> Callable[[Path], Outcome]:
        FAULTS.append(Fault(system, f"{system}_{inject.__name__}", title, inject, quick))
        return inject

    return listed


def refusal(action: Callable[[], object], kind: type[FirsthandError] = FirsthandError) -> str:
    """Return an error's name and what it says; "" where the action was taken for good."""
    try:
        action()
    except kind as error:
        return f"{type(error).__name__}: {error}"
    return ""


def plain(words: str, folder: Path) -> str:
    """Return a line of words without the folder that they happened in, of a length to read."""
    words = words.replace(f"{folder}/", "").replace(str(folder), "")
    line = "; ".join(" ".join(each.split()) for each in words.strip().splitlines())
    return line if len(line) <= 160 else f"{line[:157]}..."
