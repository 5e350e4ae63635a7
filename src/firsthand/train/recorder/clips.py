"""Recordings below the data's folder: tables of them, their beginnings, and who is held out."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from firsthand.dsp.logmel import LogMel
from firsthand.errors import InputError
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


def rows_of(path: Path, *columns: str) -> list[dict[str, str]]:
    """Read a table of recordings; `InputError` where it lacks columns or cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a table: {error}") from error
    if not rows or set(columns) - set(rows[0]):
        raise InputError(f"{path} has no columns {', '.join(columns)}")
    return rows


def alternating(origins: Iterable[str]) -> dict[str, Use]:
    """Let every other origin calibrate and the rest test: none does both."""
    uses: tuple[Use, Use] = ("calibrate", "test")
    return {origin: uses[place % 2] for place, origin in enumerate(sorted(set(origins)))}
