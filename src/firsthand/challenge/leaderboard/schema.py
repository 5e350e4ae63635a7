"""The table of a leaderboard, in one SQLite file."""

from typing import Final

from firsthand.core.database import Kind
from firsthand.errors import ConfigError

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

KIND: Final = Kind(
    application=0x4648424F,
    version=1,
    tables=(_TABLE,),
    error=ConfigError,
    name="leaderboard",
    nothing="leaderboard",
    damaged="put it away, and submit the models beside it again",
)
