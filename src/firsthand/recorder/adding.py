"""Putting recordings and transcripts into a library."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.media import AudioReader
from firsthand.media.audio_log import STORED_HZ
from firsthand.recorder.exchange import LARGEST_CHARACTERS, READABLE, Format, read_transcript
from firsthand.recorder.library import Bars, Library
from firsthand.recorder.sounds.listener import Heard, Listener, together
from firsthand.recorder.tags import Tally, bundled_table, suggested
from firsthand.recorder.transcriber import Transcriber, transcribed
from firsthand.recorder.voice import RATE_HZ
from firsthand.runtime import Runner

Tell = Callable[[str, float, float], None]
"""Hears what is done with a file, and how many seconds of how many are."""


def add_audio(
    library: Library,
    path: Path,
    engine: Transcriber,
    voice: Runner,
    *,
    title: str = "",
    listener: Listener | None = None,
    tell: Tell = lambda *_: None,
) -> tuple[int, str]:
    """Put a sound file into a library; write down what is said and, with `listener`, heard.

    Returns the recording's number and what was wrong with the file, or nothing. Words are in the
    library as soon as they are known: stopped half-way, the recording has those so far. Raises
    `MediaError` for what is no sound, and then adds nothing.
    """
    with AudioReader(path, rate_hz=STORED_HZ) as reader:
        began = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with library.begin(title or path.stem, began, STORED_HZ) as (number, log):
            for block in reader:
                log.write(block)
                tell("storing", log.samples / STORED_HZ, 0.0)
            whole_s = log.samples / STORED_HZ
            log.close()
            _write_down(library, number, engine, voice, listener, whole_s, tell)
            return number, reader.damage or ""


def listened(
    blocks: Iterable[NDArray[np.float32]], listener: Listener | None, parts: list[Heard]
) -> Iterator[NDArray[np.float32]]:
    """Yield blocks; put into `parts` what a listener makes of them by the way."""
    if listener is None:
        yield from blocks
        return
    state = listener.begin()
    for block in blocks:
        state, heard = listener.step(state, block)
        parts.append(heard)
        yield block
    parts.append(listener.finish(state))


def write_heard(library: Library, number: int, listener: Listener, parts: Sequence[Heard]) -> None:
    """Write into a library what a listener has made of a whole recording, part by part."""
    heard = together(parts)
    library.write_sounds(number, heard.sounds)
    library.write_bars(number, Bars(listener.colours, heard.colours, heard.levels))


def _write_down(
    library: Library,
    number: int,
    engine: Transcriber,
    voice: Runner,
    listener: Listener | None,
    whole_s: float,
    tell: Tell,
) -> None:
    audio = library.recording(number).audio
    assert audio is not None
    done = 0
    parts: list[Heard] = []

    def blocks() -> Iterator[NDArray[np.float32]]:
        nonlocal done
        for block in listened(reader, listener, parts):
            yield block
            done += len(block)
            tell("transcribing", done / RATE_HZ, whole_s)

    tally = Tally()
    note = "only its beginning was written down"
    try:
        with AudioReader(audio, rate_hz=RATE_HZ) as reader:
            for words in transcribed(engine, voice, blocks()):
                library.add_words(number, words)
                tally.add(words)
        if listener is not None:
            write_heard(library, number, listener, parts)
        note = ""
    finally:
        library.describe(number, language=engine.language, engine=engine.name, note=note)
    library.write_tags(number, tags_of(tally, engine.language))


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


def tags_of(tally: Tally, language: str) -> tuple[str, ...]:
    """Return the tags to be suggested for what was said; none in a language but English."""
    if language.partition("-")[0] not in ("", "en"):
        return ()
    tally.end()
    return suggested(tally, bundled_table())


def is_transcript(path: Path) -> bool:
    """Return whether a file's ending is that of a transcript."""
    return path.suffix.lower().lstrip(".") in READABLE


def form_of(path: Path) -> Format:
    """Return the format that a file's ending names; `InputError` if it names none."""
    for form in READABLE:
        if path.suffix.lower() == f".{form}":
            return form
    raise InputError(f"{path}: a transcript ends with {', '.join(f'.{form}' for form in READABLE)}")
