"""A call whose network, sender or clock misbehaves, as the jitter buffer hears it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from concealment_peers import encode
from faults import Outcome, fault
from firsthand.concealment.decoding import Decoded, LinearPcm
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.opening import open_concealer
from firsthand.concealment.opus import Opus
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import Settings
from firsthand.media import read_audio

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 16_000
SECONDS = 12
BAD = range(100, 350)  # packets of 20 ms: the third second to the seventh
LAST_S = 4
LEAST_ALIKE = 0.6
Sent = tuple[float, Packet]


def speech() -> np.ndarray:
    path = ROOT / "examples" / "media" / "recorder" / "two_readers.ogg"
    samples = read_audio(path, RATE_HZ)[0]
    return np.resize(samples, SECONDS * RATE_HZ)


def sent(payloads: list[bytes]) -> Iterator[Sent]:
    """Packets of 20 ms on a network of 40 ms."""
    for number, payload in enumerate(payloads):
        yield 0.04 + number / 50, Packet(number % 65_536, number * 960 % 2**32, payload)


@dataclass
class Heard:
    """A call: all sound there was, and what share was made up before its last seconds, and then."""

    sound: np.ndarray
    meanwhile: float
    made_up: float

    @property
    def whole(self) -> bool:
        """Whether every 10 ms had sound, of numbers, not beyond full scale by much."""
        return len(self.sound) == SECONDS * RATE_HZ and bool((np.abs(self.sound) < 2).all())

    @property
    def alike(self) -> float:
        """How alike the fifths of its last second are to what was sent, each at its best: 0..1."""
        if not self.whole:
            return 0.0
        parts = self.sound[-RATE_HZ:].astype(np.float64).reshape(5, -1)
        return float(np.mean([correlation(part, speech().astype(np.float64)) for part in parts]))


def correlation(part: np.ndarray, whole: np.ndarray) -> float:
    """The highest normalised correlation of a part with as long a part of the whole."""
    size, count = len(whole) + len(part), len(part)
    products = np.fft.irfft(np.fft.rfft(whole, size) * np.fft.rfft(part, size).conj(), size)
    energy = np.concatenate([[0.0], np.cumsum(whole**2)])
    there = np.sqrt((energy[count:] - energy[:-count]) * (part @ part))
    return float((products[: len(there)] / np.maximum(there, 1e-9)).max())


def call(
    packets: list[Sent],
    decoder=None,
    pulled_at: Callable[[int], float] = lambda block: block / 100,
) -> Heard:
    """Play packets, each with the time at which it comes."""
    buffer = JitterBuffer(
        decoder or Opus(RATE_HZ), open_concealer(), settings=Settings(timestamp_hz=48_000)
    )
    due = sorted(packets, key=lambda each: each[0])
    blocks, place, before = [], 0, None
    for block in range(100 * SECONDS):
        while place < len(due) and due[place][0] <= block / 100:
            at_s, packet = due[place]
            buffer.push(packet, at_s - block / 100 + pulled_at(block))
            place += 1
        blocks.append(buffer.pull(pulled_at(block)))
        if block == 100 * (SECONDS - LAST_S):
            before = buffer.statistics
    after = buffer.statistics
    assert before is not None
    made = after.concealed_samples - before.concealed_samples
    meanwhile = before.concealed_samples / before.total_samples_received
    return Heard(np.concatenate(blocks), meanwhile, made / (LAST_S * RATE_HZ))


def verdict(lost: str, *calls: Heard) -> Outcome:
    """It is well where what is played at last is what was sent, and next to nothing made up.

    What is still played faster, or slower, is less alike.
    """
    whole = all(each.whole for each in calls)
    alike, made_up = min(each.alike for each in calls), max(each.made_up for each in calls)
    meanwhile = max(each.meanwhile for each in calls)
    words = f"{meanwhile:.0%} is made up at first, at last {made_up:.1%}: correlation with what was"
    words = f"{words} sent {alike:.2f}; {'all of it numbers' if whole else 'NaN, or too little'}"
    return Outcome(whole and alike > LEAST_ALIKE and made_up < 0.02, words, lost)


def opus() -> list[Sent]:
    return list(sent(encode(speech())))


@fault("call", "Nine tenths of the packets lost for five seconds")
def nearly_all_lost(folder: Path) -> Outcome:
    _ = folder
    rng = np.random.default_rng(0)
    packets = [each for n, each in enumerate(opus()) if n not in BAD or rng.random() > 0.9]
    return verdict("what was lost, made up or silent", call(packets))


@fault("call", "The sender stops for five seconds and goes on")
def stops(folder: Path) -> Outcome:
    _ = folder
    packets = [each for n, each in enumerate(opus()) if n not in BAD]
    return verdict("what was not sent", call(packets))


@fault("call", "The sender begins anew, with other numbers and times")
def begins_anew(folder: Path) -> Outcome:
    _ = folder
    packets = opus()
    for n in range(BAD.start, len(packets)):
        at_s, old = packets[n]
        packets[n] = (
            at_s,
            Packet(
                (old.sequence + 31_000) % 65_536, (old.timestamp + 2**31 + 777) % 2**32, old.payload
            ),
        )
    return verdict("a moment", call(packets))


@fault("call", "The receiver's clock jumps an hour ahead, and in another call back")
def clock(folder: Path) -> Outcome:
    _ = folder
    jumps = [
        call(opus(), pulled_at=lambda block, by=by: 7200 + block / 100 + by * (block >= 400))
        for by in (3600, -3600)
    ]
    return verdict("a moment", *jumps)


@fault("call", "Payloads of noise, empty ones, and ones cut short, for five seconds")
def nonsense(folder: Path) -> Outcome:
    _ = folder
    rng, packets = np.random.default_rng(0), opus()
    for n in BAD:
        at_s, old = packets[n]
        payload = (rng.bytes(60), b"", old.payload[: len(old.payload) // 3])[n % 3]
        packets[n] = at_s, Packet(old.sequence, old.timestamp, payload)
    return verdict("what was sent then", call(packets))


@fault("call", "Every packet three times, and each second in a random order")
def copies(folder: Path) -> Outcome:
    _ = folder
    rng, packets = np.random.default_rng(0), opus()
    for n in BAD:
        at_s, old = packets[n]
        packets[n] = at_s + rng.uniform(0, 1), old
    packets += [packets[n] for n in BAD for _ in range(2)]
    return verdict("what came too late", call(packets))


@fault("call", "Five seconds of packets at once, after as long a silence")
def flood(folder: Path) -> Outcome:
    _ = folder
    packets = opus()
    late_s = packets[BAD.stop][0]
    for n in BAD:
        packets[n] = late_s, packets[n][1]
    return verdict("what came too late to be played", call(packets))


@fault("call", "The sender changes from 16 kHz to 8 and to 48 kHz, and the length of packets")
def other_rates(folder: Path) -> Outcome:
    _ = folder
    import av
    from av.audio.frame import AudioFrame

    whole, payloads, timestamps, at = speech(), [], [], 0
    for rate_hz, ms, count in ((16_000, 20, 150), (8_000, 60, 50), (48_000, 10, 600)):
        encoder = av.CodecContext.create("libopus", "w")
        encoder.sample_rate, encoder.layout, encoder.format = rate_hz, "mono", "flt"
        encoder.options = {"frame_duration": str(ms), "application": "voip"}
        length, step = rate_hz * ms // 1000, 48 * ms
        for _ in range(count):
            first = at // 3
            part = np.interp(
                first + np.arange(length) * RATE_HZ / rate_hz, np.arange(len(whole)), whole
            )
            frame = AudioFrame.from_ndarray(part[None].astype(np.float32), "flt", "mono")
            frame.sample_rate, frame.pts = rate_hz, None
            for packet in encoder.encode(frame):
                payloads.append(bytes(packet))
                timestamps.append(at)
                at += step
    packets = [
        (0.04 + stamp / 48_000, Packet(n, stamp, payload))
        for n, (stamp, payload) in enumerate(zip(timestamps, payloads, strict=True))
        if stamp / 48_000 < SECONDS
    ]
    return verdict("a moment at each change", call(packets))


@fault("call", "A decoder that gives NaN and infinity now and then")
def numberless(folder: Path) -> Outcome:
    _ = folder
    plain = LinearPcm(RATE_HZ)

    class Spoiling:
        """A decoder some of whose sound is no number."""

        rate_hz = RATE_HZ
        count = 0

        def decode(self, payload: bytes) -> Decoded:
            found, self.count = plain.decode(payload), self.count + 1
            samples = found.samples.copy()
            if self.count in BAD and self.count % 5 == 0:
                samples[7] = np.nan if self.count % 2 else np.inf
            return Decoded(samples, RATE_HZ)

        def missed(self, seconds: float) -> None:
            """Make nothing of it."""

        def reset(self) -> None:
            """Remember nothing."""

    payloads = [plain.encode(part) for part in speech().reshape(-1, RATE_HZ // 50)]
    return verdict("packets that were no sound", call(list(sent(payloads)), Spoiling()))
