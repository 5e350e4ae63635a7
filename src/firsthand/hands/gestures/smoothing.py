"""Steady gestures over time: a new one must last, the present one is given up reluctantly."""

from dataclasses import dataclass

from firsthand.errors import ConfigError, InputError
from firsthand.hands.gestures.rules import NONE, GestureResult


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How steady: times in microseconds, scores in 0..1.

    Another gesture is announced after it led for `enter_us`; nothing, or no hand, after
    `leave_us`. While the present gesture is runner-up with at least `stay_score`, it stays.
    """

    enter_us: int = 120_000
    leave_us: int = 250_000
    stay_score: float = 0.35

    def __post_init__(self) -> None:
        if self.enter_us < 0 or self.leave_us < 0 or not 0 <= self.stay_score <= 1:
            raise ConfigError(f"times cannot be negative and stay_score lies in 0..1: {self}")


@dataclass(frozen=True, slots=True)
class SmoothingState:
    """What is announced and what may follow; the default is where every hand starts."""

    name: str = NONE
    since_us: int | None = None
    candidate: str = NONE
    candidate_since_us: int | None = None
    last_us: int | None = None


@dataclass(frozen=True, slots=True)
class SteadyGesture:
    """The gesture announced at a timestamp, since when, and whether it is new in this step."""

    name: str
    since_us: int
    changed: bool


def step(
    state: SmoothingState,
    result: GestureResult | None,
    timestamp_us: int,
    smoothing: Smoothing | None = None,
) -> tuple[SmoothingState, SteadyGesture]:
    """Take one hand's result (None: no hand in view) and return what to announce.

    Timestamps must rise; `InputError` otherwise.
    """
    if state.last_us is not None and timestamp_us <= state.last_us:
        raise InputError(f"timestamps must rise: {timestamp_us} us after {state.last_us} us")
    chosen = smoothing or Smoothing()
    since_us = timestamp_us if state.since_us is None else state.since_us
    leader = _leader(state.name, result, chosen.stay_score)
    if leader == state.name:
        kept = SmoothingState(state.name, since_us, last_us=timestamp_us)
        return kept, SteadyGesture(state.name, since_us, changed=False)
    started_us = timestamp_us
    if leader == state.candidate and state.candidate_since_us is not None:
        started_us = state.candidate_since_us
    needed_us = chosen.leave_us if leader == NONE else chosen.enter_us
    if timestamp_us - started_us >= needed_us:
        changed = SmoothingState(leader, timestamp_us, last_us=timestamp_us)
        return changed, SteadyGesture(leader, timestamp_us, changed=True)
    waiting = SmoothingState(state.name, since_us, leader, started_us, timestamp_us)
    return waiting, SteadyGesture(state.name, since_us, changed=False)


def _leader(present: str, result: GestureResult | None, stay_score: float) -> str:
    if result is None:
        return NONE
    if present != NONE and result.runner_up == present and result.runner_up_score >= stay_score:
        return present
    return result.name
