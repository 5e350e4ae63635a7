"""Boxes, cameras, and what is seen of one by the other; axes are x right, y down, z away."""

from firsthand.geometry.boxes import Box, corners_of
from firsthand.geometry.cameras import Camera
from firsthand.geometry.fitting import fitted
from firsthand.geometry.lifting import Lifted, lifted
from firsthand.geometry.overlapping import overlap, shared_volume

__all__ = ["Box", "Camera", "Lifted", "corners_of", "fitted", "lifted", "overlap", "shared_volume"]
