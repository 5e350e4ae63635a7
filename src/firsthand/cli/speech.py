"""`firsthand speech`: sounds to numbers, classifiers of one's own, and the NOSS benchmark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from firsthand.cli.groups import Json, Ray, group, names_in
from firsthand.cli.telling import say, say_json, showing, warn, wrote
from firsthand.errors import ConfigError, InputError

app = group("Turn speech into numbers, and learn your own sounds from them.")
noss = group("Measure how useful representations of speech are, by the NOSS benchmark.")
app.add_typer(noss, name="noss")

_SOUNDS = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")
_FOLDER = Path("noss-out")

Using = Annotated[
    str,
    typer.Option(
        "--model", help="A representation: own, log-mel, mfcc, yamnet, egemaps, or a .tflite file."
    ),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", help="Folder of answers, vectors and report.")
]


@app.command()
def embed(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings.")],
    model: Using = "own",
    frames: Annotated[
        bool, typer.Option("--frames", help="What is heard over time, not of the whole.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write an .npz; lines of JSON if left out."),
    ] = None,
) -> None:
    """Turn recordings into numbers: a vector for each, or over time.

    An `.npz` has `files` and `vectors`, or for each file `vectors_N` and `times_ms_N`. A file that
    is no sound is told of on standard error and left out; the exit code is then 1.
    """
    from firsthand.media import read_audio
    from firsthand.speech.opening import open_representation
    from firsthand.speech.representation import RATE_HZ

    if output is not None and output.suffix != ".npz":
        raise ConfigError(f"{output}: vectors are written to NAME.npz")
    representation = open_representation(model)
    names: list[str] = []
    found: list[Any] = []
    for path in files:
        try:
            samples = read_audio(path, RATE_HZ)[0]
            heard: Any = representation.frames(samples) if frames else representation.scene(samples)
        except InputError as error:
            warn(str(error))
            continue
        names.append(str(path))
        found.append(heard)
        if output is None:
            entry: dict[str, Any] = {"file": str(path)}
            if frames:
                entry["times_ms"] = heard.times_ms.tolist()
                entry["vectors"] = heard.vectors.tolist()
            else:
                entry["vector"] = heard.tolist()
            say_json(entry)
    if output is not None and found:
        _write_vectors(output, names, found, frames)
        wrote(output, f"{len(found)} of {len(files)} files")
    if len(found) < len(files):
        raise typer.Exit(1)


@app.command()
def personalize(
    clips: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder for each label, with its clips.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="A .tflite file.")
    ] = Path("personal.tflite"),
    model: Using = "own",
    add: Annotated[
        bool, typer.Option("--add", help="Go on from what OUT knows, and learn these clips too.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget what OUT knows, and learn from DIR alone.")
    ] = False,
) -> None:
    """Make a classifier of one's own from a handful of clips, or teach one more.

    It says how many clips the others would have told rightly, where a label has two or more.
    """
    import numpy as np

    from firsthand.media import read_audio
    from firsthand.speech.opening import open_representation
    from firsthand.speech.personal import Classifier, leave_one_out, nothing_learnt
    from firsthand.speech.representation import RATE_HZ

    there = output.exists() or output.with_suffix(".npz").exists()
    if add and anew:
        raise typer.BadParameter("--add goes on from what OUT knows, --anew forgets it: give one")
    if there and not (add or anew):
        raise ConfigError(f"{output} is there: --add teaches it more, --anew makes it anew")
    representation = open_representation(model)
    before = (
        Classifier.load(output, representation).learnt if add else nothing_learnt(representation)
    )
    labels, vectors = [], []
    bad = 0
    for label, path in _labelled(clips):
        try:
            vectors.append(representation.scene(read_audio(path, RATE_HZ)[0]))
        except InputError as error:
            warn(str(error))
            bad += 1
            continue
        labels.append(label)
    if not labels:
        raise InputError(f"{clips}: holds no clip that could be read")
    learnt = before.learn(np.stack(vectors), labels)
    learnt.save(output)
    known = ", ".join(
        f"{label} ({count})" for label, count in zip(learnt.labels, learnt.counts, strict=True)
    )
    say(f"{'learnt on' if add else 'learnt'}: {known}")
    if len(labels) > len(set(labels)) and len(set(labels)) > 1:
        share = leave_one_out(np.stack(vectors), labels)
        say(f"of these clips the others tell {100 * share:.0f}% rightly")
    wrote(output)
    if bad:
        raise typer.Exit(1)


@app.command()
def classify(
    classifier: Annotated[Path, typer.Argument(metavar="NAME.tflite", help="As personalize made.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings.")],
    model: Using = "own",
    json: Json = False,
) -> None:
    """Say which label recordings have, by a classifier of one's own."""
    from firsthand.speech.opening import open_representation
    from firsthand.speech.personal import Classifier

    asked = Classifier.load(classifier, open_representation(model))
    bad = 0
    for path in files:
        try:
            found = asked(path)
        except InputError as error:
            warn(str(error))
            bad += 1
            continue
        if json:
            say_json({"file": path, "likelihoods": found})
        else:
            label, chance = next(iter(found.items()))
            say(f"{path}: {label} ({100 * chance:.0f}%)")
    if bad:
        raise typer.Exit(1)


