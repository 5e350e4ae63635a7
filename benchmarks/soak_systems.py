"""The streams of `robustness_soak.py`: each feeds one system so many seconds of its own time.

A stream takes the seconds, a seed and `took`, which it calls after each step with the seconds that
the step took; it returns what went in and what of it came out. What a system's clock says is an
argument wherever it has one, so an hour takes as long as its work. `SYSTEMS` has them by name, with
how many steps a second has and how many seconds a quick run is of.
"""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from firsthand.measure import data_root

Took = Callable[[float], None]

FPS = 30
OBJECTS_FPS = 5  # a frame takes several times as long as one of hands
BLOCK = 1_600  # a tenth of a second at 16 kHz
SPOKEN_S = 300.0
MINUTE_S, READ_S = 60, 10
DEVICES, ROUND_S, LOST = 60, 30.0, 0.1
VECTORS = 2  # the stage of a round in which devices send what is summed
PACKET = 960  # samples of 20 ms, as Opus's timestamps count them


@dataclass(frozen=True)
class Account:
    """How many frames, blocks, packets or rounds went in, and how many came out as they must."""

    put_in: int
    came_out: int
    note: str


@dataclass(frozen=True)
class System:
    """`steps` a second, seconds of a quick run, and the stream."""

    steps: float
    quick_s: int
    stream: Callable[[int, int, Took], Account]


def followed(results: Iterator, fps: int, count: int, took: Took) -> tuple[int, int]:
    """How many of `count` results came in time's order, and how many of them saw something."""
    came = seen = 0
    for number in range(count):
        before = time.perf_counter()
        result = next(results)
        took(time.perf_counter() - before)
        came += result.timestamp_us == at_us(number, fps)
        seen += bool(getattr(result, "hands", None) or getattr(result, "objects", None))
    return came, seen


def at_us(number: int, fps: int) -> int:
    return round(number * 1e6 / fps)


def going_on(clip: Sequence, fps: int, count: int) -> Iterator:
    """The clip over and over, with times that go on."""
    from firsthand.media import Frame

    for number, frame in enumerate(itertools.islice(itertools.cycle(clip), count)):
        yield Frame(frame.image, at_us(number, fps))


def hands(seconds: int, seed: int, took: Took) -> Account:
    """One hand allowed, the small models of our own: the demonstration clip."""
    from firsthand.hands import Hands
    from hands_clips import demo_clip

    clip, count = demo_clip(seed), seconds * FPS
    tracker = Hands.load("small", max_hands=1)
    came, seen = followed(tracker.track(going_on(clip, FPS, count)), FPS, count, took)
    return Account(count, came, f"frames; hands in {100 * seen / count:.0f} %")


