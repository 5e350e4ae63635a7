"""What concealment is measured on: held-out speech, what is lost of it, and what all make of it.

- `english`: the 12 utterances whose words are known (`speech/transcribed`), and one of each of some
  LibriSpeech readers that no recipe of this project learns from. The beginnings: 8 s at most.
- `german`: EmoDB (`speech/emotion_de`), sentences of a speaker one after another; no recipe of
  concealment hears German.
- `in_noise`: 10 dB above a street (ESC-50's engines, horns, trains and sirens) or a cafeteria
  (VoxCeleb's voices, six at a time, and ESC-50's drinking and cans), of which no recipe hears any.

All at 16 kHz, packets of 20 ms, in -1..1; utterances are whole packets long.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from concealment_peers import PACKET, RATE_HZ, ROOT, Decoder, deep, encode, libopus, neteq
from firsthand.concealment.concealer import Concealer
from firsthand.concealment.filling import DELAY_MS, fill
from firsthand.concealment.framewise import FRAMES_NAME, Framewise
from firsthand.concealment.losses import bursts
from firsthand.concealment.metrics import measured
from firsthand.concealment.opening import open_concealer
from firsthand.concealment.samplewise import SAMPLES_CONTEXT_NAME, SAMPLES_NAME, Samplewise
from firsthand.core.rows import read_rows
from firsthand.measure import Peer
from firsthand.media import read_audio
from firsthand.runtime import Model, load_runner
from firsthand.speech.noss.sets import is_held_out

Floats = NDArray[np.float32]
Lost = NDArray[np.bool_]

WEIGHTS: Final = ROOT / "benchmarks" / "weights" / "concealment"

LOSS: Final = 0.1
READERS: Final = 24
GERMANS: Final = 30
SNR_DB: Final = 10.0

_MOST: Final = 400
_LEAST: Final = 120
_STREET: Final = ("Engine", "Car horn", "Train", "Siren")
_CAFETERIA: Final = ("Drinking - sipping", "Can opening")
_VOICES: Final = 6


@dataclass(frozen=True)
class Utterance:
    name: str
    samples: Floats
    text: str = ""


Filling = Callable[[Sequence[Floats], Sequence[Lost]], list[Floats]]
"""From what was said and which packets were lost to what is heard."""


def transcribed(root: Path, count: int | None = None) -> list[Utterance]:
    """The utterances whose words are known, to their ends."""
    folder = root / "speech" / "transcribed"
    found = []
    for row in read_rows(folder / "labels.csv", "file", "text"):
        samples = read_audio(folder / "clips" / row["file"], RATE_HZ)[0]
        samples = samples[: len(samples) // PACKET * PACKET]
        found.append(Utterance(row["file"], samples, row["text"]))
    return _some(found, count)


def english(root: Path, count: int | None = None) -> list[Utterance]:
    found = [Utterance(u.name, _whole(u.samples), u.text) for u in transcribed(root)]
    folder, heard = root / "speech" / "librispeech", set[str]()
    for row in read_rows(folder / "labels.csv", "file", "speaker"):
        if len(heard) == READERS:
            break
        if is_held_out(row["speaker"]) and row["speaker"] not in heard:
            samples = _whole(read_audio(folder / "clips" / Path(row["file"]).name, RATE_HZ)[0])
            if len(samples) >= _LEAST * PACKET:
                heard.add(row["speaker"])
                found.append(Utterance(Path(row["file"]).name, samples))
    return _some(found, count)


def german(root: Path, count: int | None = None) -> list[Utterance]:
    folder = root / "speech" / "emotion_de"
    by_speaker: dict[str, list[Floats]] = {}
    for row in read_rows(folder / "labels.csv", "file", "speaker"):
        path = folder / "clips" / Path(row["file"]).name
        by_speaker.setdefault(row["speaker"], []).append(read_audio(path, RATE_HZ)[0])
    found = []
    for place in range(GERMANS):
        speaker = sorted(by_speaker)[place % len(by_speaker)]
        sentences, mine = by_speaker[speaker], 3 * (place // len(by_speaker))
        samples = np.concatenate(sentences[mine : mine + 3])
        found.append(Utterance(f"speaker {speaker}, sentence {mine}", _whole(samples)))
    return _some(found, count)


def in_noise(root: Path, utterances: Sequence[Utterance]) -> list[Utterance]:
    sounds = list(read_rows(root / "sounds" / "esc50" / "labels.csv", "file", "class", "esc10"))
    voices = sorted((root / "speech" / "voxceleb_gender" / "clips").glob("*"))

    def noises(kinds: Sequence[str]) -> list[Path]:
        clips = root / "sounds" / "esc50" / "clips"
        wanted = [kind.lower() for kind in kinds]
        return [
            clips / Path(row["file"]).name
            for row in sounds
            if row["esc10"] == "False" and row["class"].lower() in wanted
        ]

    street, cafeteria = noises(_STREET), noises(_CAFETERIA)
    found = []
    for place, utterance in enumerate(utterances):
        rng = np.random.default_rng([7, place])
        length = len(utterance.samples)
        if place % 2:
            noise = _lasting(street, length, rng)
        else:
            noise = _lasting(cafeteria, length, rng) * 0.3
            for _ in range(_VOICES):
                noise = noise + _lasting(voices, length, rng)
        power = float(np.mean(utterance.samples**2)) / float(np.mean(noise**2))
        noisy = utterance.samples + noise * np.float32(np.sqrt(power * 10 ** (-SNR_DB / 10)))
        noisy /= max(1.0, float(np.abs(noisy).max()))
        found.append(Utterance(utterance.name, noisy, utterance.text))
    return found


def losses(utterances: Sequence[Utterance], burst_ms: int, seed: int) -> list[Lost]:
    """A tenth of each utterance's packets, in bursts at random places."""
    return [
        bursts(len(u.samples) // PACKET, seed + place, share=LOSS, burst=burst_ms // 20)
        for place, u in enumerate(utterances)
    ]


def systems(peer: Peer | None, waits_ms: list[float] | None = None) -> dict[str, Filling]:
    """Whatever conceals; NetEQ and the deep decoder where `peer` is there.

    To `waits_ms` is added how long NetEQ let each utterance wait, on average.
    """
    found: dict[str, Filling] = {
        "own": by("firsthand"),
        "own_opus": _in_opus,
        "own_at_once": by("firsthand", delay_ms=0),
        "lpc_closed": by("lpc"),
        "lpc": by("lpc", delay_ms=0),
        "repetition": by("repetition", delay_ms=0),
        "zero": by("zero", delay_ms=0),
        "libopus": lambda said, lost: [libopus(*each) for each in zip(said, lost, strict=True)],
    }
    if peer is not None:
        found["deep"] = lambda said, lost: [
            deep(peer, *each) for each in zip(said, lost, strict=True)
        ]
        found["neteq"] = partial(_by_neteq, peer, [] if waits_ms is None else waits_ms)
    return found


def by(name: str, *, delay_ms: int = DELAY_MS) -> Filling:
    return filled_by(open_concealer(name), delay_ms)


def references() -> dict[str, Filling]:
    """What the networks are measured by: a predictor of frames, and one of samples."""
    frames, context, sample = (
        load_runner(Model.open(WEIGHTS / f"{name}.tflite"))
        for name in (FRAMES_NAME, SAMPLES_CONTEXT_NAME, SAMPLES_NAME)
    )
    return {
        "frames": filled_by(Framewise(frames), DELAY_MS),
        "samples": filled_by(Samplewise(context, sample), DELAY_MS),
    }


def filled_by(concealer: Concealer, delay_ms: int) -> Filling:
    return lambda said, lost: [
        fill(samples, gone, concealer, delay_ms=delay_ms)
        for samples, gone in zip(said, lost, strict=True)
    ]


def _by_neteq(
    peer: Peer, waits_ms: list[float], said: Sequence[Floats], lost: Sequence[Lost]
) -> list[Floats]:
    calls = neteq(peer, said, [np.where(gone, np.nan, 0.0) for gone in lost])
    counted = [call.counters for call in calls]
    waits_ms += [1e3 * c["jitterBufferDelay"] / c["jitterBufferEmittedCount"] for c in counted]
    return [call.samples for call in calls]


def measured_all(
    clean: Sequence[Floats], filled: Mapping[str, Sequence[Floats]], lost: Sequence[Lost]
) -> dict[str, list[dict[str, float]]]:
    """Measure what each system made of each utterance, in two processes."""
    jobs = [job for each in filled.values() for job in zip(clean, each, lost, strict=True)]
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(_measured, jobs, chunksize=4))
    size = len(clean)
    return {name: found[k * size : (k + 1) * size] for k, name in enumerate(filled)}


