"""The device's side of a measurement elsewhere: a request in, a signed record out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firsthand.measure.documents import from_plain
from firsthand.measure.records import signed, take_record
from firsthand.measure.single_stream import Progress, Rules


def answer(request: Mapping[str, Any], folder: Path, progress: Progress) -> bytes:
    """Measure the models of a request and return the signed record.

    The request has `models` (names, and their files in `folder`), `rules`, `cpu`, `date`, and
    `key`, in hexadecimal, that the record is signed with. Raises what `measure_streams` does.
    """
    record = take_record(
        {name: folder / file for name, file in request["models"].items()},
        from_plain(Rules, request["rules"], "the request's rules"),
        device="ssh",
        date=request["date"],
        cpu=request["cpu"],
        progress=progress,
    )
    return signed(record, bytes.fromhex(request["key"]))
