"""The tables of a library, in one SQLite file.

Words are rows, and every `STRIDE` of them are a passage in the full-text index, with the next
`OVERLAP` words at its end, so that words across the border are found together. A passage's row is
number `recording << PASSAGE_BITS | passage`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firsthand.errors import LibraryError

STRIDE: Final = 32
OVERLAP: Final = 32
PASSAGE_BITS: Final = 20

_APPLICATION: Final = 0x46485243
_VERSION: Final = 2
_WAIT_S: Final = 30.0

_TABLES: Final = """
CREATE TABLE recordings(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    duration_ms INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('recording', 'done')),
    sound INTEGER NOT NULL,
    language TEXT NOT NULL DEFAULT '',
    engine TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE words(
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    place INTEGER NOT NULL,
    text TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    probability REAL NOT NULL,
    attached INTEGER NOT NULL,
    PRIMARY KEY (recording, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE turns(
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    place INTEGER NOT NULL,
    speaker INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    PRIMARY KEY (recording, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE speakers(
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    speaker INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (recording, speaker)
) STRICT, WITHOUT ROWID;
CREATE TABLE sounds(
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (recording, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE bars(
    recording INTEGER PRIMARY KEY REFERENCES recordings ON DELETE CASCADE,
    classes TEXT NOT NULL,
    colours BLOB NOT NULL,
    levels BLOB NOT NULL
) STRICT;
CREATE INDEX sounds_by_name ON sounds(name, recording, start_ms, end_ms);
CREATE TABLE tags(
    recording INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    place INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (recording, place)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE passages USING fts5(
    text, tokenize = 'unicode61 remove_diacritics 2', prefix = '3'
);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open a library's file, made if missing; `LibraryError` for what is no library of this kind.

    Several processes may have it open: each sees what others have committed, and waits its turn to
    write. What is deleted is overwritten with zeros.
    """
    with told(path):
        # autocommit: transactions are begun by `writing` alone
        found = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
        try:
            _prepare(found, path)
        except BaseException:
            found.close()
            raise
    return found


def _prepare(found: sqlite3.Connection, path: Path) -> None:
    found.execute("PRAGMA trusted_schema = OFF")
    found.execute("PRAGMA secure_delete = ON")
    found.execute("PRAGMA foreign_keys = ON")
    found.execute("PRAGMA journal_mode = WAL")
    found.execute("PRAGMA synchronous = FULL")
    with writing(found):
        (application,) = found.execute("PRAGMA application_id").fetchone()
        (version,) = found.execute("PRAGMA user_version").fetchone()
        (tables,) = found.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if (application, version, tables) == (0, 0, 0):
            for statement in _TABLES.split(";\n"):
                found.execute(statement)
            found.execute(f"PRAGMA application_id = {_APPLICATION}")
            found.execute(f"PRAGMA user_version = {_VERSION}")
        elif application != _APPLICATION:
            raise LibraryError(f"{path} is a database of another program; name another folder")
        elif version != _VERSION:
            raise LibraryError(
                f"{path} is a library of version {version}, this program knows {_VERSION}: "
                "use the program that made it"
            )


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of a block or nothing of it; once it has ended it is on the disk."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what SQLite has to say about the file `path` as `LibraryError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise LibraryError(f"{path}: {_advice(error)}") from error


def _advice(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_NOTADB":
        return "is no library of recordings; name another folder"
    if name.startswith("SQLITE_CORRUPT"):
        return f"is damaged ({error}): copy the folder, then export what can still be shown"
    if name == "SQLITE_FULL":
        return "the disk is full, so nothing of this was kept; make room and try again"
    if name.startswith("SQLITE_BUSY"):
        return f"another program has been writing for {_WAIT_S:g} s; try again when it is done"
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
        return f"cannot be written ({error}); look at who may write to its folder"
    return str(error)
