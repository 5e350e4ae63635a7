"""`firsthand challenge`: image models judged by what they get right within 33 ms an image."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firsthand.cli.challenge_board import leaderboard, submit
from firsthand.cli.places import check_places
from firsthand.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from firsthand.challenge import Verdict
    from firsthand.challenge.devices import Device, PhoneRecord, Record
    from firsthand.challenge.scores import Frontier
    from firsthand.measure import Interval, Machine, Streams
    from firsthand.measure.single_stream import Rules
    from firsthand.runtime import Model

app = typer.Typer(
    help="Image models judged by their correct answers within 33 ms an image.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

ModelName = Annotated[
    list[str],
    typer.Argument(metavar="MODEL...", help=".tflite or .onnx files, or names of the store's."),
]
DataFolder = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Images: a folder for each class, a labels.csv with the columns file, class_index, or "
        "an annotations.json with boxes.",
    ),
]
Quick = Annotated[bool, typer.Option(help="Fewer queries: less is certain of the times.")]
Range = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--range",
        metavar="LOW HIGH",
        help="What black and white are to float models; by default as the card says, or -1 1.",
    ),
]
Threads = Annotated[int, typer.Option(min=1, max=64, help="Threads of each model.")]
Processor = Annotated[
    int | None, typer.Option("--cpu", help="The processor that all are held to; the last.")
]
DeviceName = Annotated[
    str,
    typer.Option(metavar="DEVICE", help="local, ssh:[USER@]HOST[:PORT] or adb[:SERIAL]."),
]
Identity = Annotated[Path | None, typer.Option(help="ssh: the file of the private key.")]
SshOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="ssh: as its own -o; repeatable.")
]
BoardPython = Annotated[
    str | None, typer.Option(help="ssh: the board's Python that has numpy and ai-edge-litert.")
]
Binary = Annotated[
    Path | None, typer.Option(help="adb: LiteRT's benchmark_model for the phone's processor.")
]
RecordFile = Annotated[
    Path | None, typer.Option("--json", help="Also write the record here: every single time.")
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write all figures here.")]


@app.command()
def run(
    models: ModelName,
    data: DataFolder,
    quick: Quick = False,
    value_range: Range = None,
    most: Annotated[int | None, typer.Option(min=1, help="So many of the images.")] = None,
    threads: Threads = 1,
    cpu: Processor = None,
    json: JsonFile = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw accuracy over time here, .svg or .png.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Orders the images and the blocks.")] = 0,
) -> None:
    """Judge models: accuracy, the time of an image, and the scores of the challenge.

    Where the folder has an annotations.json with boxes, as COCO has, detectors are judged: average
    precision within 100 ms an image.
    """
    from firsthand.challenge import judge, open_images
    from firsthand.challenge.detection import is_detection
    from firsthand.challenge.report import (
        frontier_among,
        plot_verdicts,
        to_document,
        write_document,
    )
    from firsthand.measure import describe_machine

    chosen = _opened(models)
    paths = {name: model.path for name, model in chosen.items()}
    check_places(paths.values(), {"--json": json, "--plot": plot})
    machine = describe_machine()
    rules = _rules(quick, threads, seed)
    if is_detection(data):
        _run_detectors(paths, data, most, rules, value_range, cpu)
        return
    images = open_images(data, seed=seed, most=most)
    with _progress() as told:
        verdicts, streams = judge(
            paths, images, rules, value_range=value_range, cpu=cpu, progress=told
        )
    frontier = frontier_among(verdicts)
    _print(_verdict_table(verdicts, frontier, len(images)))
    _say(_how(streams, machine))
    for name, verdict in verdicts.items():
        for remark in verdict.remarks:
            _say(f"{name}: {remark}")
    for doubt in streams.doubts:
        _say(f"doubt: {doubt}")
    if json is not None:
        write_document(to_document(verdicts, streams, machine), json)
    if plot is not None:
        plot_verdicts(verdicts, plot)


app.command()(leaderboard)
app.command()(submit)


def _run_detectors(
    paths: Mapping[str, Path],
    data: Path,
    most: int | None,
    rules: "Rules",
    value_range: tuple[float, float] | None,
    cpu: int | None,
) -> None:
    from rich.table import Table

    from firsthand.challenge import judge_detectors, open_detections

    images = open_detections(data, most=most)
    with _progress() as told:
        verdicts, streams = judge_detectors(
            paths, images, rules, value_range=value_range, cpu=cpu, progress=told
        )
    table = Table(title=f"COCO average precision on {len(images)} images")
    table.add_column("model")
    for name in ("within 100 ms an image", "of all", "median ms", "p90 ms"):
        table.add_column(name, justify="right")
    for each in sorted(verdicts.values(), key=lambda one: -one.precision_in_time):
        table.add_row(
            each.name,
            f"{each.precision_in_time:.3f}",
            f"{each.precision:.3f}",
            _interval(each.latency.median_us.scaled(1e-3)),
            f"{each.latency.p90_us.value / 1e3:.3g}",
        )
    _print(table)
    for doubt in streams.doubts:
        _say(f"doubt: {doubt}")


@app.command()
def time(
    models: ModelName,
    on: DeviceName = "local",
    quick: Quick = False,
    threads: Threads = 1,
    cpu: Processor = None,
    identity: Identity = None,
    ssh_option: SshOption = None,
    python: BoardPython = None,
    binary: Binary = None,
    json: RecordFile = None,
    seed: int = 0,
) -> None:
    """Measure how long models take for an image: here, on a board over ssh, on a phone over adb."""
    record, _ = _measured(
        models, _device(on, identity, ssh_option, python, binary, cpu), quick, threads, seed, json
    )
    _print(_record_table(record))
    _say_of(record)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A model.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    on: DeviceName = "local",
    quick: Quick = False,
    threads: Threads = 1,
    cpu: Processor = None,
    identity: Identity = None,
    ssh_option: SshOption = None,
    python: BoardPython = None,
    json: RecordFile = None,
    seed: int = 0,
) -> None:
    """Say which of two models is the faster, and how sure that is."""
    from firsthand.challenge.devices import Record

    if on.startswith("adb"):
        raise ConfigError("a phone tells no single times, so nothing can be paired: use time --on")
    record, (a, b) = _measured(
        [first, second], _device(on, identity, ssh_option, python, None, cpu), quick, threads, seed,
        json,
    )  # fmt: skip
    assert isinstance(record, Record)
    _print(_record_table(record))
    ratio = record.streams.ratio(a, b)
    if ratio.low <= 1 <= ratio.high:
        verdict = "no difference can be seen"
    else:
        slower, faster, by = (a, b, ratio) if ratio.value > 1 else (b, a, _inverse(ratio))
        verdict = f"{faster} is {by.value:.3g} times as fast as {slower}"
    _say(f"time of {a} over {b}: {_interval(ratio)}: {verdict}")
    _say_of(record)


@app.command()
def macs(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model.")],
    operators: Annotated[bool, typer.Option(help="Every operator in a row of its own.")] = False,
    time: Annotated[bool, typer.Option(help="Also run it, and say how long each took.")] = False,
) -> None:
    """Count a model's multiply-accumulates and bytes, operator by operator."""
    from firsthand.runtime.operators import operators as counted
    from firsthand.runtime.profiling import profile

    ((name, opened),) = _opened([model]).items()
    known = counted(opened)
    timed = profile(opened) if time else None
    rows: list[tuple[str, int, int, int, float | None]] = []
    if timed is not None:
        for each in timed:
            of = each.operator
            cost = (of.macs, of.weight_bytes, of.moved_bytes) if of else (0, 0, 0)
            rows.append((f"{of.kind}  ({each.kernel})" if of else each.kernel, *cost, each.us))
    else:
        rows = [(o.kind, o.macs, o.weight_bytes, o.moved_bytes, None) for o in known]
    if not operators:
        rows = _by_kind(rows)
    _print(_operator_table(rows, timed is not None))
    total = sum(each.macs for each in known)
    _say(
        f"{name}: {total / 1e6:.4g} million multiply-accumulates in {len(known)} operators, "
        f"{sum(each.weight_bytes for each in known) / 1e6:.3g} MB of constants"
    )


