"""What hand tracking gives back."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Handedness = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated box in pixels of the image.

    `x`, `y` is its centre and `rotation` the angle in radians by which it is turned clockwise as
    seen on the screen, in [-pi, pi): at 0 the fingers of the hand inside point up.
    """

    x: float
    y: float
    width: float
    height: float
    rotation: float


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One hand in one image.

    - `keypoints`: float32 (21, 3), x and y in pixels of the image from its upper left corner
      (outside it where a hand is cut off), z on the same scale, 0 at the wrist, smaller nearer to
      the camera. Rows are named by `skeleton.JOINTS`.
    - `world`: float32 (21, 3), metres, origin in the middle of the hand, axes as above.
    - `handedness`: which hand of the person it is; `handedness_score` 0.5..1.
    - `presence`: 0..1, how sure the landmark model is that its region holds a hand.
    - `region`: the part of the image that the landmark model saw.
    - `track_id`: counts up from 0 as hands appear; the same hand keeps it from frame to frame.
    """

    keypoints: Floats
    world: Floats
    handedness: Handedness
    handedness_score: float
    presence: float
    region: Region
    track_id: int


@dataclass(frozen=True, slots=True, eq=False)
class HandsResult:
    """The hands in one image of `width` x `height` pixels, longest tracked first.

    `detector_ran` tells whether the palm detector looked at this image, or the hands were only
    followed from the one before.
    """

    timestamp_us: int
    width: int
    height: int
    hands: tuple[Hand, ...]
    detector_ran: bool
