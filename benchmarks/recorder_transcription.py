"""How many words are wrong, how long does it take, and do the words lie where they are said?

Twelve utterances of five sources, 85 s (`speech/transcribed`), few enough that intervals matter.
Errors are counted by jiwer after Whisper's own normalisation of English (numbers, spelling,
punctuation) of both sides; intervals resample utterances. `rtf_...` is seconds of work for a second
of sound, engines taking turns in one run, two threads for Whisper and one for PocketSphinx, speech
detection included. Beckett's and Dickens's texts are famous enough that Whisper may know them by
heart.

Word times: utterances are spliced into one recording with 30 s of silence before each, which is
transcribed as any recording is. The truth is PocketSphinx's forced alignment of the known text to
each clean utterance by itself, moved by the known place of its splice; words whose text Whisper got
right are compared by their beginnings. Utterances with a word that PocketSphinx's dictionary lacks
are left out, and counted. Alignments are on a grid of 10 ms and err themselves.
"""

import csv
import time
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
import pocketsphinx
from numpy.typing import NDArray
from whisper_normalizer.english import EnglishTextNormalizer

from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_median,
    bootstrap_ratio,
    data_root,
    run_benchmark,
)
from firsthand.media import read_audio
from firsthand.recorder.engines.sphinx import PocketSphinx
from firsthand.recorder.engines.whisper import Whisper
from firsthand.recorder.transcriber import Transcriber, transcribed
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.voice import RATE_HZ, load_voice

SILENCE_S = 30
BLOCK = RATE_HZ // 10
NORMAL = EnglishTextNormalizer()


@dataclass(frozen=True)
class Utterance:
    name: str
    samples: NDArray[np.float32]
    text: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


def utterances(root: Path) -> list[Utterance]:
    with (root / "labels.csv").open(encoding="utf-8") as file:
        return [
            Utterance(
                row["file"], read_audio(root / "clips" / row["file"], RATE_HZ)[0], row["text"]
            )
            for row in csv.DictReader(file)
        ]


def words_of(engine: Transcriber, voice, samples: NDArray[np.float32]) -> list[Word]:
    blocks = np.split(samples, range(BLOCK, len(samples), BLOCK))
    return [word for part in transcribed(engine, voice, blocks) for word in part]


def counted(said: str, heard: str) -> tuple[int, int]:
    """Errors, and words that were said."""
    found = jiwer.process_words(NORMAL(said), NORMAL(heard) or "")
    errors = found.substitutions + found.deletions + found.insertions
    return errors, found.hits + found.substitutions + found.deletions


def aligned(utterance: Utterance) -> list[Word] | None:
    """The utterance's words where PocketSphinx puts them, None if it does not know them all."""
    decoder = pocketsphinx.Decoder(cmn="batch", loglevel="FATAL")
    words = utterance.text.lower().split()
    if any(decoder.lookup_word(word) is None for word in words):
        return None
    decoder.set_align_text(" ".join(words))
    pcm = np.clip(np.rint(utterance.samples * 32768), -32768, 32767).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return None
    found = [
        Word(each.word.split("(")[0], each.start_frame * 10, (each.end_frame + 1) * 10)
        for each in decoder.seg()
        if not each.word.startswith(("<", "["))
    ]
    return found if [word.text for word in found] == words else None


def time_errors(engine: Transcriber, voice, chosen: list[Utterance]) -> tuple[list[float], int]:
    """Distances in ms between beginnings, and how many utterances could not be aligned."""
    truth: list[Word] = []
    parts: list[NDArray[np.float32]] = []
    at, missed = 0, 0
    for utterance in chosen:
        known = aligned(utterance)
        if known is None:
            missed += 1
            continue
        parts += [np.zeros(SILENCE_S * RATE_HZ, np.float32), utterance.samples]
        at += SILENCE_S * RATE_HZ
        moved = at * 1000 // RATE_HZ
        truth += [Word(w.text, w.start_ms + moved, w.end_ms + moved) for w in known]
        at += len(utterance.samples)
    heard = words_of(engine, voice, np.concatenate(parts))
    plain = ["".join(c for c in w.text.lower() if c.isalnum() or c == "'") or "-" for w in heard]
    matched = jiwer.process_words(" ".join(w.text for w in truth), " ".join(plain))
    errors = [
        abs(truth[chunk.ref_start_idx + n].start_ms - heard[chunk.hyp_start_idx + n].start_ms)
        for chunk in matched.alignments[0]
        if chunk.type == "equal"
        for n in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]
    return [float(error) for error in errors], missed


def measure(options: Options) -> Findings:
    everything = utterances(data_root(__file__) / "speech" / "transcribed")
    chosen = everything[::3] if options.quick else everything
    voice = load_voice()
    engines: dict[str, Transcriber] = {
        "whisper": Whisper(language="en", threads=2),
        "pocketsphinx": PocketSphinx(),
    }
    for engine in engines.values():  # what is loaded at first use is not measured
        words_of(engine, voice, chosen[0].samples)
    counts: dict[str, list[tuple[int, int]]] = {name: [] for name in engines}
    times: dict[str, list[float]] = {name: [] for name in engines}
    for utterance in chosen:
        for name, engine in engines.items():
            before = time.perf_counter()
            words = words_of(engine, voice, utterance.samples)
            times[name].append(time.perf_counter() - before)
            counts[name].append(counted(utterance.text, Transcript(tuple(words)).text))
    seconds = [utterance.seconds for utterance in chosen]
    rng = np.random.default_rng(options.seed)
    figures: dict[str, Figure] = {}
    for name in engines:
        errors, said = zip(*counts[name], strict=True)
        note = f"{sum(errors)} of {sum(said)} words"
        rate = bootstrap_ratio(errors, said, rng=rng)
        figures[f"wer_{name}"] = Figure.of(rate, note=note, n=len(chosen))
        figures[f"rtf_{name}"] = Figure.of(
            bootstrap_ratio(times[name], seconds, rng=rng), n=len(chosen)
        )
    away, missed = time_errors(engines["whisper"], voice, chosen)
    figures["word_time_median_ms"] = Figure.of(
        bootstrap_median(away, rng=rng), unit="ms", n=len(away)
    )
    figures["word_time_worst_ms"] = Figure(max(away), unit="ms", n=len(away))
    figures["word_time_over_300_ms"] = Figure(float(sum(each > 300 for each in away)), n=len(away))
    figures["utterances_not_aligned"] = Figure(float(missed), n=len(chosen))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
