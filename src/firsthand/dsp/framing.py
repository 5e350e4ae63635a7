"""A sound in windows that overlap."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ShapeError


def windows(sound: NDArray[Any], length: int, hop: int = 1) -> NDArray[Any]:
    """Return every whole window of a sound (n,), one each `hop` samples: (count, length).

    A read-only view, of a copy where the sound is not contiguous. NumPy's `sliding_window_view`
    gives the same of any array, but its checks take longer than the spectrum of a window does.

    Raises `ShapeError` for other shapes, and where `length` or `hop` is below 1.
    """
    if sound.ndim != 1 or length < 1 or hop < 1:
        raise ShapeError(
            f"windows of {length} samples, one each {hop}, of a sound of shape {sound.shape}: "
            "a sound is of shape (n,), and both lengths are at least 1"
        )
    whole = np.ascontiguousarray(sound)
    length, hop = int(length), min(int(hop), max(1, len(whole)))
    count = max(0, (len(whole) - length) // hop + 1)
    step = whole.itemsize
    # NumPy checks that the view stays inside the buffer.
    found: NDArray[Any] = np.ndarray((count, length), whole.dtype, whole, 0, (hop * step, step))
    found.flags.writeable = False
    return found
