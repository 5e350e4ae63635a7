"""What a hand shows: by rule, in named sets, or by a classifier taught a few examples.

    from firsthand.hands.gestures import SIGNS, recognise

    recognise(hand.keypoints, SIGNS).name  # "thumb_up"

Everything takes keypoints (..., 21, 2 or 3), wherever they come from.
"""

from firsthand.hands.gestures.classifier import (
    GestureModel,
    LeaveOneOut,
    gesture_distances,
    leave_one_out,
    predict,
    train,
)
from firsthand.hands.gestures.files import load_gesture_model, save_gesture_model
from firsthand.hands.gestures.fingers import FingerStates, FingerThresholds, finger_states
from firsthand.hands.gestures.relations import RELATIONS
from firsthand.hands.gestures.rules import (
    MIN_SCORE,
    NONE,
    Gesture,
    GestureResult,
    GestureSet,
    gesture_scores,
    gesture_set_from_json,
    recognise,
)
from firsthand.hands.gestures.sets import (
    AMERICAN,
    ASL_DIGITS,
    CHINESE,
    EUROPEAN,
    GESTURE_SETS,
    SIGNS,
    TAIWANESE,
)
from firsthand.hands.gestures.smoothing import Smoothing, SmoothingState, SteadyGesture

__all__ = [
    "AMERICAN",
    "ASL_DIGITS",
    "CHINESE",
    "EUROPEAN",
    "GESTURE_SETS",
    "MIN_SCORE",
    "NONE",
    "RELATIONS",
    "SIGNS",
    "TAIWANESE",
    "FingerStates",
    "FingerThresholds",
    "Gesture",
    "GestureModel",
    "GestureResult",
    "GestureSet",
    "LeaveOneOut",
    "Smoothing",
    "SmoothingState",
    "SteadyGesture",
    "finger_states",
    "gesture_distances",
    "gesture_scores",
    "gesture_set_from_json",
    "leave_one_out",
    "load_gesture_model",
    "predict",
    "recognise",
    "save_gesture_model",
    "train",
]
