"""`firsthand demo`: every system at work on the photographs and sounds of this repository."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

import firsthand
from firsthand.cli.telling import one_line, wrote
from firsthand.errors import (
    ConfigError,
    DownloadError,
    InputError,
    MissingDependencyError,
    ModelNotFoundError,
)

if TYPE_CHECKING:
    from firsthand.cli.demo.section import Section


@dataclass(frozen=True, slots=True)
class Part:
    """One system's share: `run(examples, folder)` works from the examples and writes to folder."""

    title: str
    run: "Callable[[Path, Path], Section]"


def _part(title: str, module: str) -> Part:
    """Return a part that is loaded when it runs: each brings heavy things along."""

    def run(examples: Path, folder: Path) -> "Section":
        section: Section = import_module(f"firsthand.cli.demo.{module}").run(examples, folder)
        return section

    return Part(title, run)


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "hands": _part("Hand tracking", "hands"),
        "objects": _part("3D objects", "objects"),
        "recorder": _part("Recorder", "recorder"),
        "concealment": _part("Packet loss concealment", "concealment"),
        "speech": _part("Speech representations", "speech"),
        "compress": _part("Compression", "compress"),
        "challenge": _part("On-device challenge", "challenge"),
        "federated": _part("Federated analytics", "federated"),
    }
)
"""By name, in the order in which they run: the challenge judges what compression made."""


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
    """Show what there is, on real photographs and sounds: one page, and the files behind it.

    A part that lacks an optional package or a model is told of on the page, and the others go on.
    """
    for name in parts or ():
        if name not in PARTS:
            raise ConfigError(f"the demo has no part {name!r}; it has {', '.join(PARTS)}")
    media = examples or Path(firsthand.__file__).resolve().parents[2] / "examples"
    if not (media / "media").is_dir():
        raise InputError(
            f"no examples at {media}: they are not part of the installed package; run this in a "
            "clone of the repository (`make demo`), or name the folder with --examples"
        )
    show({name: PARTS[name] for name in parts or PARTS}, media, output)


def show(parts: Mapping[str, Part], examples: Path, output: Path) -> Path:
    """Run parts and write the page about them into a folder; return its path.

    What a part raises for another reason than something that it lacks ends it all.
    """
    from rich.console import Console

    from firsthand.cli.demo.page import write_page
    from firsthand.cli.demo.section import Shown
    from firsthand.core.clock import MonotonicClock
    from firsthand.measure import describe_machine

    console, clock = Console(stderr=True), MonotonicClock()
    shown = []
    for name, part in parts.items():
        console.rule(part.title, align="left")
        folder, began_us = output / name, clock.now_us()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: no folder can be made: {error.strerror}") from error
        try:
            section, lacks = part.run(examples, folder), ""
        except (MissingDependencyError, ModelNotFoundError, DownloadError) as error:
            section, lacks = None, one_line(str(error))
            typer.echo(f"left out: {lacks}", err=True)
        seconds = (clock.now_us() - began_us) / 1e6
        typer.echo(f"{part.title}: {seconds:.1f} s", err=True)
        shown.append(Shown(name, part.title, section, seconds, lacks))
    whole = sum(each.seconds for each in shown)
    machine = describe_machine()
    made = (
        f"Made in {whole:.0f} s on {machine.cpu}, {machine.cores_available} cores, "
        f"Python {machine.python}, by Firsthand {firsthand.__version__}."
    )
    page = write_page(output, shown, made)
    wrote(page, f"in {whole:.0f} s; open it in a browser")
    return page
