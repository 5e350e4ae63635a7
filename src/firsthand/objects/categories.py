"""The kinds of things whose boxes can be found, and which published models find them."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from firsthand.errors import ConfigError

DETECTOR: Final = "mediapipe-objectron-detector"
"""The model of the store that says where in a picture there may be one, the same for all."""


@dataclass(frozen=True, slots=True)
class Category:
    """`labels` are the detector's names for it; `model` is the store's, of its box's corners."""

    name: str
    labels: tuple[str, ...]
    model: str


CATEGORIES: Final = MappingProxyType(
    {
        "camera": Category("camera", ("Camera",), "mediapipe-objectron-camera"),
        "chair": Category("chair", ("Chair",), "mediapipe-objectron-chair"),
        "cup": Category("cup", ("Coffee cup", "Mug"), "mediapipe-objectron-cup"),
        "shoe": Category("shoe", ("Footwear",), "mediapipe-objectron-shoe"),
    }
)
"""The categories of the published models, by name."""

_ALIASES: Final = {"sneakers": "shoe"}


def category_of(name: str) -> Category:
    """Return a category by its name, or by that of its published file, "sneakers".

    Raises `ConfigError`, with the names there are.
    """
    found = CATEGORIES.get(_ALIASES.get(name, name))
    if found is None:
        raise ConfigError(f"there are objects {list(CATEGORIES)}, not {name!r}")
    return found
