"""Matrices by which OpenGL draws what a pinhole camera or a far light sees."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEAR_M = 0.03
FAR_M = 30.0


def clip_matrix(
    focal: tuple[float, float], middle: tuple[float, float], size: tuple[int, int]
) -> Floats:
    """Return the clip matrix (4, 4) of column vectors for a picture of `size`, width and height.

    Focal lengths and principal point are in pixels of it, points in the camera's axes: x right, y
    down, z away. Row 0 of the target is the top row: so that pictures come out of OpenGL the right
    way up, y is not turned, and what OpenGL takes for the bottom is the top of the picture.
    """
    deep = (FAR_M + NEAR_M) / (FAR_M - NEAR_M)
    return np.array(
        [
            [2 * focal[0] / size[0], 0, 2 * middle[0] / size[0] - 1, 0],
            [0, 2 * focal[1] / size[1], 2 * middle[1] / size[1] - 1, 0],
            [0, 0, deep, -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)],
            [0, 0, 1, 0],
        ],
        np.float32,
    )


def light_matrix(way: NDArray[Any], vertices: NDArray[Any]) -> Floats:
    """Return the clip matrix of a view along a direction that just holds all vertices (v, 3).

    `way` (3,) points towards the light.
    """
    forward = -way / np.linalg.norm(way)
    other = np.array([0, 1, 0]) if abs(forward[1]) < 0.9 else np.array([1, 0, 0])
    right = np.cross(other, forward)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward])
    seen = vertices @ axes.T
    low, high = seen.min(0) - 0.005, seen.max(0) + 0.005
    matrix = np.eye(4)
    matrix[:3, :3] = axes * (2 / (high - low))[:, None]
    matrix[:3, 3] = -(high + low) / (high - low)
    return matrix.astype(np.float32)


def column_major(matrix: NDArray[Any]) -> bytes:
    """Return a matrix as OpenGL takes it."""
    return np.ascontiguousarray(matrix.T, np.float32).tobytes()


def shadow_target(gl: Any, side_px: int) -> tuple[Any, Any]:
    """Return a depth texture that compares, and the framebuffer that fills it."""
    texture = gl.depth_texture((side_px, side_px))
    texture.compare_func = "<="
    texture.repeat_x = texture.repeat_y = False
    return texture, gl.framebuffer(depth_attachment=texture)
