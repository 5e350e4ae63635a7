"""Putting recordings and transcripts into a library."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.media import AudioReader
from firsthand.media.audio_log import STORED_HZ
from firsthand.recorder.exchange import LARGEST_CHARACTERS, READABLE, Format, read_transcript
from firsthand.recorder.library import Bars, Library
from firsthand.recorder.sounds import levels
from firsthand.recorder.tags import Tally
from firsthand.recorder.voice import RATE_HZ
from firsthand.recorder.writing import Ears, Told, tags_of, writing_down

_BAR: Final = STORED_HZ // 20

Tell = Callable[[str, float, float], None]
"""Hears what is done with a file, and how many seconds of how many are."""


def add_audio(
    library: Library,
    path: Path,
    ears: Ears,
    *,
    title: str = "",
    tell: Tell = lambda *_: None,
    begun: Callable[[int], None] = lambda _: None,
    told: Told = lambda _: None,
) -> tuple[int, str]:
    """Put a sound file into a library; write down what is heard.

    `begun` hears the recording's number before anything is stored, `told` words as they come.
    Returns the recording's number and what was wrong with the file, or nothing. Words are in the
    library as soon as they are known: stopped half-way, the recording has those so far. Raises
    `MediaError` for what is no sound, and then adds nothing.
    """
    with AudioReader(path, rate_hz=STORED_HZ) as reader:
        began = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with library.begin(title or path.stem, began, STORED_HZ) as (number, log):
            begun(number)
            unheard, rest, loud = 0, np.empty(0, np.float32), bytearray()
            for block in gathered(reader, STORED_HZ):
                sane = np.isfinite(block)
                unheard += block.size - int(sane.sum())
                sound = np.where(sane, block, 0)
                log.write(sound)
                rest, found = levels.step(rest, sound, _BAR)
                loud += found.tobytes()
                tell("storing", log.samples / STORED_HZ, 0.0)
            whole_s = log.samples / STORED_HZ
    loud += levels.finish(rest).tobytes()
    library.write_bars(number, _grey(np.frombuffer(loud, np.uint8)))
    write_down(library, number, ears, whole_s=whole_s, tell=tell, told=told)
    remarks = [reader.damage] if reader.damage else []
    if unheard:
        remarks.append(f"{unheard} samples are NaN or infinite, and silent now")
    return number, "; ".join(remarks)


def _grey(heights: NDArray[np.uint8]) -> Bars:
    """Return bars of which nothing is known yet but how loud they are."""
    return Bars((), np.full(len(heights), -1, np.int16), heights)


def write_down(
    library: Library,
    number: int,
    ears: Ears,
    *,
    whole_s: float,
    tell: Tell = lambda *_: None,
    told: Told = lambda _: None,
) -> None:
    """Write down what is heard in the stored sound of a recording, of which nothing is known."""
    done, audio = 0, library.recording(number).audio
    if audio is None:
        raise InputError(f"recording {number} has no sound to be written down")
    with (
        AudioReader(audio, rate_hz=RATE_HZ) as kept,
        writing_down(library, number, ears, told=told) as hear,
    ):
        for block in gathered(kept, RATE_HZ):
            hear(block)
            done += len(block)
            tell("transcribing", done / RATE_HZ, whole_s)


def gathered(blocks: Iterable[NDArray[np.float32]], least: int) -> Iterator[NDArray[np.float32]]:
    """Yield blocks of `least` samples or more, but the last: small ones cost their handling."""
    held: list[NDArray[np.float32]] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= least:
            yield np.concatenate(held)
            held, count = [], 0
    if held:
        yield np.concatenate(held)


def add_transcript(library: Library, path: Path, *, title: str = "") -> int:
    """Put a transcript file into a library, without sound; return the recording's number.

    Raises `InputError` for a file that is none, naming it.
    """
    form = form_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            text = file.read(LARGEST_CHARACTERS + 1)
        transcript = read_transcript(text, form)
        began = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text in UTF-8 (byte {error.start})") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    number = library.add(title or path.stem, began, transcript)
    tally = Tally()
    tally.add(transcript.words)
    library.write_tags(number, tags_of(tally, transcript.language))
    return number


def is_transcript(path: Path) -> bool:
    """Return whether a file's ending is that of a transcript."""
    return path.suffix.lower().lstrip(".") in READABLE


def form_of(path: Path) -> Format:
    """Return the format that a file's ending names; `InputError` if it names none."""
    for form in READABLE:
        if path.suffix.lower() == f".{form}":
            return form
    raise InputError(f"{path}: a transcript ends with {', '.join(f'.{form}' for form in READABLE)}")
