"""The table of a leaderboard, in one SQLite file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firsthand.errors import ConfigError

_APPLICATION: Final = 0x4648424F
_VERSION: Final = 1
_WAIT_S: Final = 30.0

_TABLE: Final = """
CREATE TABLE entries(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    card TEXT NOT NULL,
    submitted_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'judging', 'judged', 'refused')),
    place INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    standing TEXT
) STRICT
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open a leaderboard's file, made if missing; `ConfigError` for what is none of this kind.

    Several processes may have it open: each sees what others have committed, and waits its turn to
    write.
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
    found.execute("PRAGMA journal_mode = WAL")
    found.execute("PRAGMA synchronous = FULL")
    with writing(found):
        (application,) = found.execute("PRAGMA application_id").fetchone()
        (version,) = found.execute("PRAGMA user_version").fetchone()
        (tables,) = found.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if (application, version, tables) == (0, 0, 0):
            found.execute(_TABLE)
            found.execute(f"PRAGMA application_id = {_APPLICATION}")
            found.execute(f"PRAGMA user_version = {_VERSION}")
        elif application != _APPLICATION:
            raise ConfigError(f"{path} is a database of another program; name another folder")
        elif version != _VERSION:
            raise ConfigError(
                f"{path} is a leaderboard of version {version}, this program knows {_VERSION}: "
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
    """Raise what SQLite has to say about the file `path` as `ConfigError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigError(f"{path}: {_advice(error)}") from error


def _advice(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_NOTADB":
        return "is no leaderboard; name another folder"
    if name.startswith("SQLITE_CORRUPT"):
        return f"is damaged ({error}): put it away, and submit the models beside it again"
    if name == "SQLITE_FULL":
        return "the disk is full, so nothing of this was kept; make room and try again"
    if name.startswith("SQLITE_BUSY"):
        return f"another program has been writing for {_WAIT_S:g} s; try again when it is done"
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
        return f"cannot be written ({error}); look at who may write to its folder"
    return str(error)
