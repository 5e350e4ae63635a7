"""Where a command may write: not over what it reads, nor two outputs into one place."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from firsthand.errors import ConfigError


def check_places(read: Iterable[Path], written: Mapping[str, Path | None]) -> None:
    """Raise `ConfigError` if an output, by its option, is an input or another output.

    Links are followed. The path `-` is standard output.
    """
    inputs = {os.path.realpath(path) for path in read}
    taken: dict[str, str] = {}
    for option, path in written.items():
        if path is None or str(path) == "-":
            continue
        place = os.path.realpath(path)
        if place in inputs:
            raise ConfigError(f"{option} {path} is what is read here; name another place")
        if place in taken:
            raise ConfigError(f"{taken[place]} and {option} both name {path}; give each its own")
        taken[place] = option
