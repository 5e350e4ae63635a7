"""The box that looks most like what was seen: lifted, squared, and then moved until it fits."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.geometry.boxes import PLACES, Box, Doubles
from firsthand.geometry.cameras import Camera
from firsthand.geometry.lifting import lifted

_STEPS: Final = 10
_STILL: Final = 1e-6
"""Of the distance: a step that moves a box by less is the last."""

_DAMPED: Final = 1e-6


def fitted(pixels: NDArray[Any], camera: Camera) -> Box:
    """Return the box with right angles that is seen nearest to `pixels` (9, 2), 1 away.

    From what the equations say (`lifting.lifted`, whose errors it raises) by Gauss and Newton's
    steps over its turn, place and edges: the sum of squared distances in pixels is least. Raises
    `InputError`, too, where the box that the equations are nearest to reaches behind the camera.
    """
    pixels = np.asarray(pixels, np.float64)
    best = lifted(pixels, camera).squared()
    off = _off(best, pixels, camera)
    if not np.isfinite(off).all():
        raise InputError(
            "the box that is seen like this would reach behind the camera; is its focal length "
            f"right, {camera.focal_x:g} and {camera.focal_y:g} pixels?"
        )
    damping = _DAMPED
    for _ in range(_STEPS):
        slopes = _slopes(best, camera)
        normal = slopes.T @ slopes
        normal[np.diag_indices(8)] *= 1 + damping
        if not np.isfinite(normal).all():
            break
        step = np.asarray(-np.linalg.lstsq(normal, slopes.T @ off, rcond=None)[0], np.float64)
        tried = _moved(best, step)
        found = _off(tried, pixels, camera)
        if np.isfinite(found).all() and found @ found < off @ off:
            best, off, damping = tried, found, damping / 10
        else:
            damping = max(damping, _DAMPED) * 100
        if np.abs(step).max() < _STILL:
            break
    return best


def _moved(one: Box, step: Doubles) -> Box:
    """Return a box turned by a vector, then moved across the view, then its edges made longer."""
    left, _, right = np.linalg.svd(one.rotation @ (np.eye(3) + _crossing(step[:3])))
    middle = one.middle + np.array([step[3], step[4], 0.0])
    return Box(middle, left @ right, np.abs(one.size + step[5:]))


def _off(one: Box, pixels: Doubles, camera: Camera) -> Doubles:
    return (camera.project(np.vstack([one.middle, one.corners])) - pixels).reshape(-1)


def _slopes(one: Box, camera: Camera) -> Doubles:
    """Return how what is seen (18,) changes with each number of a step: (18, 8)."""
    own = PLACES * one.size / 2
    points = one.middle + own @ one.rotation.T
    moves = np.zeros((9, 3, 8))
    moves[:, :, :3] = one.rotation @ -_crossing(own)
    moves[:, 0, 3] = moves[:, 1, 4] = 1.0
    moves[:, :, 5:] = one.rotation * PLACES[:, None, :] / 2
    away = points[:, 2:, None]
    seen = (moves[:, :2] - points[:, :2, None] / away * moves[:, 2:]) / away
    found: Doubles = seen * np.array([camera.focal_x, camera.focal_y])[:, None]
    return found.reshape(18, 8)


def _crossing(vectors: Doubles) -> Doubles:
    """Return the matrices (..., 3, 3) by which vectors (..., 3) are crossed with others."""
    found = np.zeros((*vectors.shape, 3))
    for at, (row, column) in enumerate(((2, 1), (0, 2), (1, 0))):
        found[..., row, column] = vectors[..., at]
        found[..., column, row] = -vectors[..., at]
    return found
