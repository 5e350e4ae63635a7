"""Losses in text files: a line a packet, 1 where it was lost and 0 where it arrived."""

from pathlib import Path
from typing import Final

import numpy as np

from firsthand.concealment.losses import Lost
from firsthand.errors import InputError
from firsthand.runtime.place import replace_bytes

_MOST_BYTES: Final = 1 << 24
"""More than a day of packets of 20 ms."""

_SHOWN: Final = 20
_WORDS: Final = {b"0": False, b"1": True}


def read_trace(path: Path) -> Lost:
    """Return the losses (packets,) that a trace tells of.

    Blank lines at the end and spaces around the digits count for nothing. Raises `InputError` for a
    file that cannot be read, is larger than 16 MiB, or holds no packet, and for any other line,
    which it names.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"{path}: is larger than the {_MOST_BYTES >> 20} MiB a trace may have")
    lines = [line.strip() for line in data.removeprefix(b"\xef\xbb\xbf").rstrip().splitlines()]
    if not lines:
        raise InputError(f"{path}: tells of no packet: a trace has a line for each, 0 or 1")
    for number, line in enumerate(lines, 1):
        if line not in _WORDS:
            shown = repr(line[:_SHOWN])[1:] + ("..." if len(line) > _SHOWN else "")
            raise InputError(f"{path}, line {number}: {shown} is neither 0 nor 1")
    return np.array([_WORDS[line] for line in lines])


def write_trace(path: Path, lost: Lost) -> None:
    """Write losses (packets,) as `read_trace` reads them; `InputError` where that cannot be."""
    try:
        replace_bytes(path, b"".join(b"1\n" if each else b"0\n" for each in lost))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def fitted(lost: Lost, count: int) -> Lost:
    """Return `count` packets of a trace, begun anew as often as it ends; `InputError` if empty."""
    if not len(lost):
        raise InputError("a trace without packets cannot be made longer")
    return np.resize(lost, count)
