"""What the page may choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firsthand.errors import InputError
from firsthand.hands.tracking import MAX_HANDS, TrackerOptions
from firsthand.web.live import with_given


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Which models track, how many hands at most, and whether the pictures are mirrored."""

    model: str
    max_hands: int = 2
    mirrored: bool = False

    @property
    def tracker(self) -> TrackerOptions:
        """The tracker's part of it."""
        return TrackerOptions(max_hands=self.max_hands, mirrored=self.mirrored)


def read_options(
    given: Mapping[str, Any], models: Sequence[str], default: LiveOptions
) -> LiveOptions:
    """Return the options that a page gives as JSON; what it leaves out is as in `default`.

    Raises `InputError` for a name, kind or value that does not exist; models are of `models`.
    """
    options = with_given(default, given)
    if options.model not in models:
        raise InputError(f"there are models {', '.join(models)}, not {options.model[:40]!r}")
    if not 1 <= options.max_hands <= MAX_HANDS:
        raise InputError(f"max_hands is 1..{MAX_HANDS}, not {str(options.max_hands)[:40]}")
    return options
