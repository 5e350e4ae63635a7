"""Results of hand tracking made up for tests of what is done with them."""

import numpy as np
import posed_hands

from firsthand.hands.types import Hand, HandsResult, Region


def hand(track_id=0, *, pattern="sssss", handedness="right", at=(100.0, 100.0)):
    """A hand whose fingers are `pattern`, as `posed_hands.letters` reads it."""
    points = posed_hands.letters(pattern)
    keypoints = points + np.array([*at, 0.0])
    world = (points - points.mean(axis=0)) / 1000
    return Hand(
        keypoints.astype(np.float32),
        world.astype(np.float32),
        handedness,
        0.98765432,
        0.9,
        Region(*at, 100.0, 100.0, 0.0),
        track_id,
    )


def result(timestamp_us=0, hands=(), *, size=(320, 240), detector_ran=False):
    return HandsResult(timestamp_us, *size, tuple(hands), detector_ran)
