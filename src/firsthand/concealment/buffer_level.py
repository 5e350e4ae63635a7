"""How much sound waits, smoothed: it steps up with every packet and down with every block."""

from typing import Final

_STEADINESS: Final = ((20, 251 / 256), (60, 252 / 256), (140, 253 / 256))
_MOST_STEADY: Final = 254 / 256


def smoothed(level: float, waiting: int, target_ms: float) -> float:
    """Return the level in samples after a block, of what it was and of samples that wait now.

    The longer the delay that is aimed for, the steadier it is. Time-stretching is to be added to
    it, or taken from it, at once.
    """
    factor = next((share for most_ms, share in _STEADINESS if target_ms <= most_ms), _MOST_STEADY)
    return factor * level + (1 - factor) * waiting
