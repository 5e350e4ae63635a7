"""`firsthand train`: make the models that this package bundles, or others like them."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from firsthand.cli.groups import group
from firsthand.cli.telling import wrote
from firsthand.cli.training import prepare_training, stopping_between_steps
from firsthand.errors import ConfigError
from firsthand.train.run import Progress, Run

app = group("Train models, on data of this project's or your own.")

Trainer = Callable[[Run, Callable[[Progress], None]], Path]
"""Runs a recipe, telling how far it is, and returns the path of what it made."""

_HOMES: Final = {
    "detector": ("firsthand.train.hands.detector_recipe", "train_detector"),
    "landmarks": ("firsthand.train.hands.landmark_recipe", "train_landmarks"),
    "gestures": ("firsthand.train.hands.gestures", "train_gestures"),
    "sounds": ("firsthand.train.recorder.sounds", "train_sounds"),
    "speakers": ("firsthand.train.recorder.speakers", "train_speakers"),
    "speech": ("firsthand.train.speech.recipe", "train_speech"),
    "concealment": ("firsthand.train.concealment.recipe", "train_concealment"),
    "objects": ("firsthand.train.objects.recipe", "train_objects"),
    "tags": ("firsthand.train.recorder.tags", "train_tags"),
    "yamnet": ("firsthand.train.recorder.yamnet", "calibrate_yamnet"),
}
_WITHOUT_TORCH: Final = ("tags",)


@dataclass(frozen=True, slots=True)
class Recipes:
    """The names of what a model can be trained by, the usual one first, and what runs them."""

    names: tuple[str, ...]
    trainer: Trainer


@dataclass(frozen=True, slots=True)
class Outside:
    """Where the recipes of a model come from; tests put their own into Click's context object."""

    recipes: Callable[[str], Recipes]


Recipe = Annotated[
    str | None, typer.Option("--recipe", help="Which recipe; the usual one if left out.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in OUT.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of training data of your own.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="Folder for all that is written; train-out/WHAT-RECIPE if left out.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same model.")]
Steps = Annotated[
    int | None, typer.Option("--steps", min=1, help="Train so long, not as the recipe has it.")
]
Start = Annotated[
    Path | None,
    typer.Option("--start", help="Begin from the weights.pt that another run ended with."),
]


@app.command()
def hands(
    context: typer.Context,
    what: Annotated[
        Literal["detector", "landmarks", "gestures"],
        typer.Argument(help="Which of the models of `firsthand hands`."),
    ],
    recipe: Recipe = None,
    resume: Resume = False,
    data: Data = None,
    output: Output = None,
    seed: Seed = 0,
    steps: Steps = None,
    start: Start = None,
) -> None:
    """Train a hand model: checkpoints, previews, and at the end the model with its card.

    Ctrl-C stops after the step at hand, with a checkpoint; once more, at once.
    """
    _train(context, "hands", what, recipe, resume, data, output, seed, steps, start)


@app.command()
def recorder(
    context: typer.Context,
    what: Annotated[
        Literal["sounds", "speakers", "tags", "yamnet"],
        typer.Argument(
            help="What tells sounds apart, or voices, or the table of title tags; or what the "
            "scores of YAMNet mean."
        ),
    ],
    recipe: Recipe = None,
    resume: Resume = False,
    data: Data = None,
    output: Output = None,
    seed: Seed = 0,
    steps: Steps = None,
    start: Start = None,
) -> None:
    """Train what `firsthand recorder` hears with, from recordings, or tags with, from documents.

    Ctrl-C stops after the step at hand, with a checkpoint; once more, at once.
    """
    _train(context, "recorder", what, recipe, resume, data, output, seed, steps, start)


@app.command()
def speech(
    context: typer.Context,
    recipe: Recipe = None,
    resume: Resume = False,
    data: Data = None,
    output: Output = None,
    seed: Seed = 0,
    steps: Steps = None,
    start: Start = None,
) -> None:
    """Train a representation of speech, from recordings and what public networks say of them.

    Ctrl-C stops after the step at hand, with a checkpoint; once more, at once.
    """
    _train(context, "speech", None, recipe, resume, data, output, seed, steps, start)


@app.command()
def concealment(
    context: typer.Context,
    recipe: Recipe = None,
    resume: Resume = False,
    data: Data = None,
    output: Output = None,
    seed: Seed = 0,
    steps: Steps = None,
    start: Start = None,
) -> None:
    """Train the networks that conceal lost packets, from recordings of speech.

    Ctrl-C stops after the step at hand, with a checkpoint; once more, at once.
    """
    _train(context, "concealment", None, recipe, resume, data, output, seed, steps, start)


@app.command()
def objects(
    context: typer.Context,
    mesh: Annotated[
        Path | None,
        typer.Option(
            "--mesh", help="Your own mesh, .glb, .gltf or .obj in metres, or a folder of them."
        ),
    ] = None,
    recipe: Recipe = None,
    resume: Resume = False,
    data: Data = None,
    output: Output = None,
    seed: Seed = 0,
    steps: Steps = None,
    start: Start = None,
) -> None:
    """Train a network that finds oriented boxes of things, from their meshes.

    Ctrl-C stops after the step at hand, with a checkpoint; once more, at once.
    """
    if mesh is not None and data is not None:
        raise typer.BadParameter("--mesh and --data both say what is learnt from; give one")
    given = data if mesh is None else mesh
    _train(context, "objects", None, recipe, resume, given, output, seed, steps, start)


def _train(
    context: typer.Context,
    system: str,
    what: str | None,
    recipe: str | None,
    resume: bool,
    data: Path | None,
    output: Path | None,
    seed: int,
    steps: int | None,
    start: Path | None,
) -> None:
    outside = context.find_object(Outside) or Outside(_recipes)
    made = what or system
    recipes = outside.recipes(made)
    if recipe is not None and recipe not in recipes.names:
        raise ConfigError(f"no recipe {recipe!r} for {made}; there are {', '.join(recipes.names)}")
    chosen = recipes.names[0] if recipe is None else recipe
    folder = Path("train-out") / f"{made}-{chosen}" if output is None else output

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
        with told, stopping_between_steps(told) as tell:
            path = recipes.trainer(run, tell)
    except KeyboardInterrupt:
        told.say(f"stopped; go on with: {_command(system, what, run)}")
        raise typer.Exit(130) from None
    wrote(path)


def _recipes(what: str) -> Recipes:
    if what not in _WITHOUT_TORCH:
        prepare_training()
    module_name, trainer = _HOMES[what]
    # By name: no other command, and no import of this one, may bring torch along.
    module = import_module(module_name)
    return Recipes(tuple(module.RECIPES), getattr(module, trainer))


def _command(system: str, what: str | None, run: Run) -> str:
    words = ["firsthand", "train", system, *([what] if what else []), "--recipe", run.recipe]
    words += ["--resume"]
    words += ["--output", str(run.folder), "--seed", str(run.seed)]
    if run.data is not None:
        words += ["--data", str(run.data)]
    if run.steps is not None:
        words += ["--steps", str(run.steps)]
    if run.start is not None:
        words += ["--start", str(run.start)]
    return shlex.join(words)
