"""`firsthand train`: make the models that this package bundles, or others like them."""

import shlex
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import typer

from firsthand.errors import ConfigError, MissingDependencyError
from firsthand.train.run import Progress, Run

if TYPE_CHECKING:
    from firsthand.cli.train_telling import Told

app = typer.Typer(
    help="Train models, on data of this project's or your own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_NEEDED: Final = ("torch", "litert_torch", "ai_edge_quantizer")

Trainer = Callable[[Run, Callable[[Progress], None]], Path]
"""Runs a recipe, telling how far it is, and returns the model's path."""


@dataclass(frozen=True, slots=True)
class Recipes:
    """What can be trained: its recipes' names, the usual one first, and what runs them."""

    names: Mapping[str, tuple[str, ...]]
    trainers: Mapping[str, Trainer]


@dataclass(frozen=True, slots=True)
class Outside:
    """Where recipes come from; tests put their own into Click's context object."""

    recipes: Callable[[], Recipes]


@app.callback()
def train() -> None:
    """Train models, on data of this project's or your own."""


@app.command()
def hands(
    context: typer.Context,
    what: Annotated[
        Literal["detector", "landmarks", "gestures"],
        typer.Argument(help="Which of the models of `firsthand hands`."),
    ],
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="Which recipe; the usual one if left out.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of training data of your own.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder for all that is written; train-out/WHAT-RECIPE if left out."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same model.")] = 0,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Train so long, not as the recipe has it.")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--start", help="Begin from the weights.pt that another run ended with."),
    ] = None,
) -> None:
    """Train a hand model: checkpoints, previews, and at the end the model with its card.

    Ctrl-C stops after the step at hand, with a checkpoint; once more, at once.
    """
    outside = context.find_object(Outside) or Outside(_hand_recipes)
    recipes = outside.recipes()
    names = recipes.names[what]
    if recipe is not None and recipe not in names:
        raise ConfigError(f"no recipe {recipe!r} for {what}; there are {', '.join(names)}")
    chosen = names[0] if recipe is None else recipe
    folder = Path("train-out") / f"{what}-{chosen}" if out is None else out

    from firsthand.cli.train_telling import Told

    run = Run(
        recipe=chosen,
        folder=folder,
        data=data,
        seed=seed,
        resume=resume,
        steps=steps,
        start=start,
    )
    told = Told()
    try:
        with told, _stopping_between_steps(told) as tell:
            path = recipes.trainers[what](run, tell)
    except KeyboardInterrupt:
        told.say(f"Stopped. Go on with: {_command(what, run)}")
        raise typer.Exit(130) from None
    told.say(f"Wrote {path} and its card.")


@app.command()
def recorder(
    what: Annotated[  # noqa: ARG001 # one today, named as the others are
        Literal["tags"], typer.Argument(help="Which of the tables of `firsthand recorder`.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of documents, HTML or Mallard.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for what is written.")] = Path(
        "train-out/recorder-tags"
    ),
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same table.")] = 0,
) -> None:
    """Learn from documents and their titles which terms make good tags."""
    from firsthand.cli.train_telling import Told
    from firsthand.train.recorder.tags import train_tags

    run = Run(recipe="tags", folder=out, data=data, seed=seed, resume=False, steps=None)
    told = Told()
    with told:
        path = train_tags(run, told.update)
    told.say(f"Wrote {path}.")


def _hand_recipes() -> Recipes:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"training needs {', '.join(missing)}, which is not installed: "
            'pip install "firsthand[train]"'
        )
    # By name: no other command, and no import of this one, may bring torch along.
    module = import_module("firsthand.train.hands.recipes")
    trainers: dict[str, Trainer] = {
        "detector": module.train_detector,
        "landmarks": module.train_landmarks,
        "gestures": module.train_gestures,
    }
    return Recipes(cast(Mapping[str, tuple[str, ...]], module.NAMES), trainers)


@contextmanager
def _stopping_between_steps(told: "Told") -> Iterator[Callable[[Progress], None]]:
    """Give a `tell` that raises `KeyboardInterrupt` after the step in which Ctrl-C came."""
    asked = False
    before: Any = None

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        told.say("Stopping after this step; press Ctrl-C once more to stop at once.")

    def tell(progress: Progress) -> None:
        nonlocal before
        if before is None:  # from here on there are steps to stop between
            before = signal.signal(signal.SIGINT, ask)
        told.update(progress)
        if asked:
            raise KeyboardInterrupt

    try:
        yield tell
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _command(what: str, run: Run) -> str:
    words = ["firsthand", "train", "hands", what, "--recipe", run.recipe, "--resume"]
    words += ["--out", str(run.folder), "--seed", str(run.seed)]
    if run.data is not None:
        words += ["--data", str(run.data)]
    if run.steps is not None:
        words += ["--steps", str(run.steps)]
    if run.start is not None:
        words += ["--start", str(run.start)]
    return shlex.join(words)
