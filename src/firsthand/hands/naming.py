"""What each tracked hand shows, steady over time, and how that is put beside what it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from firsthand.hands.gestures import NONE, GestureSet, recognise
from firsthand.hands.gestures.sets import SIGNS
from firsthand.hands.gestures.smoothing import Smoothing, SmoothingState
from firsthand.hands.gestures.smoothing import step as smooth
from firsthand.hands.types import HandsResult

STILL: Final = "still"
MOVE: Final = "move"
"""Names of the motion model for hands that make no stroke."""


@dataclass(frozen=True, slots=True)
class NamingState:
    """The gesture of each hand in view, by its track; the default is where a video starts."""

    tracks: Mapping[int, SmoothingState] = field(default_factory=dict)


def name_step(
    state: NamingState,
    result: HandsResult,
    gestures: GestureSet = SIGNS,
    smoothing: Smoothing | None = None,
) -> tuple[NamingState, tuple[str, ...]]:
    """Take the next frame's hands and return what each of them shows, `NONE` where unknown.

    A hand that left the view is forgotten. Raises `InputError` when timestamps do not rise.
    """
    tracks: dict[int, SmoothingState] = {}
    names = []
    for hand in result.hands:
        seen = recognise(hand.keypoints, gestures)
        before = state.tracks.get(hand.track_id, SmoothingState())
        tracks[hand.track_id], steady = smooth(before, seen, result.timestamp_us, smoothing)
        names.append(steady.name)
    return NamingState(tracks), tuple(names)


def label(gesture: str, motion: str) -> str:
    """Return what a plate says of a hand: a known gesture, a stroke it makes, both, or `NONE`.

    That a hand is still or merely moves is not said.
    """
    told = [name for name in (gesture, motion) if name not in (NONE, STILL, MOVE)]
    return ", ".join(told) or NONE


def names_at_once(result: HandsResult, gestures: GestureSet = SIGNS) -> tuple[str, ...]:
    """Return what the hands of a single photograph show, each judged by itself."""
    return tuple(recognise(hand.keypoints, gestures).name for hand in result.hands)
