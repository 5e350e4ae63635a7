"""The demo's part about lost packets: a voice with holes, filled in several ways."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from firsthand.cli.demo.section import Section, Sound, Span, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firsthand.concealment.attempts import Attempt

HOW: Final = """\
firsthand concealment simulate \\
  --loss 0.1 --burst-ms 60 \\
  --report report.html"""

_TOLD: Final = {
    "clean": "as it was sent",
    "lossy": "what arrives",
    "firsthand": "filled by the networks of Firsthand",
    "lpc": "filled by linear prediction",
    "zero": "filled with silence, faded",
}


def run(examples: Path, folder: Path) -> Section:
    """Lose a tenth of the packets of an utterance of `examples`, and fill the holes."""
    from firsthand.cli.concealment_simulate import (
        CREDIT,
        EXAMPLE,
        EXAMPLE_S,
        PACKET_MS,
        clean_sound,
        losses_of,
        packets_of,
    )
    from firsthand.concealment.attempts import attempt
    from firsthand.concealment.losses import stretches
    from firsthand.concealment.metrics import METRICS, RATE_HZ
    from firsthand.concealment.report import Trial, write_report
    from firsthand.concealment.report.pictures import loudest_of, spectrogram_png

    clean = clean_sound(examples / "media" / "recorder" / EXAMPLE, RATE_HZ, EXAMPLE_S)
    lost, how = losses_of(packets_of(len(clean), RATE_HZ, PACKET_MS), 0, None, None, None)
    attempts = [attempt(clean, lost, name) for name in _TOLD]
    trial = Trial("A voice, with packets lost", clean, lost, how, attempts, PACKET_MS, CREDIT)
    write_report(folder / "report.html", trial)
    loudest, packet = loudest_of(clean), PACKET_MS * RATE_HZ // 1000
    gone = [
        Span(start * packet / len(clean), min(1.0, end * packet / len(clean)), "lost")
        for start, end in stretches(lost).tolist()
    ]
    shown = [each for each in METRICS if each.name in attempts[0].measured]
    absent = ", ".join(each.title for each in METRICS if each not in shown)
    if absent:
        typer.echo(f"not measured: {absent}: pip install 'firsthand[concealment]'")
    share = f"{int(lost.sum())} of {len(lost)} packets"
    return Section(
        told=f"{len(clean) / RATE_HZ:.1f} s of a man reading, sent in packets of {PACKET_MS} ms of "
        f"which {share} are lost, in {how}. A call that does nothing has holes; two small networks "
        "go on where the sound stops, 10 ms at a time. Listen first to what arrives, then to what "
        "was made of it; what was lost is marked, a click in a picture plays from there.",
        how=HOW,
        blocks=(
            *(
                Sound(
                    each.name,
                    flac(each.samples, RATE_HZ),
                    "audio/flac",
                    told=_TOLD[each.name],
                    spectrum=spectrogram_png(each.samples, loudest),
                    lost=() if each.name == "clean" else gone,
                )
                for each in attempts
            ),
            Table(
                ("", *(f"{m.title} {'↑' if m.higher_is_better else '↓'}" for m in shown)),
                [
                    (each.name, *(_value(each, m.name, m.digits) for m in shown))
                    for each in attempts
                ],
                "How good each is; ↑ more is better, ↓ less",
                notes=(
                    *(f"{m.title}: {m.means}" for m in shown),
                    *([f"Not measured: {absent}: pip install 'firsthand[concealment]'"]
                      if absent else []),
                    "One short utterance tells little: docs/concealment.md has figures over many.",
                ),
            ),
        ),
        files=(("report.html", "the same with waveforms of what was made up, to move through"),),
        credit=CREDIT,
    )  # fmt: skip


def flac(samples: "NDArray[Any]", rate_hz: int) -> bytes:
    """Return a sound (n,) as the bytes of a .flac file."""
    from firsthand.media import write_audio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.flac"
        write_audio(path, samples, rate_hz)
        return path.read_bytes()


def _value(one: "Attempt", metric: str, digits: int) -> str:
    value = one.measured[metric]
    return "-" if value != value else f"{value:.{digits}f}"
