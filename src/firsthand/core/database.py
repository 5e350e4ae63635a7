"""An SQLite file of a program's own kind: opened by several, written whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firsthand.errors import FirsthandError

_WAIT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is: its mark and version, its tables, and how what is wrong with it is told.

    `name` as in "is a NAME of version 1", `nothing` as in "is no NOTHING", `damaged` what to do
    with one that is. `pragmas` are set on every connection.
    """

    application: int
    version: int
    tables: tuple[str, ...]
    error: type[FirsthandError]
    name: str
    nothing: str
    damaged: str
    pragmas: tuple[str, ...] = ()


def connect(path: Path, kind: Kind) -> sqlite3.Connection:
    """Open a file, made if missing; the kind's error for what is none of this kind.

    Several processes may have it open: each sees what others have committed, and waits its turn to
    write. A connection belongs to the thread that opened it.
    """
    with told(path, kind):
        # autocommit: transactions are begun by `writing` alone
        found = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
        try:
            _prepare(found, path, kind)
        except BaseException:  # an interrupt too: nobody else would close it
            found.close()
            raise
    return found


def _prepare(found: sqlite3.Connection, path: Path, kind: Kind) -> None:
    for pragma in (
        "trusted_schema = OFF",
        *kind.pragmas,
        "journal_mode = WAL",
        "synchronous = FULL",
    ):
        found.execute(f"PRAGMA {pragma}")
    with writing(found):
        (application,) = found.execute("PRAGMA application_id").fetchone()
        (version,) = found.execute("PRAGMA user_version").fetchone()
        (tables,) = found.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if (application, version, tables) == (0, 0, 0):
            for statement in kind.tables:
                found.execute(statement)
            found.execute(f"PRAGMA application_id = {kind.application}")
            found.execute(f"PRAGMA user_version = {kind.version}")
        elif application != kind.application:
            raise kind.error(f"{path} is a database of another program; name another folder")
        elif version != kind.version:
            raise kind.error(
                f"{path} is a {kind.name} of version {version}, this program knows "
                f"{kind.version}: use the program that made it"
            )


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of a block or nothing of it; once it has ended it is on the disk."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # an interrupt too: half of a block is none
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def told(path: Path, kind: Kind) -> Iterator[None]:
    """Raise what SQLite has to say about the file `path` as the kind's error."""
    try:
        yield
    except sqlite3.Error as error:
        raise kind.error(f"{path}: {_advice(error, kind)}") from error


def _advice(error: sqlite3.Error, kind: Kind) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_NOTADB":
        return f"is no {kind.nothing}; name another folder"
    if name.startswith("SQLITE_CORRUPT"):
        return f"is damaged ({error}): {kind.damaged}"
    if name == "SQLITE_FULL":
        return "the disk is full, so nothing of this was kept; make room and try again"
    if name.startswith("SQLITE_BUSY"):
        return f"another program has been writing for {_WAIT_S:g} s; try again when it is done"
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
        return f"cannot be written ({error}); look at who may write to its folder"
    return str(error)
