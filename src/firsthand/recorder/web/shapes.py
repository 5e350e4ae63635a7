"""What the library knows, in the shapes in which the page takes it."""

import json
import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from fastapi.responses import Response

from firsthand.recorder.library import Bars, Hit, Library, Recording
from firsthand.recorder.web.desk import Work, told
from firsthand.recorder.web.tasks import Task
from firsthand.recorder.web.wire import NO_COLOUR
from firsthand.recorder.writing import PARTLY

JsonObject = dict[str, Any]

BAR_MS: Final = 50
THUMBNAIL_BARS: Final = 160

_LENGTH: Final = struct.Struct("<I")


def json_response(value: JsonObject, status: int = 200, **written: str) -> Response:
    """Return an object as JSON, made on the calling thread and not on the event loop's.

    `written` are fields of it that are JSON already.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for name, part in written.items():
        text = f'{text[:-1]}{"," * (len(text) > 2)}"{name}":{part}}}'
    # A lone surrogate cannot be sent as UTF-8; it comes from nowhere but damaged names.
    return Response(text.encode("utf-8", "replace"), status, media_type="application/json")


def item(recording: Recording, tags: Sequence[str], work: Work | None, *, away: bool) -> JsonObject:
    """Return a recording as the list has it; `away` if it is made by a page that has gone."""
    cut_short = recording.note.startswith(PARTLY)
    return {
        "number": recording.number,
        "title": recording.title,
        "begun_at": recording.begun_at.isoformat(),
        "duration_ms": recording.duration_ms,
        "state": recording.state,
        "has_sound": recording.audio is not None,
        "language": recording.language,
        "engine": recording.engine,
        "note": "" if work is not None and cut_short else recording.note,
        "tags": tuple(tags),
        "work": told(work),
        "away": away,
    }


def upload(task: Task, work: Work | None) -> JsonObject:
    """Return an upload that is no recording yet."""
    about = {"upload": task.task, "name": task.name, "bytes": task.size, "problem": task.problem}
    return about | {"work": told(work)}


def content(library: Library, number: int) -> JsonObject:
    """Return all that is heard in a recording but its words and bars."""
    turns, names = library.turns(number), library.speaker_names(number)
    sounds = library.sounds(number)
    kinds = sorted({sound.name for sound in sounds})
    places = {name: place for place, name in enumerate(kinds)}
    return {
        "turns": [(turn.speaker, turn.start_ms, turn.end_ms) for turn in turns],
        "speakers": [
            {"speaker": speaker, "name": names.get(speaker, "")}
            for speaker in sorted({turn.speaker for turn in turns})
        ],
        "sounds": [(places[s.name], s.start_ms, s.end_ms, round(s.score, 3)) for s in sounds],
        "sound_names": kinds,
    }


def hit(found: Hit) -> JsonObject:
    """Return where something was found."""
    return {
        "recording": found.recording,
        "title": found.title,
        "start_ms": found.start_ms,
        "end_ms": found.end_ms,
        "text": found.text,
        "matches": found.matches,
        "sound": found.sound,
    }


def bars(found: Bars, bar_ms: float = BAR_MS) -> bytes:
    """Return bars: the length of a JSON object, the object, levels, colours."""
    about = {"bar_ms": bar_ms, "count": len(found.levels), "classes": found.classes}
    head = json.dumps(about, separators=(",", ":")).encode()
    known = (found.colours >= 0) & (found.colours < NO_COLOUR)
    colours = np.where(known, found.colours, NO_COLOUR).astype(np.uint8)
    return _LENGTH.pack(len(head)) + head + found.levels.tobytes() + colours.tobytes()


def thumbnail(found: Bars) -> bytes:
    """Return few bars, each the loudest of several and in the colour that most of them have."""
    shorter = found.shortened(THUMBNAIL_BARS)
    each = len(found.levels) / max(1, len(shorter.levels))
    return bars(shorter, BAR_MS * each)
