"""`firsthand demo`: every system at work on the photographs and sounds of this repository."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

import firsthand
from firsthand.cli import demo_compress, demo_hands, demo_recorder
from firsthand.errors import ConfigError, InputError


@dataclass(frozen=True, slots=True)
class Part:
    """One system's share: `run(examples, folder)` works from the examples and writes to folder."""

    title: str
    run: Callable[[Path, Path], None]


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "hands": Part("Hand tracking", demo_hands.run),
        "recorder": Part("Recorder", demo_recorder.run),
        "compress": Part("Compression", demo_compress.run),
    }
)
"""By name, in the order in which they run."""


def demo(
    parts: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(PARTS)}; all if left out.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")] = Path(
        "demo-out"
    ),
    examples: Annotated[
        Path | None, typer.Option(help="The repository's folder of examples, if not beside.")
    ] = None,
) -> None:
    """Show what there is, on real photographs and sounds: writes results and pages to look at."""
    from rich.console import Console

    for name in parts or ():
        if name not in PARTS:
            raise ConfigError(f"the demo has no part {name!r}; it has {', '.join(PARTS)}")
    media = examples or Path(firsthand.__file__).resolve().parents[2] / "examples"
    if not (media / "media").is_dir():
        raise InputError(
            f"no examples at {media}: they are not part of the installed package; run this in a "
            "clone of the repository (`make demo`), or name the folder with --examples"
        )
    console = Console(stderr=True)
    for name in parts or PARTS:
        console.rule(PARTS[name].title, align="left")
        folder = output / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: no folder can be made: {error.strerror}") from error
        PARTS[name].run(media, folder)
