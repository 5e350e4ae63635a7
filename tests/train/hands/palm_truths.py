"""Palms and hands with known places, for the detector's tests."""

import numpy as np

from firsthand.train.hands.detector_targets import TruePalms, together
from firsthand.train.hands.samples import HandTruth, Sample


def palm(x: float, y: float, side: float, clear: bool = True, seed: int = 0) -> TruePalms:
    keypoints = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, 7, 2)) * side + (x, y)
    return TruePalms(
        np.array([[x, y]], np.float32),
        np.array([side], np.float32),
        keypoints.astype(np.float32),
        np.array([clear]),
    )


def palms(*each: TruePalms) -> TruePalms:
    return together(each)


def hand(x: float, y: float, size: float, seed: int = 0, **changes) -> HandTruth:
    """A hand of 21 points, all within `size` of x, y."""
    spread = np.random.default_rng(seed).uniform(-0.7, 0.7, (21, 2)) * size + (x, y)
    keypoints = np.concatenate([spread, np.zeros((21, 1))], axis=1).astype(np.float32)
    values = {
        "keypoints": keypoints,
        "metres": np.full((21, 3), np.nan, np.float32),
        "known": np.ones(21, np.bool_),
        "seen": 1.0,
        "right": True,
        "origin": "people",
    }
    return HandTruth(**{**values, **changes})


def blob_sample(rng: np.random.Generator, hands: int, size_px: int = 256) -> Sample:
    """A gray picture with white crosses of five dots as hands: something to be learnt fast."""
    image = np.full((size_px, size_px, 3), 60, np.uint8)
    image += rng.integers(0, 30, image.shape, np.uint8)
    truths = []
    for index in range(hands):
        side = float(rng.uniform(20, 44))
        x, y = (size_px * (index + 0.5) / hands, float(rng.uniform(side, size_px - side)))
        ring = np.linspace(0, 2 * np.pi, 21, endpoint=False)
        flat = np.stack([np.sin(ring) * 0.5 * side + x, -np.cos(ring) * 0.5 * side + y], axis=1)
        for px, py in flat:
            image[max(0, int(py) - 2) : int(py) + 3, max(0, int(px) - 2) : int(px) + 3] = (
                250,
                160,
                120,
            )
        keypoints = np.concatenate([flat, np.zeros((21, 1))], axis=1).astype(np.float32)
        truths.append(hand(0, 0, 1, keypoints=keypoints))
    return Sample(image, tuple(truths), f"blobs {hands}")
