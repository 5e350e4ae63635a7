"""What a device holds, read from its own SQLite database."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from firsthand.errors import InputError
from firsthand.federated.queries.query import Values

_MOST: Final = 1_000_000


def sqlite_records(path: Path, select: str) -> Callable[[], Values]:
    """Return what reads the first column of a SELECT, each time anew; the file is not written to.

    `InputError` where it is called, for what cannot be read or is no text or number.
    """

    def read() -> Values:
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                connection.execute("PRAGMA query_only = ON")
                connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # it would be made
                cursor = connection.execute(select)
                if cursor.description is None:
                    raise InputError(f"{path}: {select[:100]!r} reads nothing")
                rows = cursor.fetchmany(_MOST + 1)
            finally:
                connection.close()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise InputError(f"{path}: {select[:100]!r}: {error}") from error
        if len(rows) > _MOST:
            raise InputError(f"{path}: {select[:100]!r} has more than {_MOST} rows")
        values = [row[0] for row in rows if row[0] is not None]
        if not all(isinstance(value, str | int | float) for value in values):
            raise InputError(f"{path}: {select[:100]!r} gives other things than texts and numbers")
        return values

    return read
