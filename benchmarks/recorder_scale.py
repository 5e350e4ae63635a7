"""Is a library of a hundred hours searched at once, and does memory stay flat?

The library is made of 100 transcripts of an hour each, 9,000 words drawn by how often English has
them (wordfreq), with a phrase of four words planted in each at a known moment. Queries are rare and
common words, beginnings, two words together, phrases, and the planted ones, whose moment must be
found to the millisecond; each opens nothing anew, as a page would, and asks for 50 hits.
`add_ms_hour` is what an hour's transcript takes to be put in, `library_mb` what all take on disk.
`search_mb` is by how much the peak of memory rose over all queries.

`peak_mb_five_hours` is the peak memory of `firsthand recorder add` on a recording of five hours
(ten minutes with `--quick`), from its start to its end: Whisper, sounds and speakers. Every minute
somebody reads seven seconds of LibriSpeech; the rest is a quiet hum. `peak_mb_five_minutes` is the
same of the first five minutes, `work_s_per_hour` what an hour of it takes, and `..._pocketsphinx`
the same by that engine, whose own process is not counted.

The same recording, with a word every 400 ms and 360,000 bars in colour put into its place, is then
opened in the page by headless Chromium, twelve times: `page_usable_ms` is from the navigation until
its waveform is drawn, its legend with it, and its first words can be read. `frame_work_ms` is the
median processor time of the page's main thread in a sixtieth of a second in which it does anything,
while the transcript is scrolled and the waveform zoomed and panned; `longest_task_ms` the longest
task of that and of playing, in processor time, `_wall` by the clock, which other work on the
machine lengthens, and `_load` the median over openings of the longest by the clock. `page_mb` is
what the page's process keeps in memory at the end, the browser's own part among it; `page_heap_mb`
JavaScript's.
"""

import csv
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from wordfreq import top_n_list, word_frequency

from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_quantile,
    data_root,
    measure_command,
    peak_memory_bytes,
    run_benchmark,
)
from firsthand.media import AudioLog, read_audio
from firsthand.recorder.library import Library
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.voice import RATE_HZ
from hours_in_page import figures_of_page, fill

HOURS = 100
WORDS = 9_000
WORD_MS = 400
VOCABULARY = 30_000
READ_S = 7
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def hour(rng: np.random.Generator, words: np.ndarray, chances: np.ndarray, number: int):
    """A transcript, and where its planted phrase begins."""
    texts = rng.choice(words, WORDS, p=chances)
    at = int(rng.integers(0, WORDS - 4))
    texts[at : at + 4] = [f"planted{number}", "phrase", "of", f"hour{number}"]
    made = tuple(
        Word(str(text), n * WORD_MS, n * WORD_MS + WORD_MS - 50) for n, text in enumerate(texts)
    )
    return Transcript(made, language="en"), at * WORD_MS


def queries(rng: np.random.Generator, words: np.ndarray, chances: np.ndarray, count: int):
    common, rare = words[:200], words[2_000:]
    for n in range(count):
        one, other = rng.choice(words, 2, p=chances)
        yield (
            str(rng.choice(common)),
            str(rng.choice(rare)),
            f"{str(rng.choice(rare))[:4]}*",
            f"{one} {other}",
            f'"{rng.choice(common)} {rng.choice(common)}"',
        )[n % 5]


def write_minutes(path: Path, clips: list[Path], minutes: int, rng: np.random.Generator) -> None:
    with AudioLog(path, RATE_HZ) as log:
        for _ in range(minutes):
            minute = (1e-3 * rng.standard_normal(60 * RATE_HZ)).astype(np.float32)
            said = read_audio(clips[rng.integers(len(clips))], RATE_HZ)[0][: READ_S * RATE_HZ]
            at = int(rng.integers(len(minute) - len(said)))
            minute[at : at + len(said)] += said
            for block in np.split(minute, 60):
                log.write(block)


