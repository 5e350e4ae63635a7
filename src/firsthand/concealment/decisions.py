"""What the next 10 ms are made of: a pure function of what there is, in the manner of NetEQ.

The rules are those of WebRTC's `DecisionLogic`, with the delay at which sound is played measured
against the quickest packets.
"""

from enum import Enum, auto
from typing import Final, NamedTuple

_GRANULARITY_MS: Final = 20
"""A step of time-stretching is 15 ms at most, and the clock ticks every 10."""

_WINDOW_MS: Final = 50
_POSTPONED: Final = 0.5
_FAST: Final = 4


class Operation(Enum):
    """How 10 ms are made."""

    NORMAL = auto()
    """From packets, as they are."""
    EXPAND = auto()
    """Made up."""
    CLOSE = auto()
    """Made up, and meeting the next packet, which is here before it is due."""
    MERGE = auto()
    """From packets, which what was made up leads to."""
    ACCELERATE = auto()
    """From packets, shortened."""
    FAST_ACCELERATE = auto()
    """From packets, shortened more, and where it may be heard."""
    PREEMPTIVE_EXPAND = auto()
    """From packets, lengthened."""
    COMFORT_NOISE = auto()
    """Noise as the next packet describes it."""
    COMFORT_NOISE_ON = auto()
    """More of the same noise."""


STRETCHES: Final = frozenset(
    {Operation.ACCELERATE, Operation.FAST_ACCELERATE, Operation.PREEMPTIVE_EXPAND}
)
NOISES: Final = frozenset({Operation.COMFORT_NOISE, Operation.COMFORT_NOISE_ON})


class Situation(NamedTuple):
    """All that a decision is made from. Samples are of the sound that is played.

    Attributes:
        last: how the block before was made.
        begun: whether a packet was taken out to be played yet.
        has_block: whether samples of a whole block are decoded and wait.
        leap: samples from the end of what was decoded to the next packet that waits: 0 where it
            goes on there, None where no packet waits.
        is_noise: whether that packet describes comfort noise.
        made: samples made up since what was decoded last.
        closable: samples at the end of a gap that can be closed.
        waiting_ms: sound that waits in packets, with the time for which the last of them did.
        delay_ms: how long after the quickest way through the network sound is played now; None
            where that is not known.
        target_ms: the delay that is aimed for.
        spread_ms: by how much the slowest packet was later than the quickest.
        muted: whether what is made up has faded below a half.
        rested: whether the last time-stretching is long enough ago for another.
        noise_left: samples of comfort noise with which it may go on.
        noise_waits: whether any waiting packet describes comfort noise.
    """

    last: Operation
    begun: bool
    has_block: bool
    leap: int | None
    is_noise: bool
    made: int
    closable: int
    waiting_ms: float
    delay_ms: float | None
    target_ms: float
    spread_ms: float
    muted: bool
    rested: bool
    noise_left: float
    noise_waits: bool


def decide(now: Situation) -> Operation:
    """Return how the next block is to be made."""
    wanted = _wanted(now)
    if now.has_block and wanted not in STRETCHES:
        return Operation.NORMAL
    return wanted


def _wanted(now: Situation) -> Operation:
    if now.leap is None:
        return _without(now)
    if now.is_noise:
        return Operation.COMFORT_NOISE if _noise_is_due(now) else _without(now)
    if _is_too_little(now):
        return _without(now)
    if now.leap:
        return _from_the_future(now)
    return _expected(now)


def _without(now: Situation) -> Operation:
    return Operation.COMFORT_NOISE_ON if now.noise_left > 0 else Operation.EXPAND


def _noise_is_due(now: Situation) -> bool:
    assert now.leap is not None
    is_late = now.waiting_ms > now.target_ms + _WINDOW_MS
    return now.last not in NOISES or now.leap <= now.made or is_late


def _is_too_little(now: Situation) -> bool:
    """Say whether sound, begun now after a pause, would soon be out again."""
    paused = not now.begun or now.last in NOISES or (now.last is Operation.EXPAND and now.muted)
    return paused and not now.noise_waits and now.waiting_ms < _POSTPONED * now.target_ms


def _from_the_future(now: Situation) -> Operation:
    """Decide where a packet is missing: wait for its end, unless too much sound waits by then."""
    assert now.leap is not None
    missing = now.leap - now.made
    if missing > 0 and now.waiting_ms <= now.target_ms + _WINDOW_MS:
        is_end = missing <= now.closable and now.last not in NOISES and now.noise_left <= 0
        return Operation.CLOSE if is_end else _without(now)
    if now.last in NOISES:
        return Operation.NORMAL
    return Operation.MERGE if now.last is Operation.EXPAND else _without(now)


def _expected(now: Situation) -> Operation:
    if now.last is Operation.EXPAND:
        return Operation.MERGE if now.begun else Operation.NORMAL
    if now.delay_ms is None or now.last in NOISES:
        return Operation.NORMAL
    high_ms = now.target_ms + now.spread_ms + _GRANULARITY_MS
    if now.delay_ms >= _FAST * high_ms:
        return Operation.FAST_ACCELERATE
    if now.rested and now.delay_ms >= high_ms:
        return Operation.ACCELERATE
    if now.rested and now.delay_ms < now.target_ms:
        return Operation.PREEMPTIVE_EXPAND
    return Operation.NORMAL
