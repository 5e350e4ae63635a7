"""Which of the rectangles that were just detected is which of the objects already tracked."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from firsthand.geometry.rectangles import overlaps
from firsthand.objects.types import Floats

SAME_OBJECT: Final = 0.2
"""Of both together: what overlaps by more is one object, as in the graph of Objectron."""


def associated(boxes: Floats, tracked: Sequence[Floats]) -> tuple[int | None, ...]:
    """Return for each of `boxes` (n, 4) the number of the tracked one that it is of, or None.

    Rectangles are left, top, width, height. Each is of the one that it overlaps most, even where
    another is too, so nothing that is tracked is ever begun again.
    """
    if not tracked:
        return (None,) * len(boxes)
    shared = np.array([overlaps(one, boxes) for one in tracked])
    best = shared.argmax(axis=0)
    return tuple(
        int(number) if shared[number, column] > SAME_OBJECT else None
        for column, number in enumerate(best)
    )


def paired(boxes: Floats, tracked: Sequence[Floats]) -> tuple[int | None, ...]:
    """Return as `associated`, but at most one of `boxes` for each tracked one.

    Those that overlap most are of each other, then those that do of the rest. Where boxes are all
    that is known of things, a second one near a tracked thing is another thing.
    """
    found: list[int | None] = [None] * len(boxes)
    if not tracked or not len(boxes):
        return tuple(found)
    shared = np.array([overlaps(one, boxes) for one in tracked])
    while shared.max() > SAME_OBJECT:
        number, column = np.unravel_index(int(shared.argmax()), shared.shape)
        found[int(column)] = int(number)
        shared[number, :] = shared[:, column] = 0
    return tuple(found)
