"""`firsthand concealment`: lost packets filled, and how well that goes."""

from pathlib import Path
from typing import Annotated, Final

import typer

from firsthand.cli.concealment_live import live
from firsthand.cli.concealment_simulate import (
    PACKET_MS,
    ConcealerName,
    check_sound_file,
    packets_of,
    simulate,
    warn_of_damage,
)
from firsthand.cli.groups import group
from firsthand.cli.places import check_places
from firsthand.cli.telling import warn, wrote

app = group("Fill what lost packets leave of a call, and see how well that goes.")

_RATES_HZ: Final = (8_000, 16_000, 24_000, 32_000, 48_000)


@app.command()
def fill(
    sound: Annotated[Path, typer.Argument(metavar="LOSSY", help="Sound with losses.")],
    mask: Annotated[
        Path, typer.Option(help="What was lost: a text with a line for each packet, 1 if lost.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="A .wav or .flac file.")],
    concealer: ConcealerName = "firsthand",
    packet_ms: Annotated[
        int, typer.Option(min=10, max=120, help="How long a packet is, a multiple of 10.")
    ] = PACKET_MS,
) -> None:
    """Fill the lost packets of a sound.

    Its channels are kept, and its rate of 8 to 48 kHz; others are resampled. Packets of which the
    mask does not tell were received; 10 ms with samples that are no numbers were not.
    """
    import numpy as np

    from firsthand.concealment.filling import fill as filled
    from firsthand.concealment.opening import delay_of, open_concealer
    from firsthand.concealment.traces import read_trace
    from firsthand.media import AudioReader, write_audio

    check_places([sound, mask], {"-o": output})
    check_sound_file(output)
    if packet_ms % 10:
        raise typer.BadParameter(f"packets are a multiple of 10 ms long, not {packet_ms} ms")
    lost = read_trace(mask)
    with AudioReader(sound) as reader:
        stated_hz = reader.rate_hz
    rate_hz = _served(stated_hz)
    opened = open_concealer(concealer, rate_hz)
    if rate_hz != stated_hz:
        warn(f"{sound}: {stated_hz} Hz becomes {rate_hz} Hz, which concealers know")
    with AudioReader(sound, rate_hz=rate_hz, mono=False) as reader:
        samples = np.concatenate(list(reader))
        warn_of_damage(sound, reader.damage)
    count = packets_of(len(samples), rate_hz, packet_ms)
    if len(lost) != count:
        rest = "the rest is left out" if len(lost) > count else "the rest was received"
        warn(f"{mask}: tells of {len(lost)} packets, the sound has {count}: {rest}")
    if broken := int((~np.isfinite(samples)).sum()):
        warn(f"{sound}: {broken} samples are no numbers: 10 ms around each are filled too")
    made = filled(samples, lost, opened, packet_ms=packet_ms, delay_ms=delay_of(concealer))
    write_audio(output, made, rate_hz)
    gone = int(lost[:count].sum())
    wrote(output, f"{gone} of {count} packets filled by {concealer}")


app.command()(simulate)
app.command()(live)


def _served(rate_hz: int) -> int:
    """Return the rate itself where concealers work at it, or one that keeps most of the sound."""
    if _RATES_HZ[0] <= rate_hz <= _RATES_HZ[-1] and rate_hz % 100 == 0:
        return rate_hz
    return next((each for each in _RATES_HZ if each >= rate_hz), _RATES_HZ[-1])
