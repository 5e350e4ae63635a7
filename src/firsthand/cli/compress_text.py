"""`firsthand compress text`: texts in, a reader and small students of hashed projections out."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from firsthand.cli.groups import Quick
from firsthand.cli.telling import say, wrote
from firsthand.cli.training import prepare_training, stopping_between_steps
from firsthand.errors import ConfigError

Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="OUT", help="The folder for all that is made."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same family.")]
Licence = Annotated[str, typer.Option("--licence", help="Of the models made, for their cards.")]


def text(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="Texts: a .csv with the columns text, label and, where texts belong together, "
            "group; or a folder for each class with a .txt file for each text.",
        ),
    ],
    output: Output,
    students: Annotated[
        str, typer.Option(metavar="UNITS,...", help="Each student's hidden units.")
    ] = "64,16",
    width: Annotated[int, typer.Option(min=1, help="Numbers that a text is hashed to.")] = 8192,
    words: Annotated[int, typer.Option(min=1, help="So many does the teacher read.")] = 64,
    teacher_epochs: Annotated[
        int, typer.Option(min=1, help="Some for 50,000 texts, dozens for a few thousand.")
    ] = 4,
    epochs: Annotated[int, typer.Option(min=1, help="Of the students together.")] = 10,
    int8_epochs: Annotated[int, typer.Option(min=1, help="Of each with rounded values.")] = 3,
    held_out: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="The share of texts that judge.")
    ] = 0.125,
    seed: Seed = 0,
    quick: Quick = False,
    licence: Licence = "LicenseRef-own",
) -> None:
    """Make a big network and small ones that tell texts apart: what is begun in OUT goes on.

    Ctrl-C stops it; the last checkpoint is what goes on.
    """
    from firsthand.cli.train_telling import Told
    from firsthand.compress.text import TextProjection, TextTokens
    from firsthand.measure.single_stream import QUICK, RULES

    prepare_training()
    making = import_module("firsthand.train.compress.text_run")
    reading = import_module("firsthand.train.compress.texts")
    plan = making.TextPlan(
        projection=TextProjection(width),
        tokens=TextTokens(words),
        hidden=_units(students),
        teacher_epochs=teacher_epochs,
        epochs=epochs,
        int8_epochs=int8_epochs,
        held_out=held_out,
    )
    source = making.TextSource(words=str(data), licence=licence)
    texts = reading.read_texts(data)
    with Told() as told, stopping_between_steps(told) as tell:
        members = making.compress_texts(
            texts, output, source, plan, QUICK if quick else RULES, seed=seed, tell=tell
        )
    for each in members:
        right, us = each.accuracy_interval.scaled(100), each.latency
        say(
            f"{each.name}: {right.value:.1f}% right ({right.low:.1f} .. {right.high:.1f}), "
            f"{each.bytes / 1e3:.4g} KB, {us.value:.3g} us ({us.low:.3g} .. {us.high:.3g})"
        )
    wrote(output / "pareto.html")
    wrote(output / "pareto.csv")


def _units(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"--students {text!r}: whole numbers with commas between them are wanted"
        ) from None
