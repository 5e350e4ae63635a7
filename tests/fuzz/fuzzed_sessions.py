"""AR sessions, what is annotated in them, and recordings of Objectron as they are imported."""

from contextlib import suppress
from dataclasses import replace

import fuzz_files as files

from firsthand.errors import InputError
from firsthand.measure.documents import parsed
from firsthand.objects.annotations import annotations_from, annotations_of, to_bytes
from firsthand.objects.frame_labels import label_lines
from firsthand.objects.objectron import _annotations, _planes, _points, camera_of, light_of
from firsthand.objects.objectron_messages import read_annotation, read_geometry
from firsthand.objects.session import read_session, write_session

SIZE_PX = (64, 48)


def session(data: bytes) -> None:
    path = files.file("session/session.json", data)
    with suppress(InputError):
        found = read_session(path.parent)
        again = files.folder() / "again"
        again.mkdir(exist_ok=True)
        write_session(replace(found, folder=again))
        assert len(read_session(again).frames) == len(found.frames)


def annotations(data: bytes) -> None:
    with suppress(InputError):
        found = annotations_from(data, "fuzzed")
        assert [each.name for each in annotations_from(to_bytes(found), "again")] == [
            each.name for each in found
        ]


def objects(data: bytes) -> None:
    """What a page sends of its annotations."""
    with suppress(InputError):
        annotations_of(parsed(data, "fuzzed"), "objects")


def labels(data: bytes) -> None:
    """A session and its annotations, parted by the first null byte."""
    about, _, drawn = data.partition(b"\0")
    path = files.file("session/session.json", about)
    with suppress(InputError):
        for _ in label_lines(read_session(path.parent), annotations_from(drawn, "fuzzed")):
            pass


def geometry(data: bytes) -> None:
    with suppress(InputError):
        messages = read_geometry(data, "fuzzed")
        for message in messages:
            light_of(message.light_estimate)
            with suppress(InputError):
                camera_of(message.camera, SIZE_PX, "fuzzed")
        with suppress(InputError):
            _planes(messages, "fuzzed")
        _points(messages, "fuzzed")


def annotation(data: bytes) -> None:
    with suppress(InputError):
        sequence = read_annotation(data, "fuzzed")
        for message in sequence.frame_annotations:
            with suppress(InputError):
                camera_of(message.camera, SIZE_PX[::-1], "fuzzed")
        _annotations(sequence, "fuzzed")


PARSERS = {
    "s": session,
    "a": annotations,
    "o": objects,
    "l": labels,
    "g": geometry,
    "q": annotation,
}
