"""A recording that is cut short, starved, damaged or kept waiting."""

import os
import signal
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from faults import Outcome, fault, refusal
from faults.victims import killed_at, last_words
from firsthand.media import AudioReader
from firsthand.recorder.engines.given import Given
from firsthand.recorder.library import Library
from firsthand.recorder.recording import record
from firsthand.recorder.transcript import Transcript, Word
from firsthand.recorder.voice import load_voice
from firsthand.recorder.writing import Ears

RATE_HZ = 16_000
BEGUN_AT = datetime(2026, 1, 1, tzinfo=UTC)
MOST_LOST_MS = 500  # as media/audio_log.py promises
HUM = (0.1 * np.random.default_rng(0).standard_normal(RATE_HZ // 10)).astype(np.float32)


def heard_ms(path: Path) -> int:
    """How much sound a file has."""
    with AudioReader(path) as reader:
        return sum(map(len, reader)) * 1000 // reader.rate_hz


def recorded(folder: Path, blocks, engine=None) -> None:
    ears = Ears(engine or Given(Transcript(())), load_voice())
    with Library(folder) as library:
        record(library, blocks, RATE_HZ, ears, title="Hum", begun_at=BEGUN_AT)


def whole(folder: Path) -> bool:
    with sqlite3.connect(next(folder.glob("*.sqlite3"))) as database:
        (said,) = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    return said == "ok"


@fault("recorder", "Killed (SIGKILL) while it records and writes down")
def killed(folder: Path) -> Outcome:
    blocks = killed_at(200, "record", folder)
    with Library(folder) as library:
        (found,) = library.recordings()
        read = library.transcript(found.number).words
        words = [word.text for word in read]
        assert found.audio is not None
        there_ms = heard_ms(found.audio)
    lost_ms = 100 * blocks - there_ms
    ordered = words == sorted(words, key=lambda text: int(text[1:])) and len(set(words)) == len(
        words
    )
    ok = (
        found.state == "done"
        and lost_ms <= MOST_LOST_MS
        and abs(found.duration_ms - there_ms) <= 100
        and bool(words)
        and ordered
        and whole(folder)
    )
    return Outcome(
        ok,
        f"the next that opens the library ends the recording: {there_ms / 1000:.1f} s of "
        f"{blocks / 10:.1f} s can be heard, {len(words)} words read; its note says {found.note!r}",
        f"{max(0, lost_ms)} ms of sound; words after {max(w.end_ms for w in read) / 1000:.1f} s",
    )


@fault("recorder", "A full disk (EFBIG) while it records")
def full_disk(folder: Path) -> Outcome:
    code, said = last_words("record", folder, 200_000)
    with Library(folder) as library:
        (found,) = library.recordings()
        assert found.audio is not None
        there_ms = heard_ms(found.audio)
    ok = code == 1 and "Error: " in said and found.state == "done" and whole(folder)
    ok = ok and there_ms > 0 and found.note.startswith(("ended early", "only its beginning"))
    return Outcome(
        ok,
        f"it ends, and says {said!r}; {there_ms / 1000:.1f} s can be heard",
        "what came after",
    )


@fault("recorder", "Sound with NaN in the middle")
def not_a_number(folder: Path) -> Outcome:
    spoiled = HUM.copy()
    spoiled[5] = np.nan
    said = refusal(lambda: recorded(folder, [*[HUM] * 20, spoiled, *[HUM] * 20]))
    with Library(folder) as library:
        found = library.recording(1)
    ok = "NaN" in said and found.duration_ms == 2_000 and "NaN" in found.note
    return Outcome(ok, f"{said}; the recording ends there with a note", "what came after")


@fault("recorder", "The engine's process is killed while it writes down")
def engine_killed(folder: Path) -> Outcome:
    from firsthand.recorder.engines.sphinx import PocketSphinx
    from workers.victim import speech

    engine = PocketSphinx()
    (worker,) = psutil.Process().children()
    samples = speech()

    def blocks():
        for count, start in enumerate(range(0, len(samples) - 1_600, 1_600)):
            if count == 100:
                os.kill(worker.pid, signal.SIGKILL)
            yield samples[start : start + 1_600]

    said = refusal(lambda: recorded(folder, blocks(), engine))
    with Library(folder) as library:
        found = library.recording(1)
        assert found.audio is not None
        there_ms = heard_ms(found.audio)
    ok = "PocketSphinx's process has ended" in said and "PocketSphinx" in found.note
    ok = ok and there_ms >= 10_000
    happened = f"{said}; what was recorded by then can be heard: {there_ms / 1000:.1f} s"
    return Outcome(ok, happened, "words from then on")


@fault("recorder", "Another program holds the database for a second")
def locked(folder: Path) -> Outcome:
    with Library(folder) as library:
        other = sqlite3.connect(
            folder / "library.sqlite3", check_same_thread=False, isolation_level=None
        )
        other.execute("BEGIN IMMEDIATE")
        let_go = threading.Timer(1.0, lambda: other.execute("ROLLBACK"))
        let_go.start()
        number = library.add("Waited", BEGUN_AT, Transcript((Word("a", 0, 1),)))
        waited = not let_go.is_alive()
        let_go.join()
        other.close()
        ok = waited and library.transcript(number).words[0].text == "a"
    return Outcome(ok, "writing waits for its turn, and is done")


@fault("recorder", "Another program holds the database for good", quick=False)
def locked_for_good(folder: Path) -> Outcome:
    with Library(folder) as library:
        other = sqlite3.connect(folder / "library.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        said = refusal(lambda: library.add("In vain", BEGUN_AT))
        other.close()
        ok = "another program has been writing" in said and library.recordings() == ()
    return Outcome(ok, said, "what was to be written, and it is told")


@fault("recorder", "The database is overwritten with noise from its second page on")
def database_damaged(folder: Path) -> Outcome:
    with Library(folder) as library:
        library.add("Lost", BEGUN_AT, Transcript((Word("a", 0, 1),)))
    path = folder / "library.sqlite3"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(np.random.default_rng(0).bytes(size - 4_096))

    def read() -> None:
        with Library(folder) as library:
            library.transcript(library.recordings()[0].number)

    said = refusal(read)
    return Outcome("is damaged" in said, said, "the words")


@fault("recorder", "The file of a recording's sound is cut in the middle of a page")
def sound_cut(folder: Path) -> Outcome:
    recorded(folder, [HUM] * 100)
    with Library(folder) as library:
        path = library.recording(1).audio
    assert path is not None
    os.truncate(path, path.stat().st_size * 6 // 10 + 7)
    there_ms = heard_ms(path)
    ok = 5_000 <= there_ms <= 6_500
    return Outcome(ok, f"{there_ms / 1000:.1f} s of 10 s can be heard", "what was cut off")