def objects(seconds: int, seed: int, took: Took) -> Account:
    """MediaPipe's models of shoes, on a real clip that is shown to and fro.

    The detector looks at every sixth frame or so, as it does at 30 frames a second.
    """
    from firsthand.media import read_video
    from firsthand.objects import Objects
    from firsthand.objects.options import REDETECT_INTERVAL_US
    from objects_video import CLIP

    _ = seed
    there = list(read_video(data_root(__file__) / CLIP))
    clip, fps, count = there + there[-2:0:-1], OBJECTS_FPS, seconds * OBJECTS_FPS
    tracker = Objects.load("shoe", redetect_interval_us=(FPS // OBJECTS_FPS) * REDETECT_INTERVAL_US)
    came, seen = followed(tracker.track(going_on(clip, fps, count)), fps, count, took)
    return Account(count, came, f"frames; shoes in {100 * seen / count:.0f} %")


def recorder(seconds: int, seed: int, took: Took) -> Account:
    """Readings of LibriSpeech, ten seconds each minute, stored and heard as a live recording is.

    PocketSphinx writes down, sounds and speakers are told apart; between there is a quiet hum.
    """
    from firsthand.media import AudioReader
    from firsthand.recorder.engines.sphinx import PocketSphinx
    from firsthand.recorder.library import Library
    from firsthand.recorder.sounds.loading import load_listener
    from firsthand.recorder.speakers.loading import load_speakers
    from firsthand.recorder.voice import RATE_HZ, load_voice
    from firsthand.recorder.writing import Ears, writing_down

    blocks, count = now_and_then(seed), 10 * seconds
    ears = Ears(PocketSphinx(), load_voice(), load_listener(), load_speakers())
    with tempfile.TemporaryDirectory() as folder, Library(folder) as library:
        with (
            library.begin("an hour", datetime.now(UTC), RATE_HZ) as (number, log),
            writing_down(library, number, ears, live=True) as hear,
        ):
            for block in itertools.islice(itertools.cycle(blocks), count):
                before = time.perf_counter()
                log.write(block)
                hear(block)
                took(time.perf_counter() - before)
        recording, words = library.recording(number), library.transcript(number).words
        assert recording.note == "", recording.note
        assert recording.audio is not None
        with AudioReader(recording.audio) as reader:
            kept = sum(map(len, reader)) * 10 // reader.rate_hz
        heard = len(library.bars(number).levels) // 2
    minutes = {word.start_ms // 1000 // MINUTE_S for word in words}
    note = f"blocks; {len(words)} words in {len(minutes)} of {seconds // MINUTE_S} minutes"
    return Account(count, min(kept, heard, recording.duration_ms // 100), note)


def spoken(seed: int) -> list[np.ndarray]:
    """Five minutes of readings with short pauses, in blocks."""
    from recorder_cost import readings

    root = data_root(__file__) / "speech" / "librispeech"
    samples = readings(root, SPOKEN_S, np.random.default_rng(seed))
    return np.split(samples, range(BLOCK, len(samples), BLOCK))


def now_and_then(seed: int) -> list[np.ndarray]:
    """Five minutes of which somebody reads for ten seconds each, in blocks."""
    read, hum = np.concatenate(spoken(seed)), np.random.default_rng(seed)
    second = len(read) // round(SPOKEN_S)
    minutes = []
    for minute in range(round(SPOKEN_S) // MINUTE_S):
        minutes.append(read[minute * READ_S * second : (minute + 1) * READ_S * second])
        minutes.append(1e-3 * hum.standard_normal((MINUTE_S - READ_S) * second))
    samples = np.concatenate(minutes).astype(np.float32)
    return np.split(samples, range(BLOCK, len(samples), BLOCK))


def concealment(seconds: int, seed: int, took: Took) -> Account:
    """A call in Opus at 16 kHz over a rough network: a twentieth lost, jitter, spikes, reordering.

    Sequence numbers and timestamps begin near their ends, so that both go around.
    """
    from concealment_peers import RATE_HZ, encode
    from firsthand.concealment.jitter_buffer import JitterBuffer
    from firsthand.concealment.losses import gilbert
    from firsthand.concealment.opening import open_concealer
    from firsthand.concealment.opus import Opus
    from firsthand.concealment.packets import Packet
    from firsthand.concealment.settings import Settings
    from firsthand.concealment.simulation import Network, arrivals

    payloads, count = encode(np.concatenate(spoken(seed))), 50 * seconds
    lost = gilbert(count, seed, share=0.05, burst=2.0)
    network = Network(jitter_ms=20, spikes_per_s=0.05, reordered=0.01)
    arrives_s = (20.0 * np.arange(count) + arrivals(lost, network, seed)) / 1e3
    order = np.argsort(arrives_s)[: int(np.isfinite(arrives_s).sum())]
    buffer = JitterBuffer(Opus(RATE_HZ), open_concealer(), settings=Settings(timestamp_hz=48_000))
    place = sound = 0
    for block in range(2 * count):
        now_s = block / 100
        before = time.perf_counter()
        while place < len(order) and arrives_s[order[place]] <= now_s:
            n = int(order[place])
            number, timestamp = (65_000 + n) % 65_536, (2**32 - 10**6 + n * PACKET) % 2**32
            packet = Packet(number, timestamp, payloads[n % len(payloads)])
            buffer.push(packet, float(arrives_s[n]))
            place += 1
        heard = buffer.pull(now_s)
        took(time.perf_counter() - before)
        sound += len(heard) == RATE_HZ // 100 and bool(np.isfinite(heard).all())
    s = buffer.statistics
    packets = s.packets_played + s.packets_discarded + s.packets_copied + s.packets_waiting
    assert packets == s.packets_received == place, s
    made_up = 100 * s.concealed_samples / s.total_samples_received
    return Account(2 * count, sound, f"blocks of 10 ms; {made_up:.1f} % made up")


def speech(seconds: int, seed: int, took: Took) -> Account:
    """Our own representation in a stream, a tenth of a second at a time."""
    from firsthand.speech import Hearing, own
    from firsthand.speech.own_network import PATCH, SPECTROGRAM

    network, blocks, count = own(), spoken(seed), 10 * seconds
    state, patches = Hearing(), 0
    for block in itertools.islice(itertools.cycle(blocks), count):
        before = time.perf_counter()
        state, heard = network.step(state, block)
        took(time.perf_counter() - before)
        patches += len(heard.directions)
    frames = (count * BLOCK - SPECTROGRAM.window) // SPECTROGRAM.hop + 1
    return Account(frames // PATCH, patches, "patches of 960 ms")


def graph(seconds: int, seed: int, took: Took) -> Account:
    """A hundred packets a second through ten nodes on a thread, each waited for."""
    from firsthand.graph import Graph, Packet
    from graph_chain import NODES, chain_text

    _ = seed
    came = 0

    def see(packet: Packet) -> None:
        nonlocal came
        came += packet.payload == packet.timestamp == came

    count = 100 * seconds
    with Graph(chain_text(NODES)).start(observe={f"s{NODES}": see}, threads=1) as run:
        for number in range(count):
            before = time.perf_counter()
            run.add_packet("s0", Packet(number, number))
            run.wait_until_idle()
            took(time.perf_counter() - before)
    return Account(count, came, "packets")


def federated(seconds: int, seed: int, took: Took) -> Account:
    """A round of 60 devices every half minute, of which a tenth vanishes; SQLite on the disk.

    A step is a message of a device that is taken and kept, with whatever phase it ends.
    """
    from federated_rounds import Fleet
    from firsthand.federated.service.store import Store
    from firsthand.federated.simulation import Drops

    rounds, exact = int(seconds / ROUND_S), 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Store(f"sqlite:///{Path(folder) / 'rounds.db'}") as store,
    ):
        fleet = Fleet(store, DEVICES)
        for number in range(rounds):
            fleet.now = number * ROUND_S
            leaves = Drops(LOST, seed + number).phase_of(DEVICES)
            record = fleet.run(leaves, took)
            exact += fleet.counted(record) == np.flatnonzero(leaves > VECTORS).tolist()
    return Account(rounds, exact, f"rounds of {DEVICES} devices, exact")


def messages_per_s() -> float:
    """Of the federated stream: who vanishes is drawn, how many is not."""
    from firsthand.federated.simulation import Drops

    leaves = Drops(LOST).phase_of(DEVICES)
    return float(leaves.sum()) / ROUND_S


SYSTEMS = {
    "hands": System(FPS, 40, hands),
    "objects": System(OBJECTS_FPS, 40, objects),
    "recorder": System(10, 60, recorder),
    "concealment": System(100, 60, concealment),
    "speech": System(10, 1200, speech),
    "graph": System(100, 600, graph),
    "federated": System(messages_per_s(), 120, federated),
}
