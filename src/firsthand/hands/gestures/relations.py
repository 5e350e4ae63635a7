"""Relations between parts of a hand that gestures name beside the states of the fingers.

Each relation is a function from checked keypoints (..., 21, 2 or 3) to a membership (...) in
0..1, 0.5 at its limit. Distances are in palm sizes, so scale does not matter. All but the thumb's
direction ignore rotation; that one needs image axes (y down), which world keypoints share.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from firsthand.errors import ConfigError
from firsthand.hands.gestures.fingers import FINGERS, KNUCKLES, TIPS, Values, membership, palm_size

Relation = Callable[[Values], Values]

_TOUCH_LIMIT, _TOUCH_WIDTH = 0.48, 0.05
_TILT_LIMIT_DEG, _TILT_WIDTH_DEG = 50.0, 6.0
_SPREAD_LIMIT_DEG, _SPREAD_WIDTH_DEG = 5.0, 1.5


def relation(name: str) -> Relation:
    """Return the relation of that name; `not NAME` is its opposite.

    Raises `ConfigError` listing the known names for any other.
    """
    plain = name.removeprefix("not ")
    found = RELATIONS.get(plain)
    if found is None:
        raise ConfigError(f"unknown relation {name!r}; known: {', '.join(RELATIONS)}")
    if plain == name:
        return found
    return lambda points: 1 - found(points)


def _touch(finger: int) -> Relation:
    def touches(points: Values) -> Values:
        apart = np.linalg.norm(points[..., 4, :] - points[..., TIPS[finger], :], axis=-1)
        return membership(_TOUCH_LIMIT - apart / palm_size(points), _TOUCH_WIDTH)

    return touches


def _thumb_towards(y_sign: int) -> Relation:
    def points_there(points: Values) -> Values:
        line = points[..., 4, :] - points[..., 2, :]
        length = np.maximum(np.linalg.norm(line, axis=-1), np.finfo(np.float64).tiny)
        tilt_deg = np.degrees(np.arccos(np.clip(y_sign * line[..., 1] / length, -1, 1)))
        return membership(_TILT_LIMIT_DEG - tilt_deg, _TILT_WIDTH_DEG)

    return points_there


def _index_middle_spread(points: Values) -> Values:
    index = points[..., TIPS[1], :] - points[..., KNUCKLES[1], :]
    middle = points[..., TIPS[2], :] - points[..., KNUCKLES[2], :]
    lengths = np.linalg.norm(index, axis=-1) * np.linalg.norm(middle, axis=-1)
    cosine = (index * middle).sum(axis=-1) / np.maximum(lengths, np.finfo(np.float64).tiny)
    angle_deg = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return membership(angle_deg - _SPREAD_LIMIT_DEG, _SPREAD_WIDTH_DEG)


RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        **{f"thumb touches {FINGERS[finger]}": _touch(finger) for finger in range(1, 5)},
        "thumb up": _thumb_towards(-1),
        "thumb down": _thumb_towards(1),
        "index and middle spread": _index_middle_spread,
    }
)
"""Every relation by name."""
