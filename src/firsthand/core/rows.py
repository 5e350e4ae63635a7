"""Tables in CSV files that may be anything."""

import csv
from pathlib import Path

from firsthand.errors import InputError


def read_rows(path: Path, *columns: str) -> list[dict[str, str]]:
    """Read a table with a line of names; `InputError` where it lacks `columns` or rows."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, restval=""))
    except (OSError, ValueError, csv.Error) as error:  # ValueError: not UTF-8, or a null byte
        raise InputError(f"{path}: cannot be read as a table: {error}") from error
    if not rows:
        raise InputError(f"{path}: is a table without rows")
    if missing := [name for name in columns if name not in rows[0]]:
        raise InputError(f"{path}: has no columns {', '.join(missing)}; it has {list(rows[0])}")
    return rows
