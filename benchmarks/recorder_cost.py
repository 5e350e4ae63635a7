"""What does an hour of speech cost a processor, stage by stage, as the energy a phone cares for?

Readings of LibriSpeech (`speech/librispeech`, those of `test-other` and others) one after another
with short pauses, five minutes, one with `--quick`; every stage of `firsthand recorder add` runs
over all of them by itself, in blocks of a tenth of a second as a live recording has them, stages
taking turns. `cpu_s_per_hour_STAGE` is the processor time of all threads for an hour of such sound:
`store` (Opus), `voice` (where speech is), `whisper` and `pocketsphinx` (words, of speech already
cut out), `sounds` (Firsthand's own network, 50 ms bars, steadying, events), `speakers` (voices and
at the end turns), `tags`. `cpu_s_per_hour` is their sum with Whisper.
"""

import csv
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil

from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark
from firsthand.media import AudioLog, read_audio
from firsthand.recorder import voice
from firsthand.recorder.engines.sphinx import PocketSphinx
from firsthand.recorder.engines.whisper import Whisper
from firsthand.recorder.sounds.loading import load_listener
from firsthand.recorder.speakers.embedding import VoicesState, all_voices
from firsthand.recorder.speakers.loading import load_speakers
from firsthand.recorder.speakers.turns import turns_of
from firsthand.recorder.speech import spoken
from firsthand.recorder.tags import Tally
from firsthand.recorder.transcriber import written
from firsthand.recorder.voice import RATE_HZ
from firsthand.recorder.writing import tags_of

BLOCK = RATE_HZ // 10
PARTS = 5


def readings(root: Path, seconds: float, rng: np.random.Generator) -> np.ndarray:
    with (root / "labels.csv").open(encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    parts, length = [], 0
    for index in rng.permutation(len(names)):
        clip = read_audio(root / "clips" / names[index], RATE_HZ)[0]
        pause = np.zeros(int(rng.uniform(0.3, 1.0) * RATE_HZ), np.float32)
        parts += [clip, pause]
        length += len(clip) + len(pause)
        if length >= seconds * RATE_HZ:
            break
    return np.concatenate(parts)[: int(seconds * RATE_HZ)]


def processor_s() -> float:
    """Processor time so far of this process and of engines in processes of their own."""
    times = [child.cpu_times() for child in psutil.Process().children()]
    return time.process_time() + sum(each.user + each.system for each in times)


def measure(options: Options) -> Findings:
    seconds = 60.0 if options.quick else 300.0
    rng = np.random.default_rng(options.seed)
    samples = readings(data_root(__file__) / "speech" / "librispeech", seconds, rng)
    blocks = np.split(samples, range(BLOCK, len(samples), BLOCK))
    network, listener, speakers = voice.load_voice(), load_listener(), load_speakers()
    engines = {"whisper": Whisper(language="en"), "pocketsphinx": PocketSphinx()}
    spans = list(spoken(network, blocks))
    for engine in engines.values():
        said = written(engine, spans[0])
    tally = Tally()
    tally.add(said)
    tags_of(tally, "en")  # what is loaded once is not counted
    hearing, chances = voice.VoiceState(), []
    for block in blocks:
        hearing, found = voice.step(network, hearing, block)
        chances.append(found)
    words = {name: [] for name in engines}

    def store(part: slice) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            AudioLog(Path(folder) / "a.ogg", RATE_HZ) as log,
        ):
            for block in blocks[part]:
                log.write(block)

    def hear(part: slice) -> None:
        state = voice.VoiceState()
        for block in blocks[part]:
            state, _ = voice.step(network, state, block)

    def sounds(part: slice) -> None:
        state = listener.begin()
        for block in blocks[part]:
            state, _ = listener.step(state, block)
        listener.finish(state)

    def voices(part: slice) -> None:
        state, found = VoicesState(), []
        for block, chance in zip(blocks[part], chances[part], strict=True):
            state, some = speakers.step(state, block, chance)
            found.append(some)
        turns_of(all_voices(found), [(0, 10**9)], speakers.least)

    def write(name: str) -> Callable[[slice], None]:
        def run(part: slice) -> None:
            first_ms, last_ms = part.start * 100, part.stop * 100
            for span in spans:
                if first_ms <= span.start_ms < last_ms:
                    words[name] += written(engines[name], span)

        return run

    def tags(part: slice) -> None:
        tally = Tally()
        tally.add([w for w in words["whisper"] if part.start * 100 <= w.start_ms < part.stop * 100])
        tags_of(tally, "en")

    stages = {"store": store, "voice": hear, "sounds": sounds, "speakers": voices}
    stages |= {name: write(name) for name in engines} | {"tags": tags}
    took = dict.fromkeys(stages, 0.0)
    edges = np.linspace(0, len(blocks), PARTS + 1).astype(int)
    for first, last in pairwise(edges):
        for name, stage in stages.items():
            before = processor_s()
            stage(slice(int(first), int(last)))
            took[name] += processor_s() - before
    hour = 3600 * RATE_HZ / len(samples)
    figures = {
        f"cpu_s_per_hour_{name}": Figure(hour * spent, unit="s") for name, spent in took.items()
    }
    whole = sum(spent for name, spent in took.items() if name != "pocketsphinx")
    speech = sum(span.end_ms - span.start_ms for span in spans) / (len(samples) / 16)
    figures["cpu_s_per_hour"] = Figure(hour * whole, unit="s", note="all, with Whisper")
    figures["share_of_speech"] = Figure(speech, note="of the sound")
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