def _measured(job: tuple[Floats, Floats, Lost]) -> dict[str, float]:
    return measured(*job)


def _in_opus(said: Sequence[Floats], lost: Sequence[Lost]) -> list[Floats]:
    """Our concealer behind libopus's decoder, in a call in which it gets the same packets.

    As in the jitter buffer, a gap of one packet is left to libopus; of longer ones what it makes is
    not heard.
    """
    concealer = open_concealer("firsthand")
    found = []
    for samples, gone in zip(said, lost, strict=True):
        decoder = Decoder()
        decoded = [
            decoder.decode(None if away else packet)
            for packet, away in zip(encode(samples), gone, strict=True)
        ]
        long = gone & (np.pad(gone, (1, 0))[:-1] | np.pad(gone, (0, 1))[1:])
        found.append(fill(np.concatenate(decoded)[: len(samples)], long, concealer))
    return found


def _whole(samples: Floats) -> Floats:
    return samples[: min(len(samples) // PACKET, _MOST) * PACKET]


def _some(utterances: list[Utterance], count: int | None) -> list[Utterance]:
    return utterances if count is None else utterances[:: max(1, len(utterances) // count)][:count]


def _lasting(paths: Sequence[Path], length: int, rng: np.random.Generator) -> Floats:
    """Return sounds drawn from `paths` one after another, alike in loudness."""
    parts: list[Floats] = []
    while sum(map(len, parts)) < length:
        samples = read_audio(paths[int(rng.integers(len(paths)))], RATE_HZ)[0]
        parts.append(samples / np.float32(np.sqrt(np.mean(samples**2)) + 1e-4))
    return np.concatenate(parts)[:length]
