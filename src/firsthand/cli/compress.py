"""`firsthand compress`: a big classifier in, a measured family of small ones out."""

from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from firsthand.cli.compress_text import Licence, Output, Seed, text
from firsthand.cli.groups import Json, Quick, Ray, group
from firsthand.cli.telling import say, say_json, say_table, wrote
from firsthand.cli.training import prepare_training, stopping_between_steps

if TYPE_CHECKING:
    from rich.table import Table

    from firsthand.compress import Budget, Choice, Member

app = group("Make a measured family of small classifiers of a big one.")

BudgetText = Annotated[
    str,
    typer.Option(
        "--budget",
        help="What it may cost: 'size <= 500 KB, latency <= 2 ms, accuracy drop <= 1 pt'.",
    ),
]
Folder = Annotated[
    Path, typer.Argument(metavar="OUT", help="The folder that `compress run` has written.")
]
Making = Annotated[
    str,
    typer.Argument(
        metavar="MODEL.py:make",
        help="A function of a file that returns a torch.nn.Module; it may take the number of "
        "classes.",
    ),
]
Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Pictures: a folder for each class, or train/ and test/ with such folders, or two "
        ".npz files of pixels and labels.",
    ),
]
Size = Annotated[int | None, typer.Option(min=8, max=1024, help="Scale pictures to SIZE x SIZE.")]


@app.command()
def run(
    model: Making,
    data: Data,
    output: Output,
    students: Annotated[int, typer.Option(min=1, max=8, help="How many sizes.")] = 3,
    budget: BudgetText = "",
    teacher: Annotated[
        Literal["trained", "fixed", "joint"],
        typer.Option(help="Trained first, taken as it is, or learning along with its students."),
    ] = "trained",
    size: Size = None,
    teacher_epochs: Annotated[
        int, typer.Option(min=1, help="Of the teacher, before its students.")
    ] = 12,
    epochs: Annotated[int, typer.Option(min=1, help="Of the students together.")] = 30,
    int8_epochs: Annotated[int, typer.Option(min=1, help="Of each with rounded values.")] = 3,
    batch: Annotated[
        int | None, typer.Option(min=2, help="Pictures a step; 256, or fewer of few.")
    ] = None,
    teacher_rate: Annotated[
        float,
        typer.Option(min=1e-6, max=10, help="Its rate; 0.02 keeps what it already knows."),
    ] = 0.4,
    importance: Annotated[
        Literal["taylor", "magnitude"], typer.Option(help="What channels are kept by.")
    ] = "taylor",
    mirror: Annotated[
        bool, typer.Option(help="A mirrored picture shows the same: not so with writing.")
    ] = True,
    half: Annotated[
        bool | None,
        typer.Option(help="Compute in bfloat16; where the processor can, if nothing is said."),
    ] = None,
    seed: Seed = 0,
    quick: Quick = False,
    licence: Licence = "LicenseRef-own",
) -> None:
    """Train, shrink, round and measure: what was begun in OUT is gone on with.

    Ctrl-C stops after the step at hand, with a checkpoint.
    """
    from firsthand.cli.train_telling import Told
    from firsthand.compress import choose, parse_budget
    from firsthand.measure.single_stream import QUICK, RULES

    limits = parse_budget(budget)
    prepare_training()
    making = import_module("firsthand.train.compress.family")
    given = import_module("firsthand.train.compress.given")
    settings = making.Settings(
        teacher=teacher,
        students=students,
        budget=limits,
        teacher_epochs=teacher_epochs,
        epochs=epochs,
        int8_epochs=int8_epochs,
        batch=batch,
        teacher_rate=teacher_rate,
        importance=importance,
        mirrored=mirror,
        half=half,
        seed=seed,
        rules=QUICK if quick else RULES,
        sources=(str(data),),
        licence=licence,
    )
    pictures, held_out = given.read_pictures(data, (size, size) if size else None, seed)
    network = given.made_by(model, pictures.classes, seed)
    with Told() as told, stopping_between_steps(told) as tell:
        family = making.compress(network, pictures, held_out, output, settings, tell=tell)
    say_table(_table(family.members))
    _say_choice(choose(family.members, limits), limits)
    wrote(output / "pareto.html")
    wrote(output / "pareto.csv")


