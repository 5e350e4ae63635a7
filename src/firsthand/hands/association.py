"""One region a hand: new palms and tracked hands that overlap are the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from firsthand.hands.regions import UnitRegion
from firsthand.hands.single import Single

MIN_OVERLAP: Final = 0.5  # MediaPipe's hand_landmark_tracking_cpu.pbtxt
ROUGH_LOOKS: Final = 3
"""So many rough regions are looked in for each hand that is wanted: most false ones show none."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A region to look for a hand in; `track_id` is None for a palm that was just detected.

    `rough`: the region may be off so far that a hand found there is to be looked at again in the
    region that its own landmarks give, and may well show no hand.
    """

    region: UnitRegion
    track_id: int | None = None
    rough: bool = False


def associate(
    palms: Sequence[Candidate], tracked: Sequence[Candidate], max_hands: int
) -> tuple[Candidate, ...]:
    """Return the regions to look in: no two overlap by more than half, at most `max_hands`.

    Tracked hands win over palms, and later ones over earlier, as in MediaPipe's
    `AssociationNormRectCalculator`; palms come first in the result. Where more than `max_hands`
    are left, which MediaPipe would all return, the last palms go first, then the last tracked; of
    rough palms `ROUGH_LOOKS` times as many stay as there is room for hands.
    """
    kept: list[Candidate] = []
    for candidate in (*palms, *tracked):
        kept = [k for k in kept if overlap(k.region, candidate.region) <= MIN_OVERLAP]
        kept.append(candidate)
    if len(kept) > max_hands:
        old = [k for k in kept if k.track_id is not None][:max_hands]
        new = [k for k in kept if k.track_id is None]
        looks = ROUGH_LOOKS if any(k.rough for k in new) else 1
        new = new[: looks * (max_hands - len(old))]
        kept = new + old
    return tuple(kept)


def overlap(one: UnitRegion, other: UnitRegion) -> float:
    """Return the intersection over union of two regions, rotations ignored; 0..1."""
    width = _shared(one.x, one.width, other.x, other.width)
    height = _shared(one.y, one.height, other.y, other.height)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / float(one.width * one.height + other.width * other.height - shared)


def _shared(middle: Single, extent: Single, middle2: Single, extent2: Single) -> float:
    low = max(middle - extent / 2, middle2 - extent2 / 2)
    return float(min(middle + extent / 2, middle2 + extent2 / 2) - low)
