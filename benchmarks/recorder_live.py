"""How soon can whoever speaks read what was said?

Utterances of `speech/transcribed`, with pauses of 0.5 to 1.5 s between, are given to
`firsthand recorder record`'s own function at the pace of a microphone, a tenth of a second at a
time, with sounds and speakers on as usual; every word's end is taken from the words written down at
last. `guess_ms_ENGINE` is how long after its end a word is first shown, in a guess that has it
within half a second of its place; `final_ms_ENGINE` how long until it is written down for good;
medians and nine tenths (`..._p90`). `guessed_ENGINE` is the share of words that a guess showed
before. What is final waits for the pause that ends a sentence; `after_pause_ms_ENGINE` is how long
after that pause has lasted 300 ms.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    bootstrap_quantile,
    data_root,
    run_benchmark,
    wilson,
)
from firsthand.recorder.engines.sphinx import PocketSphinx, SphinxGuesser
from firsthand.recorder.engines.whisper import Whisper
from firsthand.recorder.guessing import Shared, TailGuesser
from firsthand.recorder.library import Library
from firsthand.recorder.recording import record
from firsthand.recorder.sounds.loading import load_listener
from firsthand.recorder.speakers.loading import load_speakers
from firsthand.recorder.speech import spoken
from firsthand.recorder.transcript import Word
from firsthand.recorder.voice import RATE_HZ, load_voice
from firsthand.recorder.writing import Ears
from recorder_transcription import utterances

BLOCK = RATE_HZ // 10
NEAR_MS = 500
PAUSE_MS = 300


@dataclass
class Screen:
    """What was shown when, in ms since the recording began."""

    began: float = 0.0
    guesses: list[tuple[float, list[Word]]] = field(default_factory=list)
    finals: list[tuple[float, Word]] = field(default_factory=list)

    def now_ms(self) -> float:
        return 1000 * (time.perf_counter() - self.began)

    def told(self, words: list[Word]) -> None:
        now_ms = self.now_ms()
        self.finals += [(now_ms, word) for word in words]

    def guessed(self, words: list[Word]) -> None:
        self.guesses.append((self.now_ms(), words))

    def first_guess_ms(self, word: Word) -> float | None:
        for at_ms, words in self.guesses:
            for each in words:
                near = abs(each.start_ms - word.start_ms) < NEAR_MS
                if near and plain(each.text) == plain(word.text):
                    return at_ms
        return None


def plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def paced(samples: NDArray[np.float32], screen: Screen) -> Iterator[NDArray[np.float32]]:
    screen.began = time.perf_counter()
    for number, block in enumerate(np.split(samples, range(BLOCK, len(samples), BLOCK)), 1):
        time.sleep(max(0.0, number * 0.1 - screen.now_ms() / 1000))
        yield block


def quantiles(values: list[float], rng: np.random.Generator) -> tuple[Interval, Interval]:
    return (
        bootstrap_quantile(np.array(values), 0.5, rng=rng),
        bootstrap_quantile(np.array(values), 0.9, rng=rng),
    )


def measure(options: Options) -> Findings:
    chosen = utterances(data_root(__file__) / "speech" / "transcribed")
    if options.quick:
        chosen = chosen[::4]
    rng = np.random.default_rng(options.seed)
    parts = []
    for utterance in chosen:
        parts += [np.zeros(int(rng.uniform(0.5, 1.5) * RATE_HZ), np.float32), utterance.samples]
    samples = np.concatenate([*parts, np.zeros(2 * RATE_HZ, np.float32)])
    voice, listener, speakers = load_voice(), load_listener(), load_speakers()
    ends_ms = [span.end_ms for span in spoken(voice, [samples])]
    figures: dict[str, Figure] = {}
    whisper = Shared(Whisper(language="en"))
    sides = {
        "whisper": (whisper, TailGuesser(whisper)),
        "pocketsphinx": (PocketSphinx(), SphinxGuesser()),
    }
    for name, (engine, guesser) in sides.items():
        engine.words(samples[: 3 * RATE_HZ], 0)
        screen = Screen()
        with tempfile.TemporaryDirectory() as folder, Library(folder) as library:
            record(
                *(library, paced(samples, screen), RATE_HZ),
                Ears(engine, voice, listener, speakers, guesser),
                title="live",
                begun_at=datetime.now(UTC),
                told=screen.told,
                guessed=screen.guessed,
            )
        firsts = [(screen.first_guess_ms(word), at_ms, word) for at_ms, word in screen.finals]
        guessed = [first - word.end_ms for first, at_ms, word in firsts if first and first < at_ms]
        final = [at_ms - word.end_ms for at_ms, word in screen.finals]
        paused = [
            at_ms - min(end for end in ends_ms if end >= word.end_ms - 100) - PAUSE_MS + 96
            for at_ms, word in screen.finals
        ]
        for what, values in (("guess", guessed), ("final", final), ("after_pause", paused)):
            half, most = quantiles(values, rng)
            figures[f"{what}_ms_{name}"] = Figure.of(half, unit="ms", n=len(values))
            figures[f"{what}_ms_{name}_p90"] = Figure.of(most, unit="ms", n=len(values))
        figures[f"guessed_{name}"] = Figure.of(wilson(len(guessed), len(firsts)), n=len(firsts))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
