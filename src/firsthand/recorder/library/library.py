"""A folder of recordings: their sound beside a database of everything known about them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from firsthand.core.closing import Closing
from firsthand.core.database import connect, told, writing
from firsthand.core.locking import held
from firsthand.errors import FirsthandError, InputError, LibraryError, MediaError
from firsthand.media import AudioLog, AudioReader
from firsthand.recorder.library import search
from firsthand.recorder.library.entries import Bars, Hit, Recording, Sound
from firsthand.recorder.library.schema import KIND, OVERLAP, PASSAGE_BITS, STRIDE
from firsthand.recorder.transcript import Transcript, Turn, Word

DATABASE: Final = "library.sqlite3"
AUDIO: Final = "audio"

_MOST_WORDS: Final = STRIDE << PASSAGE_BITS
_LONGEST_TITLE: Final = 300
_COLOUR: Final = np.dtype("<i2")
_SELECT: Final = (
    "SELECT number, title, begun_at, duration_ms, state, sound, language, engine, note "
    "FROM recordings"
)


class Library(Closing):
    """Recordings in `folder`, which is made if missing; a context manager.

    Several processes may work in one library. An object belongs to the thread that opened it. What
    a method has written is on the disk when it returns; a method that raises has written nothing.
    Every method raises `LibraryError` where the database cannot be read or written, and
    `InputError` for a number that no recording has.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        try:
            (self.folder / AUDIO).mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise LibraryError(f"{self.folder}: no library can be kept there: {why}") from error
        self._path = self.folder / DATABASE
        self._connection = connect(self._path, KIND)
        self._repair()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def recordings(self) -> tuple[Recording, ...]:
        """Return all recordings, the newest first."""
        rows = self._rows(f"{_SELECT} ORDER BY begun_at DESC, number DESC")
        return tuple(map(self._recording, rows))

    def recording(self, number: int) -> Recording:
        """Return one recording."""
        rows = self._rows(f"{_SELECT} WHERE number = ?", number)
        if not rows:
            raise InputError(f"{self.folder} has no recording {number}")
        return self._recording(rows[0])

    def add(
        self,
        title: str,
        begun_at: datetime,
        transcript: Transcript = Transcript(),  # noqa: B008 # frozen
        *,
        duration_ms: int = 0,
    ) -> int:
        """Add a recording without sound, from its transcript; return its number."""
        with self._writing():
            number = self._begin(title, begun_at, state="done")
            self._write_transcript(number, transcript)
            self._write_end(number, max(duration_ms, _end_ms(transcript)), "")
        return number

    @contextmanager
    def begin(self, title: str, begun_at: datetime, rate_hz: int) -> Iterator[tuple[int, AudioLog]]:
        """Begin a recording; give its number and what its sound is to be written to.

        When the block ends, however it does, the recording is done, and its note tells of an error
        that ended it. Until then others leave it alone; if this process dies, the next that opens
        the library ends the recording. One without any sound is removed again.
        """
        with ExitStack() as stack:
            with self._writing():
                number = self._begin(title, begun_at, state="recording")
                stack.callback(self._forget_lock, number)
                stack.enter_context(held(self._lock_of(number), wait=False))
            samples, note = 0, ""
            try:
                with AudioLog(self._audio_of(number), rate_hz) as log:
                    try:
                        yield number, log
                    finally:
                        samples = log.samples
            except FirsthandError as error:
                note = f"ended early: {error}"
                raise
            finally:
                self._end(number, samples * 1000 // max(1, rate_hz), note)

    def transcript(self, number: int) -> Transcript:
        """Return all that is said in a recording."""
        recording = self.recording(number)
        words = self._rows(
            "SELECT text, start_ms, end_ms, probability, attached FROM words WHERE recording = ? "
            "ORDER BY place",
            number,
        )
        turns, names = self.turns(number), self.speaker_names(number)
        return Transcript(
            tuple(
                Word(text, start_ms, end_ms, probability, bool(attached))
                for text, start_ms, end_ms, probability, attached in words
            ),
            turns,
            names,
            recording.language,
            recording.engine,
        )

    def words_json(self, number: int) -> str:
        """Return the words of a recording as a JSON object of lists, one for each field.

        `text`, `start_ms`, `end_ms` and `attached` (0 or 1). The database writes it, and other
        threads run meanwhile.
        """
        self.recording(number)
        rows = self._rows(
            "SELECT json_object('text', json_group_array(text), "
            "'start_ms', json_group_array(start_ms), 'end_ms', json_group_array(end_ms), "
            "'attached', json_group_array(attached)) "
            "FROM (SELECT * FROM words WHERE recording = ? ORDER BY place)",
            number,
        )
        found: str = rows[0][0]
        return found

    def turns(self, number: int) -> tuple[Turn, ...]:
        """Return who speaks when in a recording."""
        self.recording(number)
        rows = self._rows(
            "SELECT speaker, start_ms, end_ms FROM turns WHERE recording = ? ORDER BY place", number
        )
        return tuple(Turn(*row) for row in rows)

    def speaker_names(self, number: int) -> dict[int, str]:
        """Return the names of a recording's speakers, as far as somebody gave them."""
        self.recording(number)
        return dict(self._rows("SELECT speaker, name FROM speakers WHERE recording = ?", number))

    def write_transcript(self, number: int, transcript: Transcript) -> None:
        """Replace all that is known to be said in a recording, the speakers' names among it."""
        with self._writing(number):
            self._write_transcript(number, transcript)

    def describe(self, number: int, *, language: str, engine: str) -> None:
        """Say in what language a recording is and what wrote it down."""
        with self._writing(number):
            self._connection.execute(
                "UPDATE recordings SET language = ?, engine = ? WHERE number = ?",
                (language, engine, number),
            )

    def note(self, number: int, note: str, *, over: str | None = None) -> None:
        """Say what else to know of a recording; with `over`, only in place of that note."""
        with self._writing(number):
            self._connection.execute(
                "UPDATE recordings SET note = ? WHERE number = ? AND (? IS NULL OR note = ?)",
                (note, number, over, over),
            )

    def forget(self, number: int) -> None:
        """Remove all that is known of a recording but sound and title, to write it down anew."""
        with self._writing(number):
            self._write_transcript(number, Transcript())
            for table in ("sounds", "tags"):
                self._replace(table, number, ())
            self._connection.execute("DELETE FROM bars WHERE recording = ?", (number,))

    def add_words(self, number: int, words: Sequence[Word]) -> None:
        """Add words that follow those that a recording has."""
        with self._writing(number):
            self._add_words(number, words)

    def write_turns(self, number: int, turns: Iterable[Turn]) -> None:
        """Replace who speaks when in a recording; the speakers' names are kept."""
        with self._writing(number):
            self._write_turns(number, turns)

    def write_sounds(self, number: int, sounds: Iterable[Sound]) -> None:
        """Replace the sounds of a recording."""
        with self._writing(number):
            self._replace(
                "sounds",
                number,
                ((s.name, s.start_ms, s.end_ms, s.score) for s in sounds),
            )

    def sounds(self, number: int) -> tuple[Sound, ...]:
        """Return the sounds of a recording, as they were written."""
        self.recording(number)
        rows = self._rows(
            "SELECT name, start_ms, end_ms, score FROM sounds WHERE recording = ? ORDER BY place",
            number,
        )
        return tuple(Sound(*row) for row in rows)

    def sound_names(self) -> tuple[str, ...]:
        """Return the names of all sounds in the library, in alphabetical order."""
        return tuple(name for (name,) in self._rows("SELECT DISTINCT name FROM sounds ORDER BY 1"))

    def all_tags(self) -> dict[int, tuple[str, ...]]:
        """Return the suggested tags of all recordings that have some."""
        found: dict[int, tuple[str, ...]] = {}
        for number, tag in self._rows("SELECT recording, tag FROM tags ORDER BY recording, place"):
            found[number] = (*found.get(number, ()), tag)
        return found

    def write_bars(self, number: int, bars: Bars) -> None:
        """Replace what a recording's waveform is drawn from."""
        with self._writing(number):
            self._connection.execute(
                "INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?)",
                (
                    number,
                    json.dumps(bars.classes),
                    bars.colours.astype(_COLOUR).tobytes(),
                    bars.levels.tobytes(),
                ),
            )

    def bars(self, number: int) -> Bars:
        """Return what a recording's waveform is drawn from; no bars where it was never written."""
        self.recording(number)
        rows = self._rows("SELECT classes, colours, levels FROM bars WHERE recording = ?", number)
        classes, colours, levels = rows[0] if rows else ("[]", b"", b"")
        try:
            return Bars(
                tuple(map(str, json.loads(classes))),
                np.frombuffer(colours, _COLOUR).astype(np.int16),
                np.frombuffer(levels, np.uint8),
            )
        except (ValueError, TypeError) as error:
            raise LibraryError(f"{self._path}: the bars of {number} are damaged") from error

    def write_tags(self, number: int, tags: Iterable[str]) -> None:
        """Replace the suggested tags of a recording, the best first."""
        with self._writing(number):
            self._replace("tags", number, ((tag,) for tag in tags))

    def tags(self, number: int) -> tuple[str, ...]:
        """Return the suggested tags of a recording."""
        self.recording(number)
        rows = self._rows("SELECT tag FROM tags WHERE recording = ? ORDER BY place", number)
        return tuple(tag for (tag,) in rows)

    def rename(self, number: int, title: str) -> None:
        """Give a recording another title."""
        with self._writing(number):
            self._connection.execute(
                "UPDATE recordings SET title = ? WHERE number = ?", (_title(title), number)
            )

    def name_speaker(self, number: int, speaker: int, name: str) -> None:
        """Give a speaker of a recording a name; an empty one takes it away."""
        with self._writing(number):
            self._connection.execute(
                "DELETE FROM speakers WHERE recording = ? AND speaker = ?", (number, speaker)
            )
            if name:
                self._connection.execute(
                    "INSERT INTO speakers VALUES (?, ?, ?)", (number, speaker, _title(name))
                )

    def delete(self, number: int) -> None:
        """Delete a recording, its sound and every trace of its words in the database's files.

        `InputError` while somebody records it. What a disk or its backups keep is beyond reach.
        """
        recording = self.recording(number)
        with held(self._lock_of(number), wait=False) as mine:
            if not mine:
                raise InputError(f"recording {number} is being recorded; stop that first")
            with self._writing(number):
                self._remove(number)
            if recording.audio is not None:
                recording.audio.unlink(missing_ok=True)
        self._forget_lock(number)
        with told(self._path, KIND):
            # The index keeps words of deleted rows until its parts are merged, the log its pages
            # until it is emptied.
            self._connection.execute("INSERT INTO passages(passages) VALUES ('optimize')")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def search(
        self, query: str = "", *, sound: str = "", number: int | None = None, limit: int = 50
    ) -> tuple[Hit, ...]:
        """Find where words are said, a sound is heard, or both within two seconds.

        All words of `query` must be said within 32 words of each other, about twelve seconds;
        "words in quotes" one after the other, and a word that ends with * begins so. Case and
        accents count for nothing. One word or phrase alone is a hit wherever it is said, several
        are one where they are said together. The newest recordings come first, or only recording
        `number`; `limit` hits at most. Raises `InputError` for a query without a word.
        """
        if limit < 1 or not (query or sound):
            raise InputError("a search has words or a sound to look for, and 1 hit at least")
        with told(self._path, KIND):
            return search.found(self._connection, query, sound, number, limit)

    @contextmanager
    def _writing(self, number: int | None = None) -> Iterator[None]:
        with told(self._path, KIND), writing(self._connection):
            if number is not None:
                self.recording(number)
            yield

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with told(self._path, KIND):
            return self._connection.execute(statement, values).fetchall()

    def _recording(self, row: Sequence[Any]) -> Recording:
        number, title, begun_at, duration_ms, state, sound, language, engine, note = row
        return Recording(
            number,
            title,
            datetime.fromisoformat(begun_at),
            duration_ms,
            state,
            self._audio_of(number) if sound else None,
            *(language, engine, note),
        )

    def _audio_of(self, number: int) -> Path:
        return self.folder / AUDIO / f"{number:08}.ogg"

    def _lock_of(self, number: int) -> Path:
        return self.folder / AUDIO / f".{number:08}.lock"

    def _begin(self, title: str, begun_at: datetime, *, state: str) -> int:
        if begun_at.tzinfo is None:
            raise InputError(f"{begun_at} has no time zone, so nobody knows when that is")
        number = self._connection.execute(
            "INSERT INTO recordings(title, begun_at, state, sound) VALUES (?, ?, ?, ?)",
            (_title(title), begun_at.astimezone(UTC).isoformat(), state, state == "recording"),
        ).lastrowid
        assert number is not None
        return number

    def _repair(self) -> None:
        """End the recordings whose writers have died; what they had noted stays."""
        rows = self._rows("SELECT number, note FROM recordings WHERE state = 'recording'")
        for number, note in rows:
            with held(self._lock_of(number), wait=False) as mine:
                if mine:
                    both = "; ".join(filter(None, (note, "its end was cut off")))
                    self._end(number, _duration_ms(self._audio_of(number)), both)
            if mine:
                self._forget_lock(number)

    def _end(self, number: int, duration_ms: int, note: str) -> None:
        """End a recording; one without any sound leaves nothing."""
        with self._writing(number):
            if duration_ms:
                self._write_end(number, duration_ms, note)
            else:
                self._remove(number)
        if not duration_ms:
            self._audio_of(number).unlink(missing_ok=True)

    def _forget_lock(self, number: int) -> None:
        with suppress(OSError):  # where it is held, it cannot always be removed
            self._lock_of(number).unlink()

    def _write_end(self, number: int, duration_ms: int, note: str) -> None:
        self._connection.execute(
            "UPDATE recordings SET duration_ms = ?, state = 'done', "
            "note = CASE WHEN ? = '' THEN note ELSE ? END WHERE number = ?",
            (duration_ms, note, note, number),
        )

    def _remove(self, number: int) -> None:
        self._connection.execute(
            "DELETE FROM passages WHERE rowid BETWEEN ? AND ?", _passages_of(number)
        )
        self._connection.execute("DELETE FROM recordings WHERE number = ?", (number,))

    def _write_transcript(self, number: int, transcript: Transcript) -> None:
        self._connection.execute(
            "DELETE FROM passages WHERE rowid BETWEEN ? AND ?", _passages_of(number)
        )
        self._connection.execute("DELETE FROM words WHERE recording = ?", (number,))
        self._add_words(number, transcript.words)
        self._write_turns(number, transcript.turns)
        self._connection.execute("DELETE FROM speakers WHERE recording = ?", (number,))
        self._connection.executemany(
            "INSERT INTO speakers VALUES (?, ?, ?)",
            ((number, speaker, _title(name)) for speaker, name in transcript.names.items() if name),
        )
        self._connection.execute(
            "UPDATE recordings SET language = ?, engine = ? WHERE number = ?",
            (transcript.language, transcript.engine, number),
        )

    def _write_turns(self, number: int, turns: Iterable[Turn]) -> None:
        self._replace("turns", number, ((t.speaker, t.start_ms, t.end_ms) for t in turns))

    def _add_words(self, number: int, words: Sequence[Word]) -> None:
        if not words:
            return
        last_place, last_ms = self._connection.execute(
            "SELECT place, start_ms FROM words WHERE recording = ? ORDER BY place DESC LIMIT 1",
            (number,),
        ).fetchone() or (-1, 0)
        Transcript(tuple(words))  # in order among themselves
        if words[0].start_ms < last_ms:
            raise InputError(
                f"word {words[0].text!r} begins at {words[0].start_ms} ms, before the last one "
                f"that recording {number} has, at {last_ms} ms"
            )
        before = last_place + 1
        if before + len(words) > _MOST_WORDS:
            raise InputError(f"a recording has {_MOST_WORDS} words at most")
        self._connection.executemany(
            "INSERT INTO words VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (number, place, w.text, w.start_ms, w.end_ms, w.probability, w.attached)
                for place, w in enumerate(words, before)
            ),
        )
        self._index(number, max(0, (before - OVERLAP) // STRIDE), before + len(words))

    def _index(self, number: int, first: int, count: int) -> None:
        """Write the passages of a recording from number `first` on, of `count` words in all."""
        base, last = _passages_of(number)
        rows = self._connection.execute(
            "SELECT text FROM words WHERE recording = ? AND place >= ? ORDER BY place",
            (number, first * STRIDE),
        )
        texts = [text for (text,) in rows]
        self._connection.execute(
            "DELETE FROM passages WHERE rowid BETWEEN ? AND ?", (base + first, last)
        )
        self._connection.executemany(
            "INSERT INTO passages(rowid, text) VALUES (?, ?)",
            (
                (base + first + n, " ".join(texts[n * STRIDE : n * STRIDE + STRIDE + OVERLAP]))
                for n in range(-(-(count - first * STRIDE) // STRIDE))
            ),
        )

    def _replace(self, table: str, number: int, rows: Iterable[tuple[Any, ...]]) -> None:
        self._connection.execute(f"DELETE FROM {table} WHERE recording = ?", (number,))  # noqa: S608
        for place, row in enumerate(rows):
            marks = ", ".join("?" * (2 + len(row)))
            self._connection.execute(
                f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608 # no value is in it
                (number, place, *row),
            )


def _passages_of(number: int) -> tuple[int, int]:
    base = number << PASSAGE_BITS
    return base, base + (1 << PASSAGE_BITS) - 1


def _end_ms(transcript: Transcript) -> int:
    return max((word.end_ms for word in transcript.words), default=0)


def _duration_ms(path: Path) -> int:
    try:
        with AudioReader(path) as reader:
            return sum(map(len, reader)) * 1000 // reader.rate_hz
    except MediaError:  # killed before its first page
        return 0


def _title(text: str) -> str:
    line = " ".join(text.split())
    printable = "".join(c for c in line if c.isprintable())
    if len(printable) > _LONGEST_TITLE:
        raise InputError(f"a title or name has {_LONGEST_TITLE} characters at most")
    return printable
