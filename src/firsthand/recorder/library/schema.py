"""The tables of a library, in one SQLite file.

Words are rows, and every `STRIDE` of them are a passage in the full-text index, with the next
`OVERLAP` words at its end, so that words across the border are found together. A passage's row is
number `recording << PASSAGE_BITS | passage`.
"""

from typing import Final

from firsthand.core.database import Kind
from firsthand.errors import LibraryError

STRIDE: Final = 32
OVERLAP: Final = 32
PASSAGE_BITS: Final = 20

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

KIND: Final = Kind(
    application=0x46485243,
    version=2,
    tables=tuple(_TABLES.split(";\n")),
    error=LibraryError,
    name="library",
    nothing="library of recordings",
    damaged="copy the folder, then export what can still be shown",
    pragmas=("secure_delete = ON", "foreign_keys = ON"),
)
"""What is deleted is overwritten with zeros."""
