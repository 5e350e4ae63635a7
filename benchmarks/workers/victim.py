"""Programs that the faults kill or starve: `victim.py WHAT FOLDER [MORE]`, a line for each step.

`record FOLDER [BYTES]` records speech until it is ended, or no file may grow beyond so many bytes;
`pull FOLDER ADDRESS SHA256 SIZE [BYTES]` pulls a model; `train FOLDER STEPS` trains.
"""

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from firsthand.errors import FirsthandError

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 1_600
WORDS = 36_000


def limit_files(size: str) -> None:
    """As a full disk: Python ignores the signal, and writing fails with EFBIG."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))


def speech() -> np.ndarray:
    from firsthand.media import read_audio

    return read_audio(ROOT / "examples" / "media" / "recorder" / "two_readers.ogg", 16_000)[0]


def record(folder: str, *limit: str) -> None:
    from firsthand.recorder.engines.given import Given
    from firsthand.recorder.library import Library
    from firsthand.recorder.recording import record
    from firsthand.recorder.transcript import Transcript, Word
    from firsthand.recorder.voice import load_voice
    from firsthand.recorder.writing import Ears

    samples = speech()
    words = tuple(Word(f"w{n}", 100 * n, 100 * n + 90) for n in range(WORDS))
    ears = Ears(Given(Transcript(words)), load_voice())

    def blocks():
        count = 0
        while True:
            for start in range(0, len(samples) - BLOCK, BLOCK):
                yield samples[start : start + BLOCK]
                count += 1
                print(count, flush=True)

    with Library(folder) as library:
        if limit:
            limit_files(limit[0])
        begun_at = datetime(2026, 1, 1, tzinfo=UTC)
        record(library, blocks(), 16_000, ears, title="Cut short", begun_at=begun_at)


def pull(folder: str, address: str, sha256: str, size: str, *limit: str) -> None:
    from firsthand.runtime import ModelCard, ModelStore
    from firsthand.runtime.sources import UrlSource

    card = ModelCard(
        name="pulled",
        version="1",
        task="none",
        description="pulled",
        format="tflite",
        sha256=sha256,
        size_bytes=int(size),
        licence="Apache-2.0",
        sources=(UrlSource(address),),
    )
    if limit:
        limit_files(limit[0])
    store = ModelStore(folder, cards={"pulled": card})
    store.pull("pulled", lambda _, done, __: print(done, flush=True))


def train(folder: str, steps: str, *limit: str) -> None:
    from faults.training import fitted

    if limit:
        limit_files(limit[0])
    fitted(Path(folder), int(steps), lambda progress: print(progress.step, flush=True))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    try:
        {"record": record, "pull": pull, "train": train}[sys.argv[1]](*sys.argv[2:])
    except FirsthandError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        raise SystemExit(1) from error
