"""A folder of submitted models, and a database of what was found about them."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from firsthand.challenge.leaderboard.entries import Entry, Standing
from firsthand.challenge.leaderboard.schema import KIND
from firsthand.core.closing import Closing
from firsthand.core.database import connect, told, writing
from firsthand.errors import ConfigError, InputError
from firsthand.media.files import discard, temporary_beside
from firsthand.runtime import Model, ModelCard

DATABASE: Final = "board.sqlite3"
MODELS: Final = "models"
MOST_TRIES: Final = 3
"""So often is judging a model begun; where the judge ended each time, it was the model."""

_HALF_WRITTEN_S: Final = 3600.0
_SELECT: Final = "SELECT sha256, card, submitted_at, state, tries, reason, standing FROM entries"
_SUBMIT: Final = """
INSERT INTO entries(sha256, card, submitted_at, state, place)
VALUES (?, ?, ?, 'waiting', (SELECT coalesce(max(place), 0) + 1 FROM entries))
ON CONFLICT(sha256) DO UPDATE SET
    card = excluded.card, submitted_at = excluded.submitted_at,
    state = 'waiting', place = excluded.place, tries = 0, reason = ''
"""
_AGAIN: Final = """
state = 'waiting', tries = 0, reason = '',
place = (SELECT max(place) + 1 FROM entries)
"""


class Board(Closing):
    """A leaderboard in `folder`, which is made if missing; a context manager.

    Several processes may have one open: submissions come while a judge is at work. An object
    belongs to the thread that opened it. What a method has written is on the disk when it returns;
    a method that raises has written nothing. Every method raises `ConfigError` where the database
    or the folder cannot be read or written, and `InputError` for a SHA-256 that no entry has.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._models = self.folder / MODELS
        try:
            self._models.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConfigError(f"{self.folder}: no leaderboard can be kept there: {why}") from error
        self._path = self.folder / DATABASE
        self._connection = connect(self._path, KIND)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def submit(self, model: Model, now: datetime | None = None) -> tuple[Entry, bool]:
        """Accept a model with its card; return its entry, and whether there is anything new.

        A model that was submitted before is the same entry, and its first card stays; one that was
        refused may come again with another card, and is then judged anew. Raises `ModelError` for
        a file that cannot be read or is not the one that the card describes.
        """
        data, key = model.read(), model.card.sha256
        card = model.card.to_json().decode()
        temporary = temporary_beside(self._path_of(model.card))
        try:
            with self._keeping():
                _write(temporary, data)
            with self._writing():
                known = self._rows(f"{_SELECT} WHERE sha256 = ?", key)
                if known and not (known[0][3] == "refused" and known[0][1] != card):
                    return self._entry(known[0]), False
                with self._keeping():
                    temporary.replace(self._path_of(model.card))
                    self._write_card(model.card)
                at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
                self._execute(_SUBMIT, (key, card, at))
        finally:
            discard(temporary)
        return self.entry(key), True

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries, in the order in which they were submitted."""
        return tuple(map(self._entry, self._rows(f"{_SELECT} ORDER BY number")))

    def entry(self, sha256: str) -> Entry:
        """Return one entry."""
        rows = self._rows(f"{_SELECT} WHERE sha256 = ?", sha256)
        if not rows:
            raise InputError(f"there is no entry {sha256[:64]!r}")
        return self._entry(rows[0])

    def model(self, entry: Entry) -> Path:
        """Return where an entry's model is; its card is beside it."""
        return self._path_of(entry.card)

    def take(self) -> Entry | None:
        """Begin to judge the entry that waits longest; return it, None where none waits.

        One whose judge has ended too often is refused instead.
        """
        while True:
            with self._writing():
                rows = self._rows(f"{_SELECT} WHERE state = 'waiting' ORDER BY place LIMIT 1")
                if not rows:
                    return None
                entry = self._entry(rows[0])
                if entry.tries < MOST_TRIES:
                    self._set(entry.sha256, "state = 'judging', tries = tries + 1")
                    return replace(entry, state="judging", tries=entry.tries + 1)
                why = f"judging it ended the judge {entry.tries} times"
                self._set(entry.sha256, "state = 'refused', reason = ?", why)

    def put_back(self, sha256: str) -> None:
        """Have an entry wait again, as if judging it had not been begun; it keeps its place."""
        with self._writing():
            self._set(sha256, "state = 'waiting', tries = max(0, tries - 1)")

    def conclude(self, sha256: str, standing: Standing) -> None:
        """Keep how an entry stands."""
        with self._writing():
            self._set(
                sha256, "state = 'judged', tries = 0, reason = '', standing = ?", standing.to_json()
            )

    def refuse(self, sha256: str, reason: str) -> None:
        """Keep why an entry is refused."""
        with self._writing():
            self._set(sha256, "state = 'refused', tries = 0, reason = ?, standing = NULL", reason)

    def judge_again(self, sha256: str) -> None:
        """Have an entry that was judged or refused wait again, behind all others."""
        with self._writing():
            if self.entry(sha256).state in ("waiting", "judging"):
                return
            self._set(sha256, _AGAIN)

    def remove(self, sha256: str) -> None:
        """Forget an entry and its model; `InputError` while it is judged."""
        with self._writing():
            entry = self.entry(sha256)
            if entry.state == "judging":
                raise InputError(f"{entry.card.name} is being judged; wait for its verdict")
            self._execute("DELETE FROM entries WHERE sha256 = ?", (sha256,))
            # Before others may write: they could submit the same model again.
            discard(self._path_of(entry.card))
            discard(self._path_of(entry.card).with_suffix(".json"))

    def recover(self) -> None:
        """Have wait again what was being judged when a judge ended, and remove what is no entry's.

        Only who is the one judge of this board may call it.
        """
        with self._writing():
            self._execute("UPDATE entries SET state = 'waiting' WHERE state = 'judging'")
            known = {sha256 for (sha256,) in self._rows("SELECT sha256 FROM entries")}
            long_ago = time.time() - _HALF_WRITTEN_S
            for path in self._models.iterdir():
                half = path.name.startswith(".")
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < long_ago if half else path.stem not in known:
                        discard(path)

    def version(self) -> int:
        """Return a number that is another whenever somebody else has written something."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def _path_of(self, card: ModelCard) -> Path:
        return self._models / f"{card.sha256}.{card.format}"

    def _write_card(self, card: ModelCard) -> None:
        path = self._path_of(card).with_suffix(".json")
        temporary = temporary_beside(path)
        try:
            _write(temporary, card.to_json())
            temporary.replace(path)
            _flush_folder(self._models)
        finally:
            discard(temporary)

    def _set(self, sha256: str, what: str, *values: object) -> None:
        self._execute(f"UPDATE entries SET {what} WHERE sha256 = ?", (*values, sha256))  # noqa: S608

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> None:
        with told(self._path, KIND):
            self._connection.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with told(self._path, KIND):
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with told(self._path, KIND), writing(self._connection):
            yield

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"{self._models}: the model cannot be kept: {error.strerror or error}"
            ) from error

    def _entry(self, row: sqlite3.Row | tuple[Any, ...]) -> Entry:
        sha256, card, submitted_at, state, tries, reason, standing = row
        return Entry(
            sha256,
            ModelCard.from_json(card.encode(), f"{self._path}, card of {sha256}"),
            submitted_at,
            state,
            tries,
            reason,
            None if standing is None else Standing.from_json(standing),
        )


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system lets a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
