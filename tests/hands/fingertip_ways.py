"""Hands whose index fingertip goes where a test wants it to, and a model that does arithmetic."""

import numpy as np
import posed_hands

from firsthand.hands.gestures.fingers import palm_size
from firsthand.hands.gestures.motion_model import MotionModel
from firsthand.hands.gestures.motion_window import INDEX_TIP

POINTING = posed_hands.letters("bsbbb")


def pointing_at(point, palm_px=80.0):
    """Keypoints (21, 3) of a pointing hand of that size, its fingertip at `point` in pixels."""
    keypoints = POINTING * (palm_px / palm_size(POINTING[:, :2]))
    keypoints[INDEX_TIP, :2] = point
    return keypoints


def circle(t_s, *, sense=1.0, period_s=0.8, radius_px=60.0, middle=(320.0, 240.0)):
    angle = 2 * np.pi * sense * t_s / period_s
    return np.array(middle) + radius_px * np.array([np.cos(angle), np.sin(angle)])


class Rightwards:
    """Names a window `right` or `left` by where it leads, `rest` where it leads nowhere."""

    names = ("rest", "left", "right")

    def __call__(self, features):
        across = float(features[0, 30] - features[0, 0])
        far = features[0, -1] > np.log(0.2)
        wanted = [0.0 if far else 9.0, -across * 9 * far, across * 9 * far]
        return (np.array([wanted], np.float32),)


def by_arithmetic():
    return MotionModel(Rightwards(), Rightwards.names, None)
