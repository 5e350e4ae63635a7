"""What every representation of speech is, whoever made it: sound in, numbers out."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ShapeError

Floats = NDArray[np.float32]

RATE_HZ: Final = 16_000
"""The rate of what representations hear."""

LOUDEST: Final = 64.0
"""What lies beyond is no sound of -1..1, clipped or not, but 16-bit numbers or worse."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """What is heard over time: `vectors` (n, size), and the middle of each, `times_ms` (n,)."""

    vectors: Floats
    times_ms: Floats


class Representation(Protocol):
    """Sound (n,) at `RATE_HZ` in -1..1 to numbers: of the whole, and over time.

    `size` is that of the whole, `frame_size` that of a moment. `identity` says which weights and
    settings these are, so that what was computed with others is not taken for its own.
    """

    @property
    def identity(self) -> str:
        """What numbers depend on beside the sound."""
        ...

    @property
    def size(self) -> int:
        """How many numbers the whole has."""
        ...

    @property
    def frame_size(self) -> int:
        """How many numbers a moment has."""
        ...

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (size,), however long it is."""
        ...

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound (n,) to what is heard every so often, at least once."""
        ...


def checked(samples: NDArray[Any]) -> Floats:
    """Return a sound as float32 (n,).

    Raises `ShapeError` for other shapes and kinds of numbers (mix channels before), `InputError`
    for no samples, NaN and infinity, and numbers far beyond full scale.
    """
    if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise ShapeError(
            f"sound is floats of shape (n,), one channel in -1..1, not {samples.dtype} of shape "
            f"{samples.shape}"
        )
    if not len(samples):
        raise InputError("a sound has at least one sample")
    found: Floats = samples.astype(np.float32, copy=False)
    loudest = float(np.abs(found).max())
    if not np.isfinite(loudest):
        raise InputError("sound has finite samples; these hold NaN or infinity")
    if loudest > LOUDEST:
        raise InputError(f"sound lies in -1..1; these samples reach {loudest:g}: scale them")
    return found


def padded(samples: Floats, least: int) -> Floats:
    """Return a sound with silence after it, so that it has `least` samples."""
    return samples if len(samples) >= least else np.pad(samples, (0, least - len(samples)))


def statistics(vectors: Floats) -> Floats:
    """Return the mean and standard deviation (2 k,) of vectors (n, k)."""
    wide = vectors.astype(np.float64)
    return np.concatenate([wide.mean(axis=0), wide.std(axis=0)]).astype(np.float32)
