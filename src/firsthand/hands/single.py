"""Trigonometry in single precision, by the C library where there is one.

MediaPipe computes regions with `cosf`, `sinf`, `atan2f` and `expf`. Tracking feeds every region
back into the next, and where a hand is hard to see a difference in the last bit grows to pixels
within some frames; so these are the same functions. NumPy's float32 versions, and the double ones
rounded, differ from them in up to two of five results.
"""

import ctypes
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

Single = np.float32

PI: Final = math.pi


def _c_function(name: str, arguments: int, instead: Callable[..., float]) -> Callable[..., Any]:
    try:
        function: Any = getattr(ctypes.CDLL(None), name)
    except (OSError, TypeError, AttributeError):  # Windows, or a C library without it
        return instead
    function.restype = ctypes.c_float
    function.argtypes = [ctypes.c_float] * arguments
    return function  # type: ignore[no-any-return]


_cosf: Final = _c_function("cosf", 1, math.cos)
_sinf: Final = _c_function("sinf", 1, math.sin)
_expf: Final = _c_function("expf", 1, math.exp)
_atan2f: Final = _c_function("atan2f", 2, math.atan2)


def cos_sin(angle: Single) -> tuple[Single, Single]:
    """Return cosine and sine."""
    return Single(_cosf(angle)), Single(_sinf(angle))


def upright(dx: Single, dy: Single) -> Single:
    """Return the rotation in [-pi, pi) that makes the direction (dx, dy) of an image point up."""
    return wrapped(Single(PI * 0.5) - Single(_atan2f(-dy, dx)))


def wrapped(angle: Single) -> Single:
    """Return the angle less the whole turns that bring it to [-pi, pi)."""
    exact = float(angle)
    if not math.isfinite(exact):
        return angle
    return Single(exact - 2 * PI * math.floor((exact + PI) / (2 * PI)))


def sigmoid(logit: float) -> Single:
    """Return 1 / (1 + exp(-logit)); `logit` in -100..100, `exp` of which overflows to 0."""
    if logit < -88:  # expf would overflow, and Python's own raises where it does
        return Single(0)
    return Single(1) / (Single(1) + Single(_expf(-logit)))
