"""Drawings of an open hand with known joints, for tests of what is done to photographs."""

import itertools

import cv2
import numpy as np

from firsthand.train.hands.cutouts import Cutout, cut_out
from firsthand.train.hands.samples import HandTruth, Sample

SKIN = (200, 150, 120)
WALL = (205, 208, 212)

# of a hand 100 pixels high and wide, fingers up, the thumb to the right
_WRIST = (50, 78)
_FINGERS = (
    ((58, 74), (66, 66), (74, 58), (80, 51)),
    ((60, 50), (62, 38), (63, 30), (64, 22)),
    ((52, 47), (52, 34), (52, 25), (52, 16)),
    ((44, 49), (42, 37), (41, 29), (40, 21)),
    ((37, 54), (33, 45), (30, 38), (28, 31)),
)


def keypoints(scale: float = 1.0) -> np.ndarray:
    flat = np.array([_WRIST, *(joint for finger in _FINGERS for joint in finger)], np.float32)
    depth = np.linspace(0, -8, 21, dtype=np.float32)[:, None]
    return np.concatenate([flat, depth], axis=1) * np.float32(scale)


def truth(scale: float = 1.0, **changes) -> HandTruth:
    points = keypoints(scale)
    values = {
        "keypoints": points,
        "metres": (points - points[9]) * np.float32(0.003 / scale),
        "known": np.ones(21, np.bool_),
        "seen": 1.0,
        "right": True,
        "origin": "teacher",
    }
    return HandTruth(**{**values, **changes})


def drawn(scale: float = 1.0, wall=WALL, skin=SKIN, seed: int = 0) -> Sample:
    """A hand before a plain wall, its forearm cut by the lower edge."""
    side = round(100 * scale)
    image = np.full((side, side, 3), wall, np.uint8)
    points = np.rint(keypoints(scale)[:, :2]).astype(int)
    palm = cv2.convexHull(points[[0, 1, 2, 5, 9, 13, 17]].astype(np.int32))
    cv2.fillConvexPoly(image, palm, skin)
    for first in (1, 5, 9, 13, 17):
        joints = [points[0] if first == 1 else points[first], *points[first : first + 4]]
        for a, b in itertools.pairwise(joints):
            cv2.line(image, a.tolist(), b.tolist(), skin, round(7 * scale), cv2.LINE_AA)
    below = (int(points[0, 0]), side)
    cv2.line(image, points[0].tolist(), below, skin, round(16 * scale))
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    return Sample(image, (truth(scale),), f"drawn {seed}")


def cutout(scale: float = 1.0) -> Cutout:
    found = cut_out(drawn(scale))
    assert isinstance(found, Cutout), found
    return found
