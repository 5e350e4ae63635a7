"""`firsthand concealment simulate`: packets lost on purpose, concealed, measured and shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

import firsthand
from firsthand.cli.groups import Json, Report, names_in
from firsthand.cli.places import check_places
from firsthand.cli.telling import say, say_json, say_table, showing, warn, wrote
from firsthand.errors import ConfigError, InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.table import Table

    from firsthand.concealment.attempts import Attempt
    from firsthand.concealment.losses import Lost

PACKET_MS: Final = 20
"""How long packets are where nothing else is said."""

_LOSS: Final = 0.1
_BURST_MS: Final = 60
MOST_S: Final = 30
EXAMPLE: Final = "two_readers.ogg"
EXAMPLE_S: Final = (5.6, 13.3)
CREDIT: Final = "The voice is from LibriSpeech (V. Panayotov and others 2015, LibriVox), CC BY 4.0."


Loss = Annotated[
    float | None,
    typer.Option("--loss", min=0, max=1, help="The share of packets that are lost; 0.1."),
]
BurstMs = Annotated[
    int | None, typer.Option("--burst-ms", min=PACKET_MS, help="How long each loss lasts; 60.")
]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", help="What is lost: a line for each 20 ms, 1 if lost; repeated."),
]
ConcealerName = Annotated[
    str, typer.Option("--concealer", help="What fills: firsthand, lpc, repetition or zero.")
]


def simulate(
    sound: Annotated[
        Path | None,
        typer.Argument(metavar="CLEAN", help="Sound; a bundled utterance if left out."),
    ] = None,
    loss: Loss = None,
    burst_ms: BurstMs = None,
    trace: Trace = None,
    concealer: Annotated[
        str, typer.Option(help="Of firsthand, lpc, repetition and zero, with commas between.")
    ] = "firsthand,lpc,zero",
    seed: Annotated[int, typer.Option(min=0, help="Of the losses and the metrics.")] = 0,
    report: Report = None,
    json: Json = False,
) -> None:
    """Lose packets of a sound, fill them by several concealers, and measure what came of it.

    Packets are 20 ms long. All is done at 16 kHz, in one channel, with 30 s of the sound at most.
    """
    from firsthand.concealment.attempts import CLEAN, LOSSY, attempt
    from firsthand.concealment.losses import stretches
    from firsthand.concealment.metrics import METRICS, RATE_HZ
    from firsthand.concealment.opening import NAMES

    check_losses(trace, loss, burst_ms)
    names = names_in(concealer)
    if not names or (unknown := [name for name in names if name not in NAMES]):
        raise ConfigError(
            f"no concealer {', '.join(unknown) if names else repr(concealer)}: there are "
            f"{', '.join(NAMES)}"
        )
    path = example() if sound is None else sound
    check_places([path, *([trace] if trace else [])], {"--report": report})
    clean = clean_sound(path, RATE_HZ, EXAMPLE_S if sound is None else (0.0, float(MOST_S)))
    count = packets_of(len(clean), RATE_HZ, PACKET_MS)
    lost, how = losses_of(count, seed, trace, loss, burst_ms)
    attempts = []
    with showing() as tell:
        for number, name in enumerate((CLEAN, LOSSY, *names)):
            tell(f"measuring {name}", number, len(names) + 2)
            attempts.append(attempt(clean, lost, name, packet_ms=PACKET_MS, seed=seed))
    gone, times = int(lost.sum()), len(stretches(lost))
    if json:
        document = {
            "file": str(path),
            "seconds": len(clean) / RATE_HZ,
            "packets": count,
            "lost": gone,
            "stretches": times,
            "how": how,
            "seed": seed,
            "measured": {each.name: each.measured for each in attempts},
        }
        say_json(document)
    else:
        say_table(_table(attempts))
        often = "once" if times == 1 else f"{times} times"
        share = f" ({gone / count:.1%}), {often}: {how}" if gone else ""
        say(f"{gone} of {count} packets lost{share}")
    absent = [each.title for each in METRICS if each.name not in attempts[0].measured]
    if absent:
        warn(f"not measured: {', '.join(absent)}: pip install 'firsthand[concealment]'")
    if report is not None:
        from firsthand.concealment.report import Trial, write_report

        title = f"{path.name}, with packets lost"
        credit = CREDIT if sound is None else ""
        write_report(report, Trial(title, clean, lost, how, attempts, PACKET_MS, credit))
        wrote(report)


def check_losses(trace: Path | None, loss: float | None, burst_ms: int | None) -> None:
    """Refuse a trace beside what it has already."""
    if trace is not None and (loss is not None or burst_ms is not None):
        raise typer.BadParameter("--trace says what is lost: leave out --loss and --burst-ms")


def check_sound_file(path: Path) -> None:
    """Refuse a file that no sound is written to."""
    if path.suffix.lower() not in (".wav", ".flac"):
        raise ConfigError(f"{path}: sound is written to NAME.wav or NAME.flac")


def losses_of(
    count: int, seed: int, trace: Path | None, loss: float | None, burst_ms: int | None
) -> "tuple[Lost, str]":
    """Return what is lost of `count` packets, and why in words."""
    from firsthand.concealment.losses import bursts
    from firsthand.concealment.traces import fitted, read_trace

    if trace is not None:
        return fitted(read_trace(trace), count), f"as {trace.name} has it"
    share = _LOSS if loss is None else loss
    length_ms = _BURST_MS if burst_ms is None else burst_ms
    if length_ms % PACKET_MS:
        below = length_ms // PACKET_MS * PACKET_MS
        raise ConfigError(
            f"bursts are of whole packets of {PACKET_MS} ms: {below} or {below + PACKET_MS} ms, "
            f"not {length_ms}"
        )
    lost = bursts(count, seed, share=share, burst=length_ms // PACKET_MS)
    return lost, f"bursts of {length_ms} ms at random places, seed {seed}"


def clean_sound(path: Path, rate_hz: int, span_s: tuple[float, float]) -> "NDArray[np.float32]":
    """Return what a sound has between two times, in one channel, within -1..1."""
    import numpy as np

    from firsthand.media import AudioReader

    first, last = (round(each * rate_hz) for each in span_s)
    blocks, count, longer = [], 0, False
    with AudioReader(path, rate_hz=rate_hz) as reader:
        for block in reader:
            blocks.append(block)
            count += len(block)
            if longer := count > last:
                break
        else:
            warn_of_damage(path, reader.damage)
    samples = np.concatenate(blocks)[first:last]
    if longer and not first:
        warn(f"{path}: its first {MOST_S} s are taken")
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: holds samples that are no numbers: it is not clean")
    return np.clip(samples, -1.0, 1.0)


def example() -> Path:
    """Return the bundled recording that is taken where none is named."""
    folder = Path(firsthand.__file__).resolve().parents[2] / "examples" / "media" / "recorder"
    if not (folder / EXAMPLE).is_file():
        raise InputError("name a sound: examples are not part of the installed package")
    return folder / EXAMPLE


def packets_of(samples: int, rate_hz: int, packet_ms: int) -> int:
    """Return how many packets a sound has, the last perhaps not full."""
    return -(-samples * 1000 // (rate_hz * packet_ms))


def _table(attempts: "Sequence[Attempt]") -> "Table":
    from rich.table import Table

    from firsthand.concealment.metrics import METRICS

    table = Table()
    table.add_column("concealer")
    shown = [each for each in METRICS if each.name in attempts[0].measured]
    for each in shown:
        table.add_column(each.title, justify="right")
    for one in attempts:
        values = [(each, one.measured[each.name]) for each in shown]
        table.add_row(
            one.name,
            *("-" if value != value else f"{value:.{each.digits}f}" for each, value in values),
        )
    return table


def warn_of_damage(path: Path, damage: str | None) -> None:
    """Say on standard error that a file is damaged, if it is."""
    if damage:
        warn(f"{path}: {damage}; what decodes is taken")