@noss.command()
def run(
    data: Annotated[Path, typer.Option(help="Folder of the tasks' recordings.")],
    models: Annotated[
        str, typer.Option(help="Representations, with commas between.")
    ] = "own,log-mel,mfcc",
    tasks: Annotated[
        str, typer.Option(help="Which tasks, with commas between; all if left out.")
    ] = "",
    output: Output = _FOLDER,
    ray: Ray = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the random forests.")] = 0,
) -> None:
    """Ask representations all tasks there are recordings for; what is answered is kept.

    The same command goes on where it stopped. Then the report is written, as `noss report` does.
    """
    from firsthand.speech.noss.embedding import Place, here
    from firsthand.speech.noss.sets import tasks_in
    from firsthand.speech.noss.studies import run_study

    known = tasks_in(data)
    wanted = names_in(tasks) or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigError(f"no task {', '.join(unknown)} in {data}; there are {', '.join(known)}")
    place: Place = here
    if ray:
        from firsthand.speech.noss.over_ray import over_ray

        place = over_ray(ray)
    with showing() as tell:
        run_study(
            names_in(models), {name: known[name] for name in wanted}, output,
            seed=seed, place=place, tell=tell,
        )  # fmt: skip
    report(output, seed)


@noss.command()
def report(
    output: Output = _FOLDER,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    json: Json = False,
) -> None:
    """Print what a study found, and write `noss.md`, `noss.csv` and `effects.svg` beside it."""
    from firsthand.speech.noss.report import effects, score_of, scores_table, write_report
    from firsthand.speech.noss.studies import read_study

    cells = read_study(output)
    gained = effects(cells, seed)
    if json:
        say_json({"scores": [score_of(cell) for cell in cells], "effects": gained})
    else:
        typer.echo(scores_table(cells))
        typer.echo("")
        for name, found in gained.items():
            low, high = 100 * found.low, 100 * found.high
            say(f"{name}: {100 * found.value:+.1f} points ({low:+.1f} .. {high:+.1f})")
    skipped = {cell.task: cell for cell in cells if cell.skipped}
    for task, cell in skipped.items():
        reason = f"; the first: {cell.problems[0]}" if cell.problems else ""
        warn(f"{task}: {cell.skipped} clips could not be heard{reason}")
    for path in write_report(cells, output, seed):
        wrote(path)


def _labelled(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the clips of a folder for each label."""
    try:
        labels = sorted(each for each in folder.iterdir() if each.is_dir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}") from error
    if not labels:
        raise InputError(f"{folder}: has no folders, one for each label, with clips in them")
    for label in labels:
        for path in sorted(label.iterdir()):
            if path.suffix.lower() in _SOUNDS:
                yield label.name, path


def _write_vectors(out: Path, names: list[str], found: list[Any], frames: bool) -> None:
    from io import BytesIO

    import numpy as np

    from firsthand.runtime.place import replace_bytes

    arrays: dict[str, Any] = {"files": np.array(names)}
    if frames:
        for number, heard in enumerate(found):
            arrays |= {f"vectors_{number}": heard.vectors, f"times_ms_{number}": heard.times_ms}
    else:
        arrays["vectors"] = np.stack(found)
    packed = BytesIO()
    np.savez(packed, **arrays)
    try:
        replace_bytes(out, packed.getvalue())
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}") from error
