"""A session and its annotations in the shapes in which the page takes them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from firsthand.geometry import Box
from firsthand.objects.annotation.keeper import Kept
from firsthand.objects.annotations import (
    FARTHEST_M,
    LEAST_EDGE_M,
    LONGEST_NAME,
    MOST_OBJECTS,
    plain,
)
from firsthand.objects.session import Session
from firsthand.objects.sights import VISIBILITIES, Cameras, sights

MOST_POINTS: Final = 200_000
"""More than these are not drawn, but every second, third, ... of them."""

JsonObject = dict[str, Any]
Digits = Callable[[Box], str]


def session(found: Session) -> JsonObject:
    """Return all of a session but its pictures and points; a pose is its rows one after another."""
    return {
        "name": found.folder.resolve().name,
        "origin": found.origin,
        "frames": [
            {
                "image": each.image,
                "time_s": each.time_s,
                "width": each.width,
                "height": each.height,
                "focal": [each.camera.focal_x, each.camera.focal_y],
                "middle": [each.camera.middle_x, each.camera.middle_y],
                "pose": None if each.pose is None else each.pose.ravel().tolist(),
            }
            for each in found.frames
        ],
        "planes": [
            {
                "name": each.name,
                "pose": each.pose.ravel().tolist(),
                "outline": each.outline.tolist(),
            }
            for each in found.planes
        ],
        "points": len(found.points),
        "limits": {
            "objects": MOST_OBJECTS,
            "name": LONGEST_NAME,
            "farthest_m": FARTHEST_M,
            "least_edge_m": LEAST_EDGE_M,
        },
    }


def points(found: Session) -> bytes:
    """Return the points that are drawn, (n, 3) float32 of this world, little end first.

    Those beyond what can be annotated are left out.
    """
    near = found.points[(np.abs(found.points) <= FARTHEST_M).all(axis=1)]
    every = -(-len(near) // MOST_POINTS) or 1
    return near[::every].astype("<f4").tobytes()


def kept(found: Kept) -> JsonObject:
    """Return the annotations, their mark, and how many steps can be undone and done again."""
    history = found.history
    return {
        "mark": found.mark,
        "objects": plain(history.now),
        "undo": len(history.before),
        "redo": len(history.undone),
    }


def seen(digits: Digits, found: Kept) -> JsonObject:
    """Return how much each frame shows of each object: `digits`, into `visibilities`."""
    return {
        "mark": found.mark,
        "visibilities": VISIBILITIES,
        "seen": [digits(each.box) for each in found.history.now],
    }


def digits_of(cameras: Cameras) -> Digits:
    """Return what gives for a box a digit a frame, and remembers it of boxes that stay."""

    @lru_cache(maxsize=MOST_OBJECTS)
    def remembered(numbers: bytes) -> str:
        middle, rotation, size = np.split(np.frombuffer(numbers), (3, 12))
        found = sights(cameras, Box(middle, rotation.reshape(3, 3), size)).visibility
        return (found + ord("0")).tobytes().decode("ascii")

    return lambda box: remembered(
        np.concatenate([box.middle, box.rotation.ravel(), box.size]).tobytes()
    )
