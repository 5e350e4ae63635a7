"""Angles of a hand's joints: their limits, and drawing poses that hands really take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_DEGREE: Final = np.pi / 180


@dataclass(frozen=True, slots=True, eq=False)
class HandPose:
    """Angles in radians, of thumb, index, middle, ring and pinky.

    - `flexion` float32 (5, 3): at CMC, MCP and IP of the thumb, at MCP, PIP and DIP of the others;
      positive bends towards the palm.
    - `abduction` float32 (5,): at the first joint, positive towards the thumb's side.
    - `opposition`: how far the thumb has come in front of the palm.
    - `wrist` (2,): flexion towards the palm, and deviation towards the thumb.
    """

    flexion: Floats
    abduction: Floats
    opposition: float
    wrist: Floats


FLEXION_LIMITS: Final[Mapping[str, Floats]] = {
    "least": np.array([[-20, -5, -15], *([[-25, -4, -8]] * 4)], np.float32) * _DEGREE,
    "most": np.array([[40, 60, 80], *([[90, 110, 85]] * 4)], np.float32) * _DEGREE,
}
"""Range of motion: flexion of MCP 0..90, PIP 0..100, DIP 0..90, thumb CMC 0..15, MCP 0..50, IP
0..80 degrees (American Academy of Orthopaedic Surgeons, "Joint Motion", 1965), with as much
extension and grip beyond it as most hands reach; thumb angles count from the mesh's rest pose."""

ABDUCTION_LIMIT: Final[Floats] = np.array([35, 22, 14, 18, 30], np.float32) * _DEGREE
OPPOSITION_LIMITS: Final = (-20 * _DEGREE, 75 * _DEGREE)
WRIST_LIMITS: Final = (
    np.array([-65, -30], np.float32) * _DEGREE,
    np.array([75, 20], np.float32) * _DEGREE,
)
"""Extension 70, flexion 80, ulnar deviation 30, radial deviation 20 degrees (the same source)."""


def limited(pose: HandPose) -> HandPose:
    """Bring every angle inside its limits."""
    return HandPose(
        np.clip(pose.flexion, FLEXION_LIMITS["least"], FLEXION_LIMITS["most"]),
        np.clip(pose.abduction, -ABDUCTION_LIMIT, ABDUCTION_LIMIT),
        float(np.clip(pose.opposition, *OPPOSITION_LIMITS)),
        np.clip(pose.wrist, *WRIST_LIMITS),
    )


def blended(first: HandPose, second: HandPose, share: float) -> HandPose:
    """Go `share` of the way, 0..1, from the first pose to the second."""
    near, far = np.float32(1 - share), np.float32(share)
    return HandPose(
        first.flexion * near + second.flexion * far,
        first.abduction * near + second.abduction * far,
        float(first.opposition * near + second.opposition * far),
        first.wrist * near + second.wrist * far,
    )


def curled_pose(rng: np.random.Generator) -> HandPose:
    """Draw a pose of no name: fingers curl together for the most part, and DIP follows PIP.

    DIP bends by about two thirds of PIP (Rijpkema, Girard 1991).
    """
    shared = rng.beta(0.8, 0.9)
    alike = rng.uniform(0.1, 1.0)
    curl = np.clip(shared + (1 - alike) * rng.normal(0, 0.45, 4), 0, 1)
    curl = np.where(rng.random(4) < 0.08, rng.random(4), curl)
    balance = np.clip(rng.normal(1, 0.35) + rng.normal(0, 0.1, 4), 0.1, 1.6)
    flexion = np.zeros((5, 3))
    flexion[1:, 0] = curl * 82 * balance + rng.normal(-3, 7, 4)
    flexion[1:, 1] = curl * 98 * (2 - balance) + rng.normal(4, 7, 4)
    flexion[1:, 2] = flexion[1:, 1] * 0.66 + rng.normal(0, 6, 4)
    flexion[0] = (
        rng.normal(2 + 14 * shared, 13),
        rng.normal(4 + 26 * shared, 15),
        rng.normal(8 + 22 * shared, 22),
    )
    spread = rng.normal(3, 7) * (1 - 0.75 * shared)
    abduction = np.array([0, 1.1, 0.15, -0.8, -1.7]) * spread + rng.normal(0, 2.5, 5)
    abduction[0] = rng.normal(2, 12)
    opposition = rng.normal(10 + 22 * shared, 18)
    return limited(
        HandPose(
            (flexion * _DEGREE).astype(np.float32),
            (abduction * _DEGREE).astype(np.float32),
            float(opposition * _DEGREE),
            random_wrist(rng),
        )
    )


def random_wrist(rng: np.random.Generator) -> Floats:
    """Draw flexion and deviation of a wrist: near straight most of the time."""
    wide = 2.2 if rng.random() < 0.3 else 1.0
    drawn = np.array([rng.normal(-5, 15), rng.normal(-3, 8)]) * wide * _DEGREE
    return np.asarray(np.clip(drawn, *WRIST_LIMITS), np.float32)


def jittered(pose: HandPose, rng: np.random.Generator, degrees: float = 6.0) -> HandPose:
    """Disturb every angle, as no two people hold a sign alike."""
    size = degrees * _DEGREE
    together = rng.normal(0, size, 3) * (0.4, 0.6, 0.4)
    return limited(
        HandPose(
            (pose.flexion + together + rng.normal(0, size, (5, 3))).astype(np.float32),
            (pose.abduction + rng.normal(0, size * 0.4, 5)).astype(np.float32),
            float(pose.opposition + rng.normal(0, size)),
            np.asarray(pose.wrist + rng.normal(0, size, 2), np.float32),
        )
    )
