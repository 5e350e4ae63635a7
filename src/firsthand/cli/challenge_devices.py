"""`firsthand challenge time` and `compare`: times of models here, on a board, or on a phone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firsthand.cli.challenge_options import (
    ModelName,
    Processor,
    RecordFile,
    Seed,
    Threads,
    opened,
    rules_for,
)
from firsthand.cli.challenge_telling import interval, record_table, say_of
from firsthand.cli.groups import Json, Quick
from firsthand.cli.places import check_places
from firsthand.cli.telling import say, say_table, showing, wrote

if TYPE_CHECKING:
    from firsthand.challenge.devices import Device, PhoneRecord, Record
    from firsthand.measure import Interval

DeviceName = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="DEVICE",
        help="Where they run: local, ssh:[USER@]HOST[:PORT] or adb[:SERIAL].",
    ),
]
Identity = Annotated[
    Path | None, typer.Option("--identity", help="With ssh, the file of the private key.")
]
SshOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ssh-option", metavar="NAME=VALUE", help="With ssh, as its own -o has it; repeatable."
    ),
]
BoardPython = Annotated[
    str | None,
    typer.Option(
        "--python", help="With ssh, the board's Python that has numpy and ai-edge-litert."
    ),
]
Binary = Annotated[
    Path | None,
    typer.Option("--binary", help="With adb, LiteRT's benchmark_model for the phone's processor."),
]


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
    seed: Seed = 0,
    record: RecordFile = None,
    json: Json = False,
) -> None:
    """Measure how long models take for an image: here, on a board over ssh, on a phone over adb."""
    device = _device(on, identity, ssh_option, python, binary, cpu)
    measured, _ = _measured(models, device, quick, threads, seed, record)
    if json:
        _say_record(measured)
        return
    say_table(record_table(measured))
    say_of(measured)


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
    seed: Seed = 0,
    record: RecordFile = None,
    json: Json = False,
) -> None:
    """Say which of two models is the faster, and how sure that is."""
    from firsthand.challenge.devices import Record

    if on.startswith("adb"):
        raise typer.BadParameter(
            "a phone tells no single times, so nothing can be paired: use `challenge time`"
        )
    device = _device(on, identity, ssh_option, python, None, cpu)
    measured, (a, b) = _measured([first, second], device, quick, threads, seed, record)
    assert isinstance(measured, Record)
    if json:
        _say_record(measured)
        return
    say_table(record_table(measured))
    ratio = measured.streams.ratio(a, b)
    if ratio.low <= 1 <= ratio.high:
        verdict = "no difference can be seen"
    else:
        slower, faster, by = (a, b, ratio) if ratio.value > 1 else (b, a, _inverse(ratio))
        verdict = f"{faster} is {by.value:.3g} times as fast as {slower}"
    say(f"time of {a} over {b}: {interval(ratio)}: {verdict}")
    say_of(measured)


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
    models: list[str], device: "Device", quick: bool, threads: int, seed: int, path: Path | None
) -> "tuple[Record | PhoneRecord, list[str]]":
    """Measure models; write the record down, where wanted, before anything is made of it."""
    from firsthand.challenge.devices import measure_on, to_json
    from firsthand.challenge.report import write_whole

    paths = {name: model.path for name, model in opened(models).items()}
    check_places(paths.values(), {"--record": path})
    with showing() as tell:
        measured = measure_on(
            device,
            paths,
            rules_for(quick, threads, seed),
            progress=lambda share: tell("measuring", share, 1),
        )
    if path is not None:
        write_whole(to_json(measured), path)
        wrote(path)
    return measured, list(paths)


def _say_record(measured: "Record | PhoneRecord") -> None:
    from firsthand.challenge.devices import to_json

    typer.echo(to_json(measured).rstrip())


def _inverse(value: "Interval") -> "Interval":
    from firsthand.measure import Interval

    return Interval(1 / value.value, 1 / value.high, 1 / value.low)
