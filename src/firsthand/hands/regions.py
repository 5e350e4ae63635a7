"""Where to look for a hand: regions from palms and from landmarks.

Scales and shifts are those of MediaPipe's `palm_detection_detection_to_roi.pbtxt` and
`hand_landmark_landmarks_to_roi.pbtxt`. All is computed in single precision and in the order of
MediaPipe's calculators, so as to give the same bits (see `single`).
"""

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from firsthand.hands.single import Single, cos_sin, upright, wrapped
from firsthand.hands.types import Floats, Region

PALM_SCALE: Final = Single(2.6)
PALM_SHIFT: Final = Single(-0.5)
HAND_SCALE: Final = Single(2.0)
HAND_SHIFT: Final = Single(-0.1)

# The wrist and the lower joints: fingertips move too much to hold a region still.
_STABLE: Final = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])
_INDEX_MCP, _MIDDLE_MCP, _RING_MCP = 5, 9, 13

_MIN_SIDE_PX: Final = 1.0
_MAX_SIDE_PX: Final = 1e6
_TWO: Final = Single(2)


@dataclass(frozen=True, slots=True)
class UnitRegion:
    """A region in units of the image's width (`x`, `width`) and height (`y`, `height`).

    `x`, `y` is the centre, `rotation` as in `Region`. Being relative, it stays where it is when
    the image is scaled.
    """

    x: Single
    y: Single
    width: Single
    height: Single
    rotation: Single


def region_from_palm(box: Floats, keypoints: Floats, width: int, height: int) -> UnitRegion | None:
    """Return the square region of the hand that belongs to a palm.

    `box` (4,): left, top, width, height, and `keypoints` (7, 2), all in units of the image, which
    has `width` x `height` pixels. The line from the wrist's centre to the middle finger's knuckle
    becomes upright; the palm's square is enlarged and moved towards the fingers. None if the palm
    has no sensible size.
    """
    size = np.array([width, height], np.float32)
    (x0, y0), (x1, y1) = keypoints[0] * size, keypoints[2] * size
    raw = UnitRegion(
        *(box[0] + box[2] / _TWO, box[1] + box[3] / _TWO, box[2], box[3]),
        upright(x1 - x0, y1 - y0),
    )
    return _enlarged(raw, width, height, PALM_SCALE, PALM_SHIFT)


def region_from_landmarks(keypoints: Floats, width: int, height: int) -> UnitRegion | None:
    """Return the square region in which to look in the next frame.

    `keypoints` (21, 2 or 3) in units of the image, which has `width` x `height` pixels. The line
    from the wrist to the mean of the knuckles of index, middle (twice) and ring finger becomes
    upright. None if the keypoints are not finite or coincide. (MediaPipe's constants call these
    joints PIP, but they count within the subset `_STABLE`, where they are the knuckles.)
    """
    points = keypoints[:, :2]
    size = np.array([width, height], np.float32)
    x0, y0 = points[0] * size
    knuckles = (points[_INDEX_MCP] + points[_RING_MCP]) / _TWO
    x1, y1 = (knuckles + points[_MIDDLE_MCP]) / _TWO * size
    rotation = upright(x1 - x0, y1 - y0)

    stable = points[_STABLE]
    middle = (np.maximum.reduce(stable) + np.minimum.reduce(stable)) / _TWO
    stable -= middle
    stable *= size
    turn(stable, *cos_sin(wrapped(-rotation)), out=stable)
    high, low = np.maximum.reduce(stable), np.minimum.reduce(stable)
    u, v = (high + low) / _TWO
    c, s = cos_sin(rotation)
    across, down = (high - low) / size
    w, h = size
    x, y = middle
    raw = UnitRegion(
        (u * c - v * s + w * x) / w, (u * s + v * c + h * y) / h, *(across, down, rotation)
    )
    return _enlarged(raw, width, height, HAND_SCALE, HAND_SHIFT)


def turn(points: Floats, cosine: Single, sine: Single, out: Floats) -> None:
    """Turn points (n, 2) around 0, 0; `out` may be `points`."""
    near, far = points * cosine, points * sine
    np.subtract(near[:, 0], far[:, 1], out=out[:, 0])
    np.add(far[:, 0], near[:, 1], out=out[:, 1])


def in_pixels(region: UnitRegion, width: int, height: int) -> Region:
    """Return a region in pixels of an image of `width` x `height`."""
    return Region(
        *(float(region.x) * width, float(region.y) * height),
        *(float(region.width) * width, float(region.height) * height),
        float(region.rotation),
    )


def _enlarged(
    raw: UnitRegion, width: int, height: int, scale: Single, shift: Single
) -> UnitRegion | None:
    w, h = Single(width), Single(height)
    c, s = cos_sin(raw.rotation)
    x, y = raw.x, raw.y
    if raw.rotation == 0:
        y = y + raw.height * shift
    else:
        nothing = w * raw.width * Single(0)
        along = h * raw.height * shift
        x = x + (nothing * c - along * s) / w
        y = y + (nothing * s + along * c) / h
    side = max(raw.width * w, raw.height * h)
    finite = isfinite(x) and isfinite(y) and isfinite(raw.rotation)
    if not finite or not _MIN_SIDE_PX <= side * scale <= _MAX_SIDE_PX:
        return None
    return UnitRegion(x, y, side / w * scale, side / h * scale, raw.rotation)
