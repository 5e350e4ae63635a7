"""Options that the commands of the challenge have in common, and the models they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from firsthand.measure.single_stream import Rules
    from firsthand.runtime import Model

ModelName = Annotated[
    list[str],
    typer.Argument(metavar="MODEL...", help="Files .tflite or .onnx, or names of the store's."),
]
Threads = Annotated[int, typer.Option("--threads", min=1, max=64, help="Threads of each model.")]
Processor = Annotated[
    int | None, typer.Option("--cpu", help="The processor that all are held to; the last.")
]
RecordFile = Annotated[
    Path | None,
    typer.Option("--record", metavar="FILE.json", help="Write what --json prints to a file."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the order of images and blocks.")]


def opened(names: list[str]) -> dict[str, "Model"]:
    """Return models by short names of their own."""
    from firsthand.runtime import Model, ModelStore
    from firsthand.runtime.bundled import bundled

    found: dict[str, Model] = {}
    for name in names:
        path = Path(name)
        if path.suffix.lower() in (".tflite", ".onnx") or path.exists():
            model, short = Model.open(path), path.stem
        elif name in (own := bundled()):
            model, short = own[name], name
        else:
            model, short = ModelStore().get(name), name
        unique, count = short, 2
        while unique in found:
            unique, count = f"{short}-{count}", count + 1
        found[unique] = model
    return found


def rules_for(quick: bool, threads: int, seed: int) -> "Rules":
    """Return how single streams are measured."""
    from dataclasses import replace

    from firsthand.measure.single_stream import QUICK, RULES

    return replace(QUICK if quick else RULES, threads=threads, seed=seed)