def _opened(names: list[str]) -> dict[str, "Model"]:
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


def _device(
    on: str,
    identity: Path | None,
    ssh_option: list[str] | None,
    python: str | None,
    binary: Path | None,
    cpu: int | None,
) -> "Device":
    from firsthand.challenge.devices import device_from

    return device_from(
        on,
        identity=identity,
        options=tuple(ssh_option or ()),
        python=python,
        binary=binary,
        cpu=cpu,
    )


def _measured(
    models: list[str], device: "Device", quick: bool, threads: int, seed: int, json: Path | None
) -> "tuple[Record | PhoneRecord, list[str]]":
    """Measure models; write the record down, where wanted, before anything is made of it."""
    from firsthand.challenge.devices import measure_on, to_json
    from firsthand.challenge.report import write_whole

    paths = {name: model.path for name, model in _opened(models).items()}
    check_places(paths.values(), {"--json": json})
    with _progress() as told:
        record = measure_on(
            device,
            paths,
            _rules(quick, threads, seed),
            progress=lambda share: told("measuring", share),
        )
    if json is not None:
        write_whole(to_json(record), json)
    return record, list(paths)


def _record_table(record: "Record | PhoneRecord") -> "Table":
    from rich.table import Table

    from firsthand.challenge.devices import Record

    if isinstance(record, Record):
        return _latency_table(
            {name: record.streams.latency(name) for name in record.streams.streams}
        )
    table = Table()
    table.add_column("model")
    table.add_column("mean ms, over launches", justify="right")
    for name in record.reports:
        table.add_row(name, _interval(record.mean_us(name).scaled(1e-3)))
    return table


