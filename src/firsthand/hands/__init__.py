"""Hand tracking: 21 keypoints in three dimensions of each hand, and the gestures they show.

    from firsthand.hands import SIGNS, Hands, recognise
    from firsthand.media import read_image

    (hand,) = Hands.load().detect(read_image("hand.jpg")).hands
    hand.keypoints  # (21, 3): x, y, z in pixels
    recognise(hand.keypoints, SIGNS).name  # "thumb_up"

More about gestures, such as the other sets and the classifier, is in `firsthand.hands.gestures`.
Nothing heavy is loaded here: a module comes when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.hands.api import Hands
    from firsthand.hands.drawing import draw_hands
    from firsthand.hands.gestures import GESTURE_SETS, SIGNS, Gesture, GestureSet, recognise
    from firsthand.hands.models import HandModels, load_models, open_models, published_models
    from firsthand.hands.naming import NamingState, name_step, names_at_once
    from firsthand.hands.pipeline import gesture_graph, tracking_graph
    from firsthand.hands.skeleton import BONES, JOINTS
    from firsthand.hands.stills import detect
    from firsthand.hands.tracking import TrackerOptions, TrackerState, step
    from firsthand.hands.types import Hand, HandsResult, Region

_HOMES = {
    "api": ("Hands",),
    "drawing": ("draw_hands",),
    "gestures": ("GESTURE_SETS", "SIGNS", "Gesture", "GestureSet", "recognise"),
    "models": ("HandModels", "load_models", "open_models", "published_models"),
    "naming": ("NamingState", "name_step", "names_at_once"),
    "pipeline": ("gesture_graph", "tracking_graph"),
    "skeleton": ("BONES", "JOINTS"),
    "stills": ("detect",),
    "tracking": ("TrackerOptions", "TrackerState", "step"),
    "types": ("Hand", "HandsResult", "Region"),
}

__all__ = [
    "BONES",
    "GESTURE_SETS",
    "JOINTS",
    "SIGNS",
    "Gesture",
    "GestureSet",
    "Hand",
    "HandModels",
    "Hands",
    "HandsResult",
    "NamingState",
    "Region",
    "TrackerOptions",
    "TrackerState",
    "detect",
    "draw_hands",
    "gesture_graph",
    "load_models",
    "name_step",
    "names_at_once",
    "open_models",
    "published_models",
    "recognise",
    "step",
    "tracking_graph",
]

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
