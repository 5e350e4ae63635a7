"""What goes between the page's server and the process that works for it: JSON lines and sound.

A message is a line of JSON; where it has `bytes`, so many octets follow it.
"""

import json
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import IO, Any, Final

from firsthand.recorder.transcript import Word

NO_COLOUR: Final = 255
"""The colour of a bar in which no class is heard."""

Message = dict[str, Any]
"""The fields of a message; `octets` are what followed it."""


class Wire:
    """Messages to whoever reads a stream, whole ones, from any thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = Lock()

    def send(self, **fields: Any) -> None:
        """Send a message; `OSError` or `ValueError` where nobody takes it any more."""
        message = message_of(**fields)
        with self._lock:
            self._stream.write(message)
            self._stream.flush()


def message_of(octets: bytes = b"", **fields: Any) -> bytes:
    """Return a message as it is sent."""
    if octets:
        fields["bytes"] = len(octets)
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n" + octets


def messages(stream: IO[bytes]) -> Iterator[Message]:
    """Yield the messages of a stream until it ends, in the middle of one or with what is none."""
    for line in iter(stream.readline, b""):
        try:
            message: Any = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        count = message.pop("bytes", 0)
        if type(count) is not int or count < 0:
            return
        message["octets"] = stream.read(count)
        if len(message["octets"]) < count:
            return
        yield message


def columns(words: Sequence[Word], first: int) -> dict[str, Any]:
    """Return words as the page takes them: a list of each field, and the number of the first."""
    return {
        "first": first,
        "text": [word.text for word in words],
        "start_ms": [word.start_ms for word in words],
        "end_ms": [word.end_ms for word in words],
        "attached": [int(word.attached) for word in words],
    }
