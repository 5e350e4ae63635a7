"""Recordings below the data's folder: their beginnings, and who is held out."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp.logmel import LogMel
from firsthand.media import AudioReader

Floats = NDArray[np.float32]

Use = Literal["learn", "calibrate", "test"]

RATE_HZ: Final = LogMel().rate_hz

_MOST_S: Final = 90.0


def beginning(path: Path) -> Floats:
    """Return the first minute and a half of a recording, (n,) at `RATE_HZ`."""
    blocks, count = [np.empty(0, np.float32)], 0
    with AudioReader(path, rate_hz=RATE_HZ) as reader:
        for block in reader:
            blocks.append(block)
            count += len(block)
            if count >= _MOST_S * RATE_HZ:
                break
    return np.concatenate(blocks)


def alternating(origins: Iterable[str]) -> dict[str, Use]:
    """Let every other origin calibrate and the rest test: none does both."""
    uses: tuple[Use, Use] = ("calibrate", "test")
    return {origin: uses[place % 2] for place, origin in enumerate(sorted(set(origins)))}
