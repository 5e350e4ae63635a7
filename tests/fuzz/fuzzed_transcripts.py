"""Transcripts as they are imported and exported, and the recorder's own tables and messages."""

import io
from contextlib import suppress
from pathlib import Path

import fuzz_files as files

from firsthand.errors import InputError
from firsthand.recorder.exchange import FORMATS, READABLE, read_transcript, write_transcript
from firsthand.recorder.tags.prior import PriorTable
from firsthand.recorder.web.tasks import Tasks
from firsthand.recorder.web.wire import messages


def _transcript(data: bytes, form: str) -> None:
    with suppress(InputError):
        found = read_transcript(files.text(data), form)
        for other in FORMATS:
            written = write_transcript(found, other)
            if other in READABLE:
                again = read_transcript(written, other)
                assert other != "json" or again.turns == found.turns


def subrip(data: bytes) -> None:
    _transcript(data, "srt")


def webvtt(data: bytes) -> None:
    _transcript(data, "vtt")


def table(data: bytes) -> None:
    _transcript(data, "json")


def prior(data: bytes) -> None:
    with suppress(InputError):
        PriorTable.from_json(files.text(data))


def wire(data: bytes) -> None:
    for message in messages(io.BytesIO(data)):
        assert isinstance(message["octets"], bytes)


def tasks(data: bytes) -> None:
    path: Path = files.file("library/tasks/one.json", data)
    (found,) = Tasks(path.parents[1]).all()
    assert found.task == "one"


PARSERS = {"s": subrip, "v": webvtt, "j": table, "p": prior, "w": wire, "t": tasks}
