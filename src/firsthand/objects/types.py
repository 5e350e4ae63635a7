"""What finding objects gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.geometry import Box, Camera

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FoundObject:
    """One object in one image.

    - `category`: its name in `categories.CATEGORIES`, or as a network's card has it.
    - `points`: float64 (9, 2), where the middle and the eight corners of its box are seen, in
      pixels from the image's upper left corner, outside it where the object is cut off; in the
      order of `geometry.boxes.PLACES`.
    - `box`: in the camera's frame (x right, y down, z away): in metres if `is_metric`, else
      so that its middle is at a depth of 1.
    - `score`: 0..1, how sure the model was that there is one when it last saw it.
    - `track_id`: counts up as objects appear; the same object keeps it.
    - `unseen_us`: how long it has not been seen, up to when the models last looked; 0 if they saw
      it then. Above 0 it is hidden or hard to see, and its box was moved on with the picture
      around it.
    """

    category: str
    points: Doubles
    box: Box
    is_metric: bool
    score: float
    track_id: int
    unseen_us: int = 0

    @property
    def is_seen(self) -> bool:
        """Whether the models saw it when they last looked."""
        return self.unseen_us == 0


@dataclass(frozen=True, slots=True, eq=False)
class ObjectsResult:
    """The objects in one image of `width` x `height` pixels, longest tracked first.

    `camera` is what the boxes were computed with; `detector_ran` tells whether the detector looked
    at the whole image, or objects were only followed from the one before.
    """

    timestamp_us: int
    width: int
    height: int
    objects: tuple[FoundObject, ...]
    camera: Camera
    detector_ran: bool
