"""Hand tracking: 21 keypoints in three dimensions of each hand, and the gestures they show.

    from firsthand.hands import Hands
    from firsthand.media import read_image

    result = Hands.load().detect(read_image("hand.jpg"))
    result.hands[0].keypoints  # (21, 3): x, y, z in pixels

Nothing heavy is loaded here: a module comes when one of its names is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firsthand.hands.api import Hands
    from firsthand.hands.models import HandModels, open_models, published_models
    from firsthand.hands.skeleton import BONES, JOINTS
    from firsthand.hands.stills import detect
    from firsthand.hands.tracking import TrackerOptions, TrackerState, step
    from firsthand.hands.types import Hand, HandsResult, Region

_HOMES = {
    "api": ("Hands",),
    "models": ("HandModels", "open_models", "published_models"),
    "skeleton": ("BONES", "JOINTS"),
    "stills": ("detect",),
    "tracking": ("TrackerOptions", "TrackerState", "step"),
    "types": ("Hand", "HandsResult", "Region"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BONES",
    "JOINTS",
    "Hand",
    "HandModels",
    "Hands",
    "HandsResult",
    "Region",
    "TrackerOptions",
    "TrackerState",
    "detect",
    "open_models",
    "published_models",
    "step",
]


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    return sorted(__all__)
