"""Finding words, sounds, and words near sounds."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

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
    """Yield hits, the newest recording first, in each by time; no more is looked up than is taken.

    A common word is in every passage of a hundred hours: the index is walked, never collected.
    """
    above = 1 << 62 if number is None else (number + 1) << PASSAGE_BITS
    while True:
        newest = connection.execute(
            "SELECT rowid FROM passages WHERE passages MATCH ? AND rowid < ? "
            "ORDER BY rowid DESC LIMIT 1",
            (match, above),
        ).fetchone()
        if newest is None:
            return
        recording = newest[0] >> PASSAGE_BITS
        if number is not None and recording != number:
            return
        yield from _words_of(connection, match, recording)
        above = recording << PASSAGE_BITS


def _words_of(connection: sqlite3.Connection, match: str, recording: int) -> Iterator[Hit]:
    titles = connection.execute("SELECT title FROM recordings WHERE number = ?", (recording,))
    (title,) = titles.fetchone() or ("",)
    base = recording << PASSAGE_BITS
    rows = connection.execute(
        "SELECT rowid, highlight(passages, 0, ?, ?) FROM passages "
        "WHERE passages MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid",
        (_OPEN, _CLOSE, match, base, base + (1 << PASSAGE_BITS) - 1),
    )
    alone = _is_one(match)
    for row, marked in rows:
        text, found = _unmarked(marked)
        if not found or found[0].first >= STRIDE:
            continue  # the next passage has all of it
        mine = [each for each in found if each.first < STRIDE]
        place = (row - base) * STRIDE
        for group in [[each] for each in mine] if alone else [mine]:
            last = max(each.last if alone else min(each.last, STRIDE - 1) for each in group)
            times = connection.execute(
                "SELECT start_ms, end_ms FROM words WHERE recording = ? AND place IN (?, ?) "
                "ORDER BY place",
                (recording, place + group[0].first, place + last),
            ).fetchall()
            if times:
                spans = tuple(each.span for each in (group if alone else found))
                yield Hit(recording, title, times[0][0], times[-1][1], text, spans)


class _Marked(NamedTuple):
    """A match in a passage: its characters, and its first and last word."""

    span: tuple[int, int]
    first: int
    last: int


def _is_one(match: str) -> bool:
    """Whether an expression is one word or phrase, each place of which is a hit of its own."""
    return match.count('"') == 2


def _unmarked(marked: str) -> tuple[str, list[_Marked]]:
    """Return a passage without marks, and what was marked."""
    before, *rest = marked.split(_OPEN)
    found: list[_Marked] = []
    pieces, length, place = [before], len(before), before.count(" ")
    for part in rest:
        inside, _, after = part.partition(_CLOSE)
        until = place + inside.count(" ")
        found.append(_Marked((length, length + len(inside)), place, until))
        pieces += (inside, after)
        length += len(inside) + len(after)
        place = until + after.count(" ")
    return "".join(pieces), found


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
