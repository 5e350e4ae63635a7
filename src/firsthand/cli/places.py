"""Where a command may write: not over what it reads, nor two outputs into one place."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from firsthand.errors import ConfigError, MediaError


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


def own_folder(variable: str, name: str) -> Path:
    """Return the folder that a variable of the environment names, or else where data belong."""
    if given := os.environ.get(variable):
        return Path(given)
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "firsthand" / name


def photographs_of(source: Path | None) -> list[Path] | None:
    """Return the photographs that `source` stands for, None for a video.

    Raises `MediaError` where there is nothing, or nothing that can be read.
    """
    from firsthand.media.image import IMAGE_SUFFIXES
    from firsthand.media.sources import images_in

    if source is None:
        return None
    try:
        source.lstat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError(f"{source}: there is no such photograph, folder or video") from error
    except OSError as error:
        raise MediaError(f"{source}: cannot be read: {error.strerror}") from error
    if source.is_dir():
        return images_in(source)
    return [source] if source.suffix.lower() in IMAGE_SUFFIXES else None


def check_outputs(
    source: Path | None,
    photographs: list[Path] | None,
    output: Path | None,
    others: dict[str, Path | None],
    model: Path | None = None,
) -> None:
    """Raise `ConfigError` where `-o`, or one of `others`, is no place for what comes from a source.

    `photographs` are those of `source`, None for a video. `model` is a file that is read as well,
    with its card beside it.
    """
    from firsthand.media.image import IMAGE_SUFFIXES

    read = [] if source is None else [source, *(photographs or [])]
    if model is not None:
        read += [model, model.with_suffix(".json")]
    if photographs is not None and output is not None:
        suffix = output.suffix.lower()
        if suffix == ".mp4":
            raise ConfigError(f"{source} holds photographs: -o takes a folder, or .jpg for one")
        if suffix not in IMAGE_SUFFIXES:
            read += [path.parent for path in photographs]  # drawn ones would take their names
        elif len(photographs) > 1:
            raise ConfigError(f"-o {output} holds one photograph; for several, name a folder")
    check_places(read, {"-o": output, **others})
