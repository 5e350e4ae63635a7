"""How loud it is where nobody speaks."""

from typing import Final

_RISE: Final = 1.005
"""A block; 2 dB a second. It falls at once."""

_LEAST: Final = 1e-9
_PASSIVE: Final = 8


def followed(floor: float, power: float) -> float:
    """Return the floor after a block of that mean square."""
    return max(_LEAST, min(power, floor * _RISE))


def passive_power(floor: float) -> float:
    """Return the mean square up to which sound over that floor counts as a pause, as in NetEQ."""
    return _PASSIVE * floor
