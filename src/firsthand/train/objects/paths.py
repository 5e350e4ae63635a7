"""How a camera moves that somebody holds in the hand and walks around a thing with."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Walk:
    """Ranges in metres and degrees that a path is drawn from.

    `away_m` from the point looked at, as the crow flies; `above_deg` over its plane; `around_deg`
    walked in all; `shaking_m` of the hand, `tilt_deg` of the camera about its own axis.
    """

    away_m: tuple[float, float] = (1.2, 2.0)
    above_deg: tuple[float, float] = (15.0, 50.0)
    around_deg: tuple[float, float] = (30.0, 120.0)
    shaking_m: float = 0.02
    tilt_deg: float = 5.0

    def scaled(self, times: float) -> "Walk":
        """Return the same walk around something so many times as large."""
        near, far = self.away_m
        return replace(self, away_m=(near * times, far * times), shaking_m=self.shaking_m * times)


def walked(rng: np.random.Generator, focus: NDArray[Any], count: int, walk: Walk) -> Doubles:
    """Return `count` poses (n, 4, 4) around `focus` (3,) in a world whose y points up.

    They are as `session.Frame.pose` has them, evenly spaced in time; what is looked at wanders by
    a tenth of the distance.
    """
    share = np.linspace(0, 1, count)
    start = rng.uniform(0, 2 * np.pi)
    sweep = np.radians(rng.uniform(*walk.around_deg)) * rng.choice([-1, 1])
    around = start + sweep * share + 0.05 * _drift(rng, share)
    above = np.radians(np.clip(rng.uniform(*walk.above_deg) + 4 * _drift(rng, share), 3, 85))
    away = np.clip(rng.uniform(*walk.away_m) * (1 + 0.06 * _drift(rng, share)), *walk.away_m)
    ways = np.column_stack(
        [np.cos(above) * np.cos(around), np.sin(above), np.cos(above) * np.sin(around)]
    )
    shaken = np.column_stack([_drift(rng, share) for _ in range(3)]) * walk.shaking_m
    eyes = focus + away[:, None] * ways + shaken
    looked = np.column_stack([_drift(rng, share) for _ in range(3)]) * (0.1 * away[:, None])
    tilts = np.radians(walk.tilt_deg) * _drift(rng, share)
    return np.stack(
        [
            looking(eye, focus + aside, tilt)
            for eye, aside, tilt in zip(eyes, looked, tilts, strict=True)
        ]
    )


def looking(eye: NDArray[Any], at: NDArray[Any], tilt: float = 0.0) -> Doubles:
    """Return the pose (4, 4) of a camera at `eye` (3,) that looks at `at`, tilted by an angle."""
    ahead = at - eye
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 1.0, 0.0])
    right = right / np.linalg.norm(right)
    down = np.cross(ahead, right)
    cos, sin = np.cos(tilt), np.sin(tilt)
    pose = np.eye(4)
    pose[:3, 0] = cos * right + sin * down
    pose[:3, 1] = cos * down - sin * right
    pose[:3, 2] = ahead
    pose[:3, 3] = eye
    return pose


def _drift(rng: np.random.Generator, share: Doubles) -> Doubles:
    """Return a smooth random course of deviation about 1: a few sines of random phases."""
    total = np.zeros_like(share)
    for cycles in (0.5, 1.3, 2.9):
        total += rng.normal() * np.sin(2 * np.pi * cycles * share + rng.uniform(0, 2 * np.pi))
    return np.asarray(total / np.sqrt(1.5))
