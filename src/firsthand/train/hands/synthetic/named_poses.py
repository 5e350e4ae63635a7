"""Signs and grips with a name, and drawing poses from them."""

from typing import Final

import numpy as np

from firsthand.train.hands.synthetic.poses import (
    HandPose,
    blended,
    curled_pose,
    jittered,
    limited,
    random_wrist,
)

_FINGER: Final = {
    "straight": (0, 4, 2),
    "loose": (14, 24, 14),
    "half": (42, 52, 34),
    "hook": (4, 95, 62),
    "fist": (84, 102, 68),
    "bent": (76, 8, 4),
    "round": (46, 62, 34),
    "pinched": (52, 48, 26),
    "back": (-16, 2, 0),
}
_THUMB: Final = {
    # CMC, MCP, IP flexion, then abduction and opposition
    "out": (-8, -2, -6, 22, -6),
    "up": (-12, 0, -10, 26, 0),
    "along": (2, 12, 8, -14, 8),
    "side": (6, 24, 24, -16, 22),
    "across": (22, 36, 42, -8, 46),
    "palm": (34, 48, 40, -6, 50),
    "loose": (2, 8, 12, 2, 12),
    "pinched": (12, 18, 26, 0, 52),
    "round": (4, 14, 24, 6, 50),
}
_TABLE: Final = {
    # thumb, index, middle, ring, pinky, spread of the fingers in degrees
    "open": ("out", "straight", "straight", "straight", "straight", 9),
    "stop": ("along", "straight", "straight", "straight", "straight", 1),
    "wide": ("up", "back", "straight", "straight", "back", 13),
    "flat": ("loose", "straight", "straight", "straight", "straight", 3),
    "relaxed": ("loose", "loose", "loose", "half", "half", 2),
    "edge": ("along", "loose", "loose", "loose", "loose", 0),
    "fist": ("across", "fist", "fist", "fist", "fist", 0),
    "fist beside": ("side", "fist", "fist", "fist", "fist", 0),
    "thumb": ("up", "fist", "fist", "fist", "fist", 0),
    "point": ("across", "straight", "fist", "fist", "fist", 0),
    "gun": ("up", "straight", "fist", "fist", "fist", 0),
    "victory": ("palm", "straight", "straight", "fist", "fist", 11),
    "two together": ("palm", "straight", "straight", "fist", "fist", 0),
    "three": ("palm", "straight", "straight", "straight", "fist", 8),
    "three with thumb": ("out", "straight", "straight", "fist", "fist", 9),
    "four": ("palm", "straight", "straight", "straight", "straight", 7),
    "rock": ("palm", "straight", "fist", "fist", "straight", 4),
    "spiderman": ("out", "straight", "fist", "fist", "straight", 5),
    "call": ("up", "fist", "fist", "fist", "straight", 4),
    "pinky": ("across", "fist", "fist", "fist", "straight", 0),
    "ok": ("pinched", "pinched", "loose", "straight", "straight", 6),
    "pinch": ("pinched", "pinched", "half", "half", "half", 2),
    "all pinched": ("pinched", "pinched", "pinched", "pinched", "pinched", -2),
    "claw": ("round", "hook", "hook", "hook", "hook", 7),
    "grip": ("round", "round", "round", "round", "round", 3),
    "bent": ("along", "bent", "bent", "bent", "bent", 1),
    "hooked": ("side", "hook", "fist", "fist", "fist", 0),
    "pen": ("pinched", "half", "half", "fist", "fist", 0),
    "middle": ("across", "fist", "straight", "fist", "fist", 0),
    "hook": ("loose", "half", "hook", "hook", "hook", 0),
}
_SPREADING: Final = np.array([0, 1.1, 0.15, -0.75, -1.6])

NAMED_POSES: Final = tuple(_TABLE)


def named_pose(name: str) -> HandPose:
    """One of `NAMED_POSES` as it is in the book, the wrist straight; `KeyError` for others."""
    thumb, *fingers, spread = _TABLE[name]
    *bent, abducted, opposition = _THUMB[str(thumb)]
    flexion = np.radians([bent, *(_FINGER[str(finger)] for finger in fingers)])
    abduction = np.radians(_SPREADING * float(spread) + [abducted, 0, 0, 0, 0])
    return limited(
        HandPose(
            flexion.astype(np.float32),
            abduction.astype(np.float32),
            float(np.radians(opposition)),
            np.zeros(2, np.float32),
        )
    )


def random_pose(rng: np.random.Generator) -> HandPose:
    """Draw a pose as a camera might see it: a sign, one on the way to another, or none at all."""
    kind = rng.random()
    if kind < 0.3:
        return curled_pose(rng)
    pose = named_pose(str(rng.choice(NAMED_POSES)))
    if kind < 0.5:
        other = named_pose(str(rng.choice(NAMED_POSES))) if kind < 0.4 else curled_pose(rng)
        pose = blended(pose, other, float(rng.uniform(0.1, 0.9)))
    pose = HandPose(pose.flexion, pose.abduction, pose.opposition, random_wrist(rng))
    return jittered(pose, rng, float(rng.uniform(2, 9)))
