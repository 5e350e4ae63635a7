"""Finding words, sounds, and words near sounds."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from firsthand.errors import InputError
from firsthand.recorder.library.entries import Hit
from firsthand.recorder.library.schema import PASSAGE_BITS, STRIDE

_NEAR_MS: Final = 2_000
_OPEN, _CLOSE = "\x02", "\x03"
_PARTS: Final = re.compile(r'"([^"]*)"?|(\S+)')
_MOST_CHARACTERS: Final = 1_000


def found(
    connection: sqlite3.Connection, query: str, sound: str, number: int | None, limit: int
) -> tuple[Hit, ...]:
    """Return hits as `Library.search` tells."""
    if not query:
        return tuple(_sounds(connection, sound, number, limit))
    hits = _words(connection, expression(query), number)
    if sound:
        hits = (near for hit in hits for near in _with_sound(connection, hit, sound))
    return tuple(hit for _, hit in zip(range(limit), hits, strict=False))


def expression(query: str) -> str:
    """Return a query as FTS5 has it: phrases and words in quotes, all of which must be there.

    Raises `InputError` where there is none.
    """
    if len(query) > _MOST_CHARACTERS:
        raise InputError(f"a query has {_MOST_CHARACTERS} characters at most, not {len(query)}")
    parts = []
    for phrase, word in _PARTS.findall(query):
        text = (phrase or word).replace('"', " ").replace("\0", " ").strip()
        if any(map(str.isalnum, text)):
            begins = word.endswith("*")
            parts.append(f'"{text}"{"*" * begins}')
    if not parts:
        raise InputError(f"{query!r} has no word to look for")
    return " ".join(parts)


def _words(connection: sqlite3.Connection, match: str, number: int | None) -> Iterator[Hit]:
    statement, values = "SELECT rowid FROM passages WHERE passages MATCH ?", [match]
    rows = [row for (row,) in connection.execute(statement, values)]
    if number is not None:
        rows = [row for row in rows if row >> PASSAGE_BITS == number]
    mask = (1 << PASSAGE_BITS) - 1
    rows.sort(key=lambda row: (-(row >> PASSAGE_BITS), row & mask))
    for row in rows:
        hit = _hit(connection, match, row)
        if hit is not None:
            yield hit


def _hit(connection: sqlite3.Connection, match: str, row: int) -> Hit | None:
    """Return where in a passage words are said; None where only in what the next one has too."""
    found_row = connection.execute(
        "SELECT highlight(passages, 0, ?, ?) FROM passages WHERE passages MATCH ? AND rowid = ?",
        (_OPEN, _CLOSE, match, row),
    ).fetchone()
    if found_row is None:  # changed by another process meanwhile
        return None
    text, spans, places = _unmarked(found_row[0])
    if not places or places[0] >= STRIDE:
        return None
    last = max(place for place in places if place < STRIDE)
    number, first = row >> PASSAGE_BITS, (row & ((1 << PASSAGE_BITS) - 1)) * STRIDE
    (title,) = connection.execute(
        "SELECT title FROM recordings WHERE number = ?", (number,)
    ).fetchone() or ("",)
    times = connection.execute(
        "SELECT start_ms, end_ms FROM words WHERE recording = ? AND place IN (?, ?) ORDER BY place",
        (number, first + places[0], first + last),
    ).fetchall()
    if not times:
        return None
    return Hit(number, title, times[0][0], times[-1][1], text, tuple(spans))


def _unmarked(marked: str) -> tuple[str, list[tuple[int, int]], list[int]]:
    """Return a passage without marks, the marked spans of characters, and the words they are in."""
    spans: list[tuple[int, int]] = []
    places: list[int] = []
    text, begun, inside = "", 0, False
    for place, word in enumerate(marked.split(" ")):
        if place:
            text += " "
        if inside or _OPEN in word:
            places.append(place)
        for character in word:
            if character == _OPEN:
                begun, inside = len(text), True
            elif character == _CLOSE:
                spans.append((begun, len(text)))
                inside = False
            else:
                text += character
    return text, spans, places


def _sounds(
    connection: sqlite3.Connection, sound: str, number: int | None, limit: int
) -> Iterator[Hit]:
    rows = connection.execute(
        "SELECT recordings.number, title, start_ms, end_ms FROM sounds "
        "JOIN recordings ON recordings.number = sounds.recording "
        "WHERE name = ? AND (? IS NULL OR recordings.number = ?) "
        "ORDER BY recordings.number DESC, start_ms LIMIT ?",
        (sound, number, number, limit),
    ).fetchall()
    for recording, title, start_ms, end_ms in rows:
        words = connection.execute(
            "SELECT text FROM words WHERE recording = ? AND start_ms BETWEEN ? AND ? "
            "ORDER BY place LIMIT ?",
            (recording, start_ms - _NEAR_MS, end_ms + _NEAR_MS, STRIDE),
        )
        text = " ".join(text for (text,) in words)
        yield Hit(recording, title, start_ms, end_ms, text, sound=sound)


def _with_sound(connection: sqlite3.Connection, hit: Hit, sound: str) -> Iterator[Hit]:
    heard = connection.execute(
        "SELECT 1 FROM sounds WHERE name = ? AND recording = ? AND start_ms <= ? AND end_ms >= ?",
        (sound, hit.recording, hit.end_ms + _NEAR_MS, hit.start_ms - _NEAR_MS),
    ).fetchone()
    if heard:
        yield replace(hit, sound=sound)
