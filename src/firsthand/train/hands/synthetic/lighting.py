"""Light that fits a background: its colours from all around, and a lamp or the sun."""

import numpy as np

from firsthand.media.frame import RgbImage
from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.renderer import Light


def random_light(rng: np.random.Generator, backdrop: RgbImage) -> Light:
    """Draw the light on hands before this background."""
    corners = (backdrop[::8, ::8].astype(np.float32) / 255) ** 2.2
    mean = corners.mean((0, 1)) + 0.01
    half_y, half_x = corners.shape[0] // 2, corners.shape[1] // 2
    down = corners[half_y:].mean((0, 1)) - corners[:half_y].mean((0, 1))
    right = corners[:, half_x:].mean((0, 1)) - corners[:, :half_x].mean((0, 1))
    bright = float(mean.mean())
    tinted = 0.35 + 0.65 * (1 - rng.uniform(0.2, 0.7)) * mean / bright
    tinted = tinted / tinted.mean()
    around = np.stack(
        [tinted, 0.35 * right / bright, 0.35 * down / bright, np.full(3, rng.uniform(-0.4, 0.1))]
    )
    around[2] -= rng.uniform(0, 0.45)  # more from above than from below
    around[1:] = np.clip(around[1:], -0.5, 0.5)
    ratio = float(np.exp(rng.uniform(np.log(0.15), np.log(4))))
    warmth = rng.normal(0, 0.12)
    lamp = np.array([1 + warmth, 1, 1 - warmth])
    level = 0.75 * float(np.exp(rng.normal(0, 0.28))) * (0.6 + 0.4 * (bright / 0.22) ** 0.5)
    return Light(
        way=_unit(
            np.array([rng.normal(0, 0.8), -abs(rng.normal(0.6, 0.6)), rng.normal(-0.7, 0.7)])
        ),
        key=(lamp * ratio / (1 + 0.6 * ratio) * 1.5).astype(np.float32),
        ambient=(around * (1.35 / (1 + ratio))).astype(np.float32),
        sky=_unit(np.array([rng.normal(0, 0.4), -1.0, rng.normal(-0.7, 0.4)])),
        softness=float(rng.uniform(0.003, 0.03)),
        exposure=(level * (1 + rng.normal(0, 0.05, 3))).astype(np.float32),
    )


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
