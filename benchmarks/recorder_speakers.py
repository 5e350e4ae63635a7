"""Who speaks when: how much of the talk is given to the wrong speaker?

Two sets. `meetings`: excerpts of 30 s of real meetings with published turns, with much talking over
each other. `talks`: conversations of two or three people made of LibriSpeech's readers of
`test-other`, whom nothing was trained or calibrated with, in rooms and noise; turns of 1.5 to 9 s.
`error_SET` is the diarisation error rate by pyannote.metrics: speech given to the wrong speaker
(`confused_SET`), missed (`missed_SET`: talking over each other counts, as one speaker at a time is
told) and invented, over all speech, with a collar of 0.5 s around each border; intervals resample
recordings. `..._resemblyzer` is the same pipeline with the teacher's directions, which is what our
network learnt from, at the threshold that is fitted in the same way; `..._alone` takes everything
for one speaker. `speakers_off_SET` is by how many the number of speakers is wrong, on average.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_ratio,
    data_root,
    run_benchmark,
)
from firsthand.media import read_audio
from firsthand.recorder import voice
from firsthand.recorder.speakers.embedding import (
    HOP_MS,
    SpeakerNetwork,
    Voices,
    VoicesState,
)
from firsthand.recorder.speakers.loading import load_speakers
from firsthand.recorder.speakers.turns import turns_of
from firsthand.recorder.speech import spoken
from firsthand.recorder.transcript import Turn
from firsthand.recorder.voice import RATE_HZ
from firsthand.train.audio.acoustics import coloured, in_room
from firsthand.train.audio.resemblyzer import WINDOW, Resemblyzer
from firsthand.train.recorder.speaker_clips import Voice, read_voices
from firsthand.train.recorder.speakers import cosines

KEPT = Path(__file__).parents[1] / ".cache" / "benchmarks" / "recorder"
TALKS = 24
COLLAR_S = 0.5

Floats = NDArray[np.float32]
Hear = Callable[[Floats, Floats], Voices]


@dataclass(frozen=True)
class Recording:
    samples: Floats
    truth: list[tuple[float, float, str]]
    """Beginnings and lengths in seconds, and names."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


def meetings(root: Path) -> Iterator[Recording]:
    truth: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for path in root.glob("*.rttm"):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, name, _, start, length, _, _, who, *_ = line.split()
            truth[name].append((float(start), float(length), who))
    with (root / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = Path(row["file"]).stem
            if name in truth:
                yield Recording(read_audio(root / "clips" / row["file"], RATE_HZ)[0], truth[name])


def talk(voices: tuple[Voice, ...], rng: np.random.Generator) -> Recording:
    people = sorted({clip.speaker for clip in voices})
    there = rng.choice(people, min(len(people), int(rng.integers(2, 6))), replace=False)
    parts, truth, at, last = [], [], 0, ""
    for _ in range(16):
        who = str(rng.choice([person for person in there if person != last]))
        last = who
        mine = [clip.samples for clip in voices if clip.speaker == who]
        said = mine[rng.integers(len(mine))][: int(rng.uniform(1.5, 9) * RATE_HZ)]
        said = said * np.float32(10 ** (rng.uniform(-6, 6) / 20))
        pause = int(rng.uniform(0.1, 1.0) * RATE_HZ)
        parts += [np.zeros(pause, np.float32), said]
        at += pause
        truth.append((at / RATE_HZ, len(said) / RATE_HZ, who))
        at += len(said)
    samples = in_room(np.concatenate(parts), rng)
    noise_db = 10 * np.log10(np.mean(samples**2)) + rng.uniform(-35, -15)
    samples += coloured(rng, len(samples)) * np.float32(10 ** (noise_db / 20))
    return Recording(samples, truth)


def own(network: SpeakerNetwork) -> Hear:
    return lambda samples, chances: network.step(VoicesState(), samples, chances)[1]


def taught(teacher: Resemblyzer, network: SpeakerNetwork) -> Hear:
    """The teacher's directions of the windows that our network would judge."""

    def hear(samples: Floats, chances: Floats) -> Voices:
        places = network.step(VoicesState(), samples, chances)[1].places
        hop = HOP_MS * RATE_HZ // 1000
        windows = [samples[place * hop : place * hop + WINDOW] for place in places]
        found = teacher.voices(np.stack(windows)) if windows else np.empty((0, 256))
        return Voices(places, found.astype(np.float16))

    return hear


def errors(recording: Recording, turns: tuple[Turn, ...]) -> dict[str, float]:
    truth, told = Annotation(), Annotation()
    for index, (start, length, who) in enumerate(recording.truth):
        truth[Segment(start, min(start + length, recording.seconds)), index] = who
    for index, turn in enumerate(turns):
        told[Segment(turn.start_ms / 1000, turn.end_ms / 1000), index] = turn.speaker
    rate = DiarizationErrorRate(collar=COLLAR_S)
    whole = Timeline([Segment(0, recording.seconds)])
    return dict(rate.compute_components(truth, told, uem=whole))


def measure(options: Options) -> Findings:
    root = data_root(__file__)
    rng = np.random.default_rng(options.seed)
    clips = read_voices(root)
    count = 4 if options.quick else TALKS
    sets = {
        "meetings": list(meetings(root / "speech" / "meetings"))[:: 3 if options.quick else 1],
        "talks": [talk(clips.test, rng) for _ in range(count)],
    }
    network, detector, teacher = load_speakers(), voice.load_voice(), Resemblyzer.load(KEPT)
    same, other = cosines(teacher.voices, clips.calibrate, options.seed)
    sides = {
        "": (own(network), network.least),
        "_resemblyzer": (taught(teacher, network), float((same.mean() + other.mean()) / 2)),
    }
    figures: dict[str, Figure] = {}
    for name, recordings in sets.items():
        found: dict[str, list[dict[str, float]]] = defaultdict(list)
        off: dict[str, list[int]] = defaultdict(list)
        for recording in recordings:
            blocks = [recording.samples]
            spans = [(s.start_ms, s.end_ms) for s in spoken(detector, blocks)]
            _, chances = voice.step(detector, voice.VoiceState(), recording.samples)
            alone = tuple(Turn(0, *span) for span in spans)
            people = len({who for _, _, who in recording.truth})
            found["_alone"].append(errors(recording, alone))
            for side, (hear, least) in sides.items():
                turns = turns_of(hear(recording.samples, chances), spans, least) or alone
                found[side].append(errors(recording, turns))
                off[side].append(abs(len({turn.speaker for turn in turns}) - people))
        for side, parts in found.items():
            whole = [part["total"] for part in parts]
            kinds = {"confused": "confusion", "missed": "missed detection"}
            wrong = [
                part["confusion"] + part["missed detection"] + part["false alarm"] for part in parts
            ]
            figures[f"error_{name}{side}"] = Figure.of(
                bootstrap_ratio(wrong, whole, rng=rng), n=len(parts)
            )
            for kind, key in kinds.items():
                figures[f"{kind}_{name}{side}"] = Figure.of(
                    bootstrap_ratio([part[key] for part in parts], whole, rng=rng), n=len(parts)
                )
        for side, counts in off.items():
            figures[f"speakers_off_{name}{side}"] = Figure(float(np.mean(counts)), n=len(counts))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
