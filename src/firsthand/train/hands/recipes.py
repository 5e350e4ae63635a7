"""The hand models' recipes by name, for the command line."""

from typing import Final

from firsthand.train.hands.detector_recipe import RECIPES as DETECTORS
from firsthand.train.hands.detector_recipe import train_detector
from firsthand.train.hands.gestures import train_gestures
from firsthand.train.hands.landmark_recipe import RECIPES as LANDMARKS
from firsthand.train.hands.landmark_recipe import train_landmarks

NAMES: Final = {
    "detector": tuple(DETECTORS),
    "landmarks": tuple(LANDMARKS),
    "gestures": ("usual",),
}
"""The recipes of each model, the usual one first."""

__all__ = ["NAMES", "train_detector", "train_gestures", "train_landmarks"]