@app.command()
def sweep(
    model: Making,
    data: Data,
    trials: Annotated[
        Path,
        typer.Option(
            metavar="TRIALS.toml",
            help="A table for each trial, of settings such as widths, importance, epochs, budget; "
            "those before the first table are of all.",
        ),
    ],
    output: Output,
    ray: Ray = "",
    size: Size = None,
    seed: Seed = 0,
    quick: Quick = False,
    licence: Licence = "LicenseRef-own",
) -> None:
    """Make a family for each of several trials, here or over Ray, and judge all side by side.

    Trials that are made are not made again.
    """
    from firsthand.cli.train_telling import Told
    from firsthand.measure.single_stream import QUICK, RULES

    prepare_training()
    making = import_module("firsthand.train.compress.family")
    given = import_module("firsthand.train.compress.given")
    sweeping = import_module("firsthand.train.compress.sweeping")
    usual = making.Settings(
        seed=seed, rules=QUICK if quick else RULES, sources=(str(data),), licence=licence
    )
    wanted = sweeping.read_trials(trials, usual)
    place = sweeping.here
    if ray:
        place = import_module("firsthand.train.compress.over_ray").over_ray(ray)
    pictures, held_out = given.read_pictures(data, (size, size) if size else None, seed)
    network = given.made_by(model, pictures.classes, seed)
    with Told() as told, stopping_between_steps(told) as tell:
        family = sweeping.sweep(network, pictures, held_out, output, wanted, place=place, tell=tell)
    say_table(_table(family.members))
    wrote(output / "pareto.html")
    wrote(output / "pareto.csv")


@app.command()
def pick(
    folder: Folder,
    latency: Annotated[str, typer.Option(help="Median time of an input, such as 2ms.")] = "",
    size: Annotated[str, typer.Option(help="Bytes of the file, such as 500KB.")] = "",
    drop: Annotated[str, typer.Option(help="Accuracy below the teacher's, such as 1pt.")] = "",
    budget: BudgetText = "",
    json: Json = False,
) -> None:
    """Say which model of a family to take: the most accurate within the budget.

    Exit code 1 if none is within it.
    """
    from firsthand.compress import choose, parse_budget, read_members

    parts = [budget, *(f"{name} {value}" for name, value in
             (("latency", latency), ("size", size), ("drop", drop)) if value)]  # fmt: skip
    limits = parse_budget(", ".join(filter(None, parts)))
    choice = choose(read_members(folder), limits)
    if json:
        say_json(asdict(choice.member) | {"fits": choice.fits, "excess": choice.excess})
    else:
        _say_choice(choice, limits, folder)
    if not choice.fits:
        raise typer.Exit(1)


@app.command()
def show(folder: Folder, json: Json = False) -> None:
    """Print a family's table."""
    from firsthand.compress import read_members

    members = read_members(folder)
    if json:
        for member in members:
            say_json(member)
    else:
        say_table(_table(members))


app.command()(text)


def _table(members: "tuple[Member, ...]") -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column("model")
    for name in ("right", "of three", "KB", "M MACs", "median ms", "p90 ms", "memory MB", "uJ"):
        table.add_column(name, justify="right")
    for each in members:
        low, high = 100 * each.accuracy_low, 100 * each.accuracy_high
        table.add_row(
            f"{each.name} ({each.kind})",
            f"{100 * each.accuracy:.2f}% ({low:.2f} .. {high:.2f})",
            f"{100 * each.top3:.2f}%",
            f"{each.bytes / 1e3:.4g}",
            f"{each.macs / 1e6:.4g}",
            f"{each.median_us / 1e3:.4g} ({each.median_us_low / 1e3:.4g} .. "
            f"{each.median_us_high / 1e3:.4g})",
            f"{each.p90_us / 1e3:.4g}",
            f"{each.memory_mb:.3g}",
            f"{each.energy_uj:.3g}",
        )
    return table


def _say_choice(choice: "Choice", limits: "Budget", folder: Path | None = None) -> None:
    member = choice.member
    where = str(folder / member.file) if folder else member.name
    if choice.fits:
        words = (
            f"{where}: {100 * member.accuracy:.2f}% right, {member.bytes / 1e3:.4g} KB, "
            f"{member.median_us / 1e3:.4g} ms ({limits})"
        )
    else:
        words = f"nothing is within {limits}; nearest is {where}: {'; '.join(choice.excess)}"
    say(words)
