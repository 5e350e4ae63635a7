"""Timestamps: whole microseconds in 64 bits, with MediaPipe's special values.

A timestamp is a plain `int`, so arithmetic and comparison cost nothing. Their order is
`UNSET < UNSTARTED < PRE_STREAM < MIN .. MAX < POST_STREAM < ONE_OVER_POST_STREAM < DONE`.
`PRE_STREAM` and `POST_STREAM` mark a packet that concerns a whole stream and is alone in it.
"""

from typing import Final

UNSET: Final = -(2**63)
UNSTARTED: Final = UNSET + 1
PRE_STREAM: Final = UNSET + 2
MIN: Final = UNSET + 3
MAX: Final = 2**63 - 4
POST_STREAM: Final = 2**63 - 3
ONE_OVER_POST_STREAM: Final = 2**63 - 2
DONE: Final = 2**63 - 1

_NAMES: Final = {
    UNSET: "Unset",
    UNSTARTED: "Unstarted",
    PRE_STREAM: "PreStream",
    MIN: "Min",
    MAX: "Max",
    POST_STREAM: "PostStream",
    ONE_OVER_POST_STREAM: "OneOverPostStream",
    DONE: "Done",
}


def is_range_value(timestamp: int) -> bool:
    """Whether `timestamp` is an ordinary time in `MIN..MAX`."""
    return MIN <= timestamp <= MAX


def is_allowed_in_stream(timestamp: int) -> bool:
    """Whether a packet may carry `timestamp`."""
    return PRE_STREAM <= timestamp <= POST_STREAM


def next_allowed(timestamp: int) -> int:
    """Return the lowest timestamp a packet may have after one at `timestamp`.

    `PRE_STREAM` and `POST_STREAM` packets are alone in their stream, so nothing follows them.
    """
    if timestamp >= MAX or timestamp == PRE_STREAM:
        return ONE_OVER_POST_STREAM
    if timestamp < MIN:
        return MIN
    return timestamp + 1


def previous_allowed(timestamp: int) -> int:
    """Return the highest timestamp settled once a stream's bound is `timestamp`."""
    if timestamp <= MIN or timestamp == POST_STREAM:
        return UNSTARTED
    if timestamp > MAX + 1:
        return MAX
    return timestamp - 1


def describe(timestamp: int) -> str:
    """Return the special value's name, or the number of microseconds."""
    return _NAMES.get(timestamp) or f"{timestamp} us"
