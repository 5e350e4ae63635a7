"""Clips of 640 x 480 that the hands benchmarks share: photographs under a moving camera."""

import sys
from pathlib import Path

from firsthand.media import Frame

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "examples"))

from make_hands_clip import FPS, SCENES, clip_frames  # noqa: E402 # the folder is known now

__all__ = ["FPS", "demo_clip", "one_hand"]


def demo_clip(seed: int) -> list[Frame]:
    """One hand, two hands, and a hand that leaves and returns; 300 frames, other drift by seed."""
    return list(clip_frames(seed))


def one_hand(seed: int) -> list[Frame]:
    """Only the first scene of `demo_clip`: one hand, in view all the time."""
    count = round(SCENES[0].seconds * FPS)
    return [frame for frame, _ in zip(clip_frames(seed), range(count), strict=False)]
