"""Tables, lists and small documents: gestures, labels, submissions, reports, settings, records."""

from contextlib import suppress
from pathlib import Path

import fuzz_files as files

from firsthand.challenge.detection import open_detections
from firsthand.challenge.devices.benchmark_report import read_report
from firsthand.challenge.devices.phone import read_heat, read_phone
from firsthand.challenge.images import open_images
from firsthand.challenge.leaderboard.entries import Standing
from firsthand.compress.budgets import parse_budget
from firsthand.compress.members import read_members
from firsthand.compress.text import TextProjection, TextTokens
from firsthand.core.rows import read_rows
from firsthand.errors import ConfigError, InputError, PeerError
from firsthand.hands.gestures import gesture_set_from_json, load_gesture_model
from firsthand.hands.labels import read_labelled
from firsthand.measure.documents import parsed
from firsthand.measure.peer_messages import decode_header
from firsthand.measure.records import Record, from_json, opened, signed
from firsthand.measure.results import read as read_result
from firsthand.speech.noss.sets import read_tables
from firsthand.speech.noss.studies import read_cell

KEY = b"key"


def gestures(data: bytes) -> None:
    with suppress(ConfigError):
        found = gesture_set_from_json(files.text(data))
        assert gesture_set_from_json(found.to_json()) == found


def gesture_model(data: bytes) -> None:
    with suppress(InputError):
        load_gesture_model(files.file("gestures.json", data))


def coco_hands(data: bytes) -> None:
    path = files.file("coco/labels.json", data)
    files.file("coco/a.jpg", b"\xff\xd8")
    with suppress(InputError):
        read_labelled(path.parent)


def handpose(data: bytes) -> None:
    path = files.file("handpose/a.json", data)
    files.file("handpose/a.jpg", b"\xff\xd8")
    with suppress(InputError):
        read_labelled(path.parent)


def images(data: bytes) -> None:
    path = files.file("images/labels.csv", data)
    files.file("images/a.jpg", b"\xff\xd8")
    with suppress(InputError):
        open_images(path.parent)


def detections(data: bytes) -> None:
    path = files.file("detections/annotations.json", data)
    files.file("detections/a.jpg", b"\xff\xd8")
    with suppress(InputError):
        open_detections(path.parent)


def standing(data: bytes) -> None:
    with suppress(InputError):
        found = Standing.from_json(files.text(data))
        assert Standing.from_json(found.to_json()) == found


def report(data: bytes) -> None:
    with suppress(InputError):
        read_report(files.text(data))


def phone(data: bytes) -> None:
    """What a phone answers, its parts parted by null bytes."""
    parts = files.text(data).split("\0")
    first, second, third = [*parts, "", "", ""][:3]
    with suppress(InputError):
        read_phone(first, second, third)
    with suppress(InputError):
        read_heat(first, second, third)


def members(data: bytes) -> None:
    path: Path = files.file("family/pareto.csv", data)
    with suppress(InputError):
        read_members(path.parent)


def budget(data: bytes) -> None:
    with suppress(ConfigError):
        parse_budget(files.text(data))


def projection(data: bytes) -> None:
    for kind in (TextProjection, TextTokens):
        with suppress(InputError):
            kind.from_settings(files.text(data))


def rows(data: bytes) -> None:
    with suppress(InputError):
        read_rows(files.file("labels.csv", data), "file", "label")


def record(data: bytes) -> None:
    with suppress(InputError):
        from_json(Record, files.text(data), "fuzzed")
    with suppress(InputError):
        opened(Record, data, KEY)


def sealed(data: bytes) -> None:
    """A document that whoever holds the key has signed."""
    with suppress(InputError):
        opened(Record, signed(parsed(data, "fuzzed"), KEY), KEY)


def result(data: bytes) -> None:
    with suppress(InputError):
        read_result(files.file("result.json", data))


def peer(data: bytes) -> None:
    with suppress(PeerError):
        decode_header(data)


def tasks(data: bytes) -> None:
    with suppress(ConfigError):
        read_tables(files.file("tasks.toml", data))


def cell(data: bytes) -> None:
    with suppress(InputError):
        read_cell(files.file("cell.json", data))


PARSERS = {
    "g": gestures,
    "m": gesture_model,
    "c": coco_hands,
    "h": handpose,
    "i": images,
    "d": detections,
    "s": standing,
    "r": report,
    "p": phone,
    "f": members,
    "b": budget,
    "t": projection,
    "v": rows,
    "e": record,
    "k": sealed,
    "z": result,
    "w": peer,
    "n": tasks,
    "a": cell,
}
