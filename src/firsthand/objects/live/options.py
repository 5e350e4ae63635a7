"""What the page may choose."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from firsthand.errors import ConfigError, InputError
from firsthand.objects.categories import CATEGORIES, category_of
from firsthand.objects.options import TrackerOptions
from firsthand.web.live import with_given

LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "longest_m": (1e-6, 999_999),
    "focal_px": (1, 1_000_000),
}
"""The least and the most of what may be typed into the page: ends that `TrackerOptions` takes."""

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
MOST_NAME: Final = 60
"""Letters of a name that are looked at."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What is looked for, and how; all but `category` as in `TrackerOptions`, and in `LIMITS`.

    `threshold` is the detector's; `focal_px` is in pixels of the picture that is looked at, of
    which a camera's is sent 640 long at most.
    """

    category: str = "shoe"
    max_objects: int = 5
    threshold: float = 0.5
    focal_px: float | None = None
    longest_m: float | None = None

    @property
    def model(self) -> str:
        """The category, which has models of its own."""
        return self.category

    @property
    def tracker(self) -> TrackerOptions:
        """The tracker's part of it; raises `ConfigError` for what is out of range."""
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ConfigError(f"{name} is {least:.7g}..{most:.7g} on a live page, not {value}")
        try:
            return TrackerOptions(
                max_objects=self.max_objects,
                detector_threshold=self.threshold,
                focal_px=self.focal_px,
                longest_m=self.longest_m,
            )
        except ConfigError as error:  # by the name that the page and its command have
            raise ConfigError(str(error).removeprefix("detector_")) from None


def known(category: str, own: Collection[str]) -> str:
    """Return the name of models: one of one's `own`, or a category; else raises `ConfigError`."""
    if category in own:
        return category
    if own and category not in CATEGORIES:
        raise ConfigError(f"there are objects {[*CATEGORIES, *own]}, not {category!r}")
    return category_of(category).name


def read_options(
    given: Mapping[str, Any], default: LiveOptions, own: Collection[str] = NOTHING
) -> LiveOptions:
    """Return the options that a page gives as JSON; what it leaves out is as in `default`.

    `own` are the names of one's own models, beside the categories.

    Raises `InputError` for a name, kind or value that does not exist.
    """
    options = with_given(default, given)
    try:
        category = known(options.category[:MOST_NAME], own)
        _ = options.tracker
    except ConfigError as error:
        raise InputError(str(error)) from error
    return replace(options, category=category)
