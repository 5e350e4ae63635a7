"""A made-up session: a box of known place and size on a checkered floor, seen from all around."""

import math
from pathlib import Path

import cv2
import numpy as np

from firsthand.geometry import Box, Camera
from firsthand.objects.session import Frame, Plane, Session, write_session

WIDTH, HEIGHT = 320, 240
THING = Box(np.array([0.1, 0.2, -0.1]), np.eye(3), np.array([0.3, 0.4, 0.5]))
COUNT = 12
LOST = 3
"""The frame at which tracking was lost."""

_FACES = (
    ((0, 1, 3, 2), (60, 90, 200)),
    ((4, 5, 7, 6), (70, 110, 230)),
    ((0, 1, 5, 4), (30, 40, 90)),
    ((2, 3, 7, 6), (120, 160, 250)),
    ((0, 2, 6, 4), (50, 75, 170)),
    ((1, 3, 7, 5), (80, 120, 210)),
)


def looking(eye, at=(0.0, 0.2, 0.0)) -> np.ndarray:
    """The pose of an upright camera at `eye` that looks at a point."""
    away = np.subtract(at, eye) / np.linalg.norm(np.subtract(at, eye))
    right = np.cross(away, (0.0, 1.0, 0.0))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(away, right), away, eye], axis=1)
    return pose


def around(place: int, count: int) -> np.ndarray:
    angle = 2 * math.pi * place / count
    return looking((1.6 * math.sin(angle), 1.0, 1.6 * math.cos(angle)))


def rendered(camera: Camera, pose: np.ndarray, thing: Box = THING) -> np.ndarray:
    """What such a camera sees, (240, 320, 3) uint8 in blue, green, red."""
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    rays = np.dstack([camera.rays(np.dstack([x, y])), np.ones_like(x)]) @ pose[:3, :3].T
    down = np.where(rays[..., 1] < -1e-6, -pose[1, 3] / np.minimum(rays[..., 1], -1e-6), np.inf)
    on = pose[[0, 2], 3] + np.minimum(down, 50)[..., None] * rays[..., ::2]
    checks = (np.floor(on / 0.25).astype(int).sum(axis=-1) % 2 == 0) * 70 + 130
    image = np.dstack([checks] * 3).astype(np.uint8)
    image[~np.isfinite(down) | (np.abs(on).max(axis=-1) > 1.5)] = (225, 215, 200)
    points = (thing.corners - pose[:3, 3]) @ pose[:3, :3]
    pixels = camera.project(points)
    faces = sorted(_FACES, key=lambda face: -np.linalg.norm(points[list(face[0])].mean(axis=0)))
    for corners, colour in faces[3:]:
        shape = np.round(pixels[list(corners)] * 16).astype(np.int32)
        cv2.fillConvexPoly(image, shape, colour, cv2.LINE_AA, shift=4)
    return image


def checkered(folder: Path, count: int = 12) -> Session:
    """Write such a session, its pictures included; frame `LOST` has no pose."""
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    camera = Camera(300.0, 300.0, WIDTH / 2, HEIGHT / 2)
    frames = []
    for place in range(count):
        pose = around(place, count)
        name = f"frames/{place:04}.png"
        assert cv2.imwrite(str(folder / name), rendered(camera, pose))
        frames.append(
            Frame(name, place / 30, WIDTH, HEIGHT, camera, None if place == LOST else pose)
        )
    rng = np.random.default_rng(0)
    floor = rng.uniform((-1.5, 0, -1.5), (1.5, 0.004, 1.5), (600, 3))
    on_it = THING.middle + rng.uniform(-0.5, 0.5, (200, 3)) * THING.size
    outline = np.array([[-1.5, -1.5], [1.5, -1.5], [1.5, 1.5], [-1.5, 1.5]])
    planes = (Plane("floor", np.eye(4), outline),)
    session = Session(folder, "made by a test", tuple(frames), planes, np.vstack([floor, on_it]))
    write_session(session)
    return session
