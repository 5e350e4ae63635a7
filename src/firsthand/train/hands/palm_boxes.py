"""The square that a palm detector is to give for a hand whose keypoints are known.

MediaPipe's detector gives the upright square around its seven palm keypoints: its side is 1.03 of
their larger extent (standard deviation 0.04), its centre within 0.02 sides of their middle. Beside
the landmark model's joints of the same palms the side is 1.03 (0.07) of the extent, and the centre
lies 0.09 (0.09) sides from their middle towards the wrist: the detector puts all keypoints lower.
`benchmarks/hands_palm_boxes.py` made these figures.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError
from firsthand.hands.skeleton import JOINTS

PALM_JOINTS: Final = (0, 5, 9, 13, 17, 1, 2)
"""The joints that a palm detector locates, in MediaPipe's order."""

_SIDE: Final = 1.02
_TOWARDS_WRIST: Final = 0.06
_WRIST, _INDEX_MCP, _MIDDLE_MCP, _PINKY_MCP = 0, 5, 9, 17
_LENGTH_OVER_WIDTH: Final = 1.2


def palm_box(keypoints: NDArray[np.floating]) -> tuple[float, float, float]:
    """Return left, top and side of the palm's upright square, in the keypoints' units.

    `keypoints` (21, 2 or more), x and y first; fingertips do not count. A palm seen along its
    forearm, wrist behind knuckles, has its square in the middle. `ShapeError` for another shape.
    """
    points = _flat(keypoints)
    palm = points[list(PALM_JOINTS)]
    low, high = palm.min(axis=0), palm.max(axis=0)
    side = _SIDE * float((high - low).max())
    forward = points[_MIDDLE_MCP] - points[_WRIST]
    length = float(np.hypot(*forward))
    middle = (low + high) / 2
    if length > 0:
        middle = middle - forward / length * (_TOWARDS_WRIST * side)
    left, top = middle - side / 2
    return float(left), float(top), side


def palm_size(keypoints: NDArray[np.floating]) -> float:
    """Return about the distance from wrist to middle knuckle, in the units of keypoints (21, 2+).

    Where the palm is foreshortened, its breadth tells how long it would be.
    """
    points = _flat(keypoints)
    long = np.hypot(*(points[_MIDDLE_MCP] - points[_WRIST]))
    across = np.hypot(*(points[_INDEX_MCP] - points[_PINKY_MCP]))
    return float(max(long, _LENGTH_OVER_WIDTH * across))


def _flat(keypoints: NDArray[np.floating]) -> NDArray[np.float64]:
    if keypoints.ndim != 2 or keypoints.shape[0] != len(JOINTS) or keypoints.shape[1] < 2:
        raise ShapeError(f"keypoints have shape (21, 2 or more), not {keypoints.shape}")
    return keypoints[:, :2].astype(np.float64)