def _say_of(record: "Record | PhoneRecord") -> None:
    """Say where and how it was measured, and what is to be doubted."""
    from firsthand.challenge.devices import Record

    if isinstance(record, Record):
        _say(_how(record.streams, record.machine))
    else:
        _say(str(record.phone))
    for remark in record.remarks:
        _say(f"doubt: {remark}")


def _how(streams: "Streams", machine: "Machine") -> str:
    return (
        f"{streams.rules_note}, processor {streams.cpu}, whose clock wandered by "
        f"{streams.wandering:.1%}: times are those of its quiet clock; {machine}"
    )


def _rules(quick: bool, threads: int, seed: int) -> "Rules":
    from dataclasses import replace

    from firsthand.measure.single_stream import QUICK, RULES

    return replace(QUICK if quick else RULES, threads=threads, seed=seed)


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """Show a bar in a terminal; elsewhere nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=1.0)
            bars.update(tasks[what], completed=share)

        yield told


def _verdict_table(
    verdicts: Mapping[str, "Verdict"], frontier: "Frontier | None", images: int
) -> "Table":
    from rich.table import Table

    table = Table(
        title=f"Correct of {images} within 33 ms x {images}",
        caption="over the frontier: by how many points it is above k log(t) + a0, fitted to these"
        if frontier
        else None,
    )
    table.add_column("model")
    for name in ("score", "correct", "median ms", "p90 ms", "every 2nd", "2018", "over frontier"):
        table.add_column(name, justify="right")
    ranked = sorted(verdicts.values(), key=lambda each: -each.scores["score"].value)
    for each in ranked:
        assert each.latency is not None
        ms = each.latency.median_us.scaled(1e-3)
        percent = 100 * each.accuracy.value
        table.add_row(
            each.name,
            _interval(each.scores["score"], 0),
            f"{percent:.1f}% ({100 * each.accuracy.low:.1f} .. {100 * each.accuracy.high:.1f})",
            _interval(ms),
            f"{each.latency.p90_us.value / 1e3:.3g}",
            f"{each.scores['score_every_second'].value:.0f}",
            f"{each.scores['score_2018'].value:.4f}",
            f"{frontier.score(percent, ms.value):+.1f}" if frontier else "",
        )
    return table


def _latency_table(latencies: Mapping[str, Any]) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column("model")
    for name in (
        "median ms",
        "p90 ms",
        "input copy ms",
        "load ms",
        "first run ms",
        "blocks left out",
    ):
        table.add_column(name, justify="right")
    for name, each in latencies.items():
        table.add_row(
            name,
            _interval(each.median_us.scaled(1e-3)),
            _interval(each.p90_us.scaled(1e-3)),
            f"{each.copy_us / 1e3:.3g}",
            f"{each.init_ms:.3g}",
            f"{each.first_ms:.3g}",
            f"{each.disturbed} of {each.blocks}",
        )
    return table


Rows = list[tuple[str, int, int, int, float | None]]


def _by_kind(rows: Rows) -> Rows:
    kinds: dict[str, tuple[str, int, int, int, float | None]] = {}
    for kind, count, weights, moved, us in rows:
        short = kind.partition("  (")[0]
        before = kinds.get(short, (short, 0, 0, 0, None))
        spent = None if us is None else (before[4] or 0.0) + us
        kinds[short] = (short, before[1] + count, before[2] + weights, before[3] + moved, spent)
    return sorted(kinds.values(), key=lambda row: (-(row[4] or 0.0), -row[1]))


def _operator_table(rows: Rows, timed: bool) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column("operator")
    names = ["million MACs", "constants kB", "moved kB"]
    if timed:
        names += ["us", "share", "MACs a ns"]
    for name in names:
        table.add_column(name, justify="right")
    whole = sum(row[4] or 0.0 for row in rows) or 1.0
    for kind, count, weights, moved, us in rows:
        cells = [kind, f"{count / 1e6:.3f}", f"{weights / 1e3:.1f}", f"{moved / 1e3:.1f}"]
        if us is not None:
            pace = f"{count / us / 1e3:.1f}" if count and us else ""
            cells += [f"{us:.1f}", f"{us / whole:.1%}", pace]
        table.add_row(*cells)
    return table


def _interval(value: "Interval", digits: int | None = None) -> str:
    if digits is not None:
        return f"{value.value:.{digits}f} ({value.low:.{digits}f} .. {value.high:.{digits}f})"
    return f"{value.value:.4g} ({value.low:.4g} .. {value.high:.4g})"


def _inverse(value: "Interval") -> "Interval":
    from firsthand.measure import Interval

    return Interval(1 / value.value, 1 / value.high, 1 / value.low)


def _print(table: "Table") -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def _say(words: str) -> None:
    from firsthand.cli.telling import one_line

    typer.echo(one_line(words))
