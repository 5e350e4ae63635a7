"""`firsthand challenge`: image models judged by what they get right within 33 ms an image."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.cli.challenge_board import leaderboard, submit
from firsthand.cli.challenge_devices import compare, time
from firsthand.cli.challenge_options import (
    ModelName,
    Processor,
    RecordFile,
    Seed,
    Threads,
    opened,
    rules_for,
)
from firsthand.cli.challenge_telling import (
    Row,
    by_kind,
    detector_table,
    how,
    operator_table,
    verdict_table,
)
from firsthand.cli.groups import Json, Quick, group
from firsthand.cli.places import check_places
from firsthand.cli.telling import say, say_json, say_table, showing, wrote

if TYPE_CHECKING:
    from firsthand.challenge.asking import Options

app = group("Judge image models by their correct answers within 33 ms an image.")

DataFolder = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Images: a folder for each class, a labels.csv with the columns file, class_index, or "
        "an annotations.json with boxes.",
    ),
]
Range = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--range",
        metavar="LOW HIGH",
        help="What black and white are to float models; by default as the card says, or -1 1.",
    ),
]


@app.command()
def run(
    models: ModelName,
    data: DataFolder,
    quick: Quick = False,
    value_range: Range = None,
    most: Annotated[int | None, typer.Option(min=1, help="So many of the images.")] = None,
    threads: Threads = 1,
    cpu: Processor = None,
    seed: Seed = 0,
    record: RecordFile = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw classifiers' accuracy over time here, .svg or .png.")
    ] = None,
    json: Json = False,
) -> None:
    """Judge models: accuracy, the time of an image, and the scores of the challenge.

    Where the folder has an annotations.json with boxes, as COCO has, detectors are judged: average
    precision within 100 ms an image.
    """
    from firsthand.challenge import judge, judge_detectors, open_detections, open_images
    from firsthand.challenge.detection import is_detection
    from firsthand.challenge.report import (
        detectors_document,
        frontier_among,
        plot_verdicts,
        to_document,
        write_document,
    )
    from firsthand.measure import describe_machine

    paths = {name: model.path for name, model in opened(models).items()}
    check_places(paths.values(), {"--record": record, "--plot": plot})
    detectors = is_detection(data)
    if detectors and plot is not None:
        raise typer.BadParameter("--plot is for classifiers, and these images have boxes")
    machine, rules = describe_machine(), rules_for(quick, threads, seed)
    with showing() as tell:
        options: Options = {
            "value_range": value_range,
            "cpu": cpu,
            "progress": lambda what, share: tell(what, share, 1),
        }
        if detectors:
            boxes = open_detections(data, most=most)
            found, streams = judge_detectors(paths, boxes, rules, **options)
            table = detector_table(found, len(boxes))
            document = detectors_document(found, streams, machine)
        else:
            images = open_images(data, seed=seed, most=most)
            verdicts, streams = judge(paths, images, rules, **options)
            table = verdict_table(verdicts, frontier_among(verdicts), len(images))
            document = to_document(verdicts, streams, machine)
    if json:
        say_json(document)
    else:
        say_table(table)
        say(how(streams, machine))
        for name, entry in document["models"].items():
            for remark in entry["remarks"]:
                say(f"{name}: {remark}")
        for doubt in streams.doubts:
            say(f"doubt: {doubt}")
    if record is not None:
        write_document(document, record)
        wrote(record)
    if plot is not None:
        wrote(plot_verdicts(verdicts, plot))


app.command()(time)
app.command()(compare)


@app.command()
def macs(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model.")],
    operators: Annotated[
        bool, typer.Option("--operators", help="Every operator in a row of its own.")
    ] = False,
    time: Annotated[
        bool, typer.Option("--time", help="Also run it, and say how long each took.")
    ] = False,
    json: Json = False,
) -> None:
    """Count a model's multiply-accumulates and bytes, operator by operator."""
    from firsthand.runtime.operators import operators as counted
    from firsthand.runtime.profiling import profile

    ((name, found),) = opened([model]).items()
    known = counted(found)
    timed = profile(found) if time else None
    rows: list[Row] = []
    if timed is not None:
        for each in timed:
            of = each.operator
            cost = (of.macs, of.weight_bytes, of.moved_bytes) if of else (0, 0, 0)
            rows.append((f"{of.kind}  ({each.kernel})" if of else each.kernel, *cost, each.us))
    else:
        rows = [(o.kind, o.macs, o.weight_bytes, o.moved_bytes, None) for o in known]
    if not operators:
        rows = by_kind(rows)
    if json:
        names = ("operator", "macs", "weight_bytes", "moved_bytes", "us")
        for row in rows:
            say_json(dict(zip(names, row, strict=True)))
        return
    say_table(operator_table(rows, timed is not None))
    total = sum(each.macs for each in known)
    say(
        f"{name}: {total / 1e6:.4g} million multiply-accumulates in {len(known)} operators, "
        f"{sum(each.weight_bytes for each in known) / 1e6:.3g} MB of constants"
    )


app.command()(leaderboard)
app.command()(submit)