def recorded(engine: str, minutes: int, seed: int, library: Path) -> tuple[float, float, int]:
    """Peak memory in MB, seconds and number of adding a recording of so many minutes."""
    root = data_root(__file__) / "speech" / "librispeech"
    with (root / "labels.csv").open(encoding="utf-8") as file:
        clips = [root / "clips" / row["file"] for row in csv.DictReader(file)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hours.ogg"
        write_minutes(path, clips, minutes, np.random.default_rng(seed))
        command = [sys.executable, "-m", "firsthand.cli", "recorder", "add", str(path)]
        use = measure_command(
            [*command, "--engine", engine, "--library", str(library)],
            timeout_s=4 * 3600,
        )
        if use.returncode:
            raise RuntimeError(f"adding {minutes} minutes ended with {use.returncode}")
        with Library(library) as opened:
            (recording,) = opened.recordings()
            assert abs(recording.duration_ms - 60_000 * minutes) < 1_000
            assert len(opened.transcript(recording.number).words) > minutes
    return use.peak_mb, use.elapsed_s, recording.number


def measure(options: Options) -> Findings:
    hours = 10 if options.quick else HOURS
    rng = np.random.default_rng(options.seed)
    words = np.array([w for w in top_n_list("en", VOCABULARY) if w.isalpha()])
    chances = np.array([word_frequency(str(word), "en") for word in words])
    chances /= chances.sum()
    with tempfile.TemporaryDirectory() as folder, Library(folder) as library:
        planted, adding = [], []
        for number in range(hours):
            transcript, at_ms = hour(rng, words, chances, number)
            before = time.perf_counter()
            recording = library.add(f"Hour {number}", BEGAN, transcript)
            adding.append(1000 * (time.perf_counter() - before))
            planted.append((recording, at_ms))
        size_mb = sum(path.stat().st_size for path in Path(folder).rglob("*")) / 1e6
        before_mb = peak_memory_bytes() / 1e6
        asked = list(queries(rng, words, chances, 100 if options.quick else 1_000))
        took = [seconds_of(library, query) for query in asked]
        right = 0
        for number, (recording, at_ms) in enumerate(planted):
            query = f'"planted{number} phrase of hour{number}"'
            took.append(seconds_of(library, query))
            hits = library.search(query)
            right += [(hit.recording, hit.start_ms) for hit in hits] == [(recording, at_ms)]
        grown_mb = peak_memory_bytes() / 1e6 - before_mb
    minutes = 10 if options.quick else 300
    with tempfile.TemporaryDirectory() as folder:
        memory: dict[str, Figure] = {}
        for engine, suffix in (("pocketsphinx", "_pocketsphinx"), ("whisper", "")):
            long = Path(folder) / engine
            short_mb, _, _ = recorded(engine, 5, options.seed, Path(folder) / f"short {engine}")
            long_mb, long_s, number = recorded(engine, minutes, options.seed, long)
            memory |= {
                f"peak_mb_five_hours{suffix}": Figure(
                    long_mb, unit="MB", note=f"{minutes} minutes"
                ),
                f"peak_mb_five_minutes{suffix}": Figure(short_mb, unit="MB"),
                f"work_s_per_hour{suffix}": Figure(
                    long_s * 60 / minutes, unit="s", note="an eighth of it speech"
                ),
            }
        with Library(long) as library:
            fill(library, number, list(map(str, words[:5_000])), rng)
        page = figures_of_page(long, number, 3 if options.quick else 12, rng)
    quantile = bootstrap_quantile(1000 * np.array(took), 0.99, rng=rng)
    half = bootstrap_quantile(1000 * np.array(took), 0.5, rng=rng)
    return Findings(
        {
            "search_ms_p99": Figure.of(quantile, unit="ms", n=len(took)),
            "search_ms_median": Figure.of(half, unit="ms", n=len(took)),
            "planted_found": Figure(right / hours, n=hours),
            "add_ms_hour": Figure(float(np.median(adding)), unit="ms", n=hours),
            "library_mb": Figure(size_mb, unit="MB", note=f"{hours} hours of words"),
            "search_mb": Figure(max(0.0, grown_mb), unit="MB"),
            **memory,
            **page,
        }
    )


def seconds_of(library: Library, query: str) -> float:
    before = time.perf_counter()
    library.search(query, limit=50)
    return time.perf_counter() - before


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
