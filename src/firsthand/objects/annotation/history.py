"""What can be undone, and done again."""

from dataclasses import dataclass
from typing import Final

from firsthand.objects.annotations import Annotation

MOST_STEPS: Final = 200

Objects = tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What is annotated now, what was before, the latest last, and what was undone, likewise."""

    now: Objects = ()
    before: tuple[Objects, ...] = ()
    undone: tuple[Objects, ...] = ()


def change(history: History, objects: Objects) -> History:
    """Return a history that goes on with other objects; what was undone is gone."""
    return History(objects, (*history.before, history.now)[-MOST_STEPS:])


def undo(history: History) -> History:
    """Return a history one step back; the same where there is nothing to undo."""
    if not history.before:
        return history
    *before, now = history.before
    return History(now, tuple(before), (*history.undone, history.now))


def redo(history: History) -> History:
    """Return a history one step on; the same where nothing was undone."""
    if not history.undone:
        return history
    *undone, now = history.undone
    return History(now, (*history.before, history.now), tuple(undone))
