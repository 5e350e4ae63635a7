"""`firsthand concealment live`: a call within this computer, over a network that loses packets."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from firsthand.cli.concealment_simulate import (
    EXAMPLE_S,
    MOST_S,
    PACKET_MS,
    BurstMs,
    ConcealerName,
    Loss,
    Trace,
    check_losses,
    check_sound_file,
    clean_sound,
    example,
    losses_of,
    packets_of,
)
from firsthand.cli.groups import Json
from firsthand.cli.places import check_places
from firsthand.cli.telling import say, say_json, warn, wrote
from firsthand.errors import ConfigError, InputError, MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from firsthand.concealment.concealer import Concealer, Floats
    from firsthand.concealment.loopback import Moment
    from firsthand.concealment.simulation import Doubles
    from firsthand.concealment.statistics import Statistics

_MOST_SECONDS: Final = 600
_TOLD: Final = 50  # moments of 20 ms
_PLAYED_AHEAD: Final = 3


def live(
    sound: Annotated[
        Path | None,
        typer.Argument(metavar="CLEAN", help="What is said; a bundled utterance if left out."),
    ] = None,
    loss: Loss = None,
    burst_ms: BurstMs = None,
    jitter_ms: Annotated[
        float, typer.Option(min=0, max=1000, help="By how much packets' delays differ.")
    ] = 8.0,
    trace: Trace = None,
    concealer: ConcealerName = "firsthand",
    seed: Annotated[int, typer.Option(min=0, help="Of losses and delays.")] = 0,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.5, max=_MOST_SECONDS, help="How long; the sound once if left out."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write what was heard to a .wav or .flac file."),
    ] = None,
    play: Annotated[bool, typer.Option("--play", help="Play it as it is heard.")] = False,
    json: Json = False,
) -> None:
    """Call a peer within this computer over a network that loses packets, and conceal them.

    A real call, in real time: Opus over WebRTC, both ends by aiortc. What is lost is what
    `simulate` loses with the same seed. On a terminal statistics are shown each second, by WebRTC's
    names. Ctrl-C hangs up.
    """
    import asyncio

    import numpy as np

    from firsthand.concealment.call import FRAME
    from firsthand.concealment.opening import open_concealer
    from firsthand.concealment.opus import OPUS_HZ
    from firsthand.concealment.simulation import Network, arrivals
    from firsthand.media import write_audio

    check_losses(trace, loss, burst_ms)
    if output is not None:
        check_sound_file(output)
        if not output.parent.is_dir():
            raise ConfigError(f"{output}: cannot be written: there is no folder {output.parent}")
    path = example() if sound is None else sound
    check_places([path, *([trace] if trace else [])], {"-o": output})
    said = clean_sound(path, OPUS_HZ, EXAMPLE_S if sound is None else (0.0, float(MOST_S)))
    if seconds is not None:
        said = np.resize(said, round(seconds * OPUS_HZ))
    count = packets_of(len(said), OPUS_HZ, PACKET_MS)
    lost, how = losses_of(count, seed, trace, loss, burst_ms)
    delays_ms = arrivals(lost, Network(jitter_ms=jitter_ms), seed, packet_ms=PACKET_MS)
    moments: list[Moment] = []
    opened = open_concealer(concealer, OPUS_HZ)
    with _playing(OPUS_HZ, FRAME) if play else nullcontext(_unheard) as hear:
        try:
            asyncio.run(_listen(said, delays_ms, opened, moments, hear))
        except KeyboardInterrupt:
            warn("hung up")
    _summary(path, moments, {"concealer": concealer, "how": how, "seed": seed}, json)
    if output is not None and moments:
        write_audio(output, np.concatenate([each.samples for each in moments]), OPUS_HZ)
        wrote(output)


async def _listen(
    said: "NDArray[np.float32]",
    delays_ms: "Doubles",
    concealer: "Concealer",
    moments: "list[Moment]",
    hear: "Callable[[Floats], None]",
) -> None:
    from contextlib import aclosing

    from rich.console import Console

    from firsthand.concealment.loopback import talk

    console = Console(stderr=True)
    async with aclosing(talk(said, delays_ms, concealer)) as heard:
        async for moment in heard:
            moments.append(moment)
            hear(moment.samples)
            if console.is_terminal and len(moments) % _TOLD == 0:
                line = f"{len(moments) // _TOLD} s: {_told(moment.statistics)}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)


def _told(now: "Statistics") -> str:
    """Return counts by the names of `getStats`, in a line."""
    delay_ms = 1000 * now.jitter_buffer_delay / max(1, now.jitter_buffer_emitted_count)
    return (
        f"packetsLost {now.packets_lost}, concealedSamples {now.concealed_samples}, "
        f"concealmentEvents {now.concealment_events}, jitter {1000 * now.jitter:.1f} ms, "
        f"jitterBufferDelay {delay_ms:.0f} ms"
    )


def _summary(path: Path, moments: "list[Moment]", how: dict[str, Any], json: bool) -> None:
    from firsthand.concealment.relay import Passage
    from firsthand.concealment.statistics import Statistics

    now, passage = Statistics(), Passage()
    if moments:
        now, passage = moments[-1].statistics, moments[-1].passage
    seconds = len(moments) / _TOLD
    if json:
        counts = {"seconds": seconds, "packets": passage.packets, "lost": passage.lost}
        say_json({"file": path, **how, **counts, "statistics": now.as_dict()})
        return
    share = passage.lost / max(1, passage.packets)
    concealed = now.concealed_samples / max(1, now.total_samples_received)
    say(
        f"heard {seconds:.1f} s: {passage.lost} of {passage.packets} packets lost "
        f"({share:.1%}): {how['how']}"
    )
    say(f"{concealed:.1%} of it made up by {how['concealer']}: {_told(now)}")


def _unheard(_samples: "Floats") -> None:
    pass


@contextmanager
def _playing(rate_hz: int, frame: int) -> "Iterator[Callable[[Floats], None]]":
    """Give what plays blocks (frame,) as they come, one after the other."""
    import numpy as np

    try:
        import sounddevice
    except (ModuleNotFoundError, OSError) as error:  # OSError: PortAudio itself is missing
        raise MissingDependencyError(
            "playing needs sounddevice and PortAudio: pip install sounddevice, and on Debian "
            f"apt install libportaudio2 ({error})"
        ) from error
    silence = np.zeros(frame, np.float32)
    waiting = deque([silence] * _PLAYED_AHEAD)

    def fill(data: "NDArray[np.float32]", _frames: int, _time: Any, _status: Any) -> None:
        data[:, 0] = waiting.popleft() if waiting else silence

    try:
        stream = sounddevice.OutputStream(
            samplerate=rate_hz, blocksize=frame, channels=1, dtype="float32", callback=fill
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        raise InputError(f"there is no loudspeaker here: {error}") from error
    with stream:
        yield waiting.append
