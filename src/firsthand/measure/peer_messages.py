"""The conversation with a peer: one line of JSON, then the raw bytes of its arrays.

    {"op": NAME, "values": {...}, "arrays": [{"name": ..., "dtype": "<f4", "shape": [...]}]}

A reply has "ok" in place of "op". `benchmarks/peers/worker.py` is the other half. What arrives is
checked before anything is allocated: a peer is a program of somebody else's.
"""

import json
import math
import os
import select
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import PeerError

Array = NDArray[Any]

_MAX_HEADER_BYTES = 16 * 2**20
_MAX_PAYLOAD_BYTES = 8 * 2**30
_READ_BYTES = 1 << 20


def encode(header: Mapping[str, object], arrays: Mapping[str, Array]) -> list[bytes | memoryview]:
    """Return the parts of a message: its header line and one buffer per array."""
    plain = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.kind not in "biuf":
            raise PeerError(f"array {name!r} of dtype {array.dtype} cannot be sent; numbers can")
    described = [
        {"name": name, "dtype": array.dtype.str, "shape": array.shape}
        for name, array in plain.items()
    ]
    line = json.dumps({**header, "arrays": described}).encode() + b"\n"
    return [
        line,
        *(array.reshape(-1).view(np.uint8).data for array in plain.values() if array.size),
    ]


def decode_header(
    line: bytes,
) -> tuple[dict[str, Any], list[tuple[str, np.dtype[Any], tuple[int, ...]]]]:
    """Return a message's header and the name, dtype and shape of its arrays, all checked."""
    try:
        header = json.loads(line)
        announced = [
            (str(entry["name"]), np.dtype(str(entry["dtype"])), tuple(entry["shape"]))
            for entry in header["arrays"]
        ]
        header["values"] = dict(header["values"])
    except (ValueError, KeyError, TypeError, RecursionError, SyntaxError) as error:
        raise PeerError(f"the peer sent no message but {line[:80]!r} ({error!r})") from error
    total = 0
    for name, dtype, shape in announced:
        sound = all(type(side) is int and side >= 0 for side in shape)
        if dtype.kind not in "biuf" or not sound:
            raise PeerError(f"the peer sent array {name!r} as {dtype} of shape {shape}")
        total += dtype.itemsize * math.prod(shape)
    if total > _MAX_PAYLOAD_BYTES:
        raise PeerError(f"the peer announced {total} bytes; {_MAX_PAYLOAD_BYTES} are the limit")
    return header, announced


class Conversation:
    """Both ends of a peer's pipes, never waited on past a deadline.

    `now_s` is a monotonic clock in seconds; deadlines are read from it, `math.inf` is none. A
    `TimeoutError` means that the deadline passed, an `EOFError` that the peer closed its side.
    """

    def __init__(self, read_from: int, write_to: int, now_s: Callable[[], float]) -> None:
        self._read_from, self._write_to, self._now_s = read_from, write_to, now_s
        self._pending = bytearray()
        for descriptor in (read_from, write_to):
            os.set_blocking(descriptor, False)

    def send(self, parts: list[bytes | memoryview], deadline_s: float) -> None:
        """Write a message."""
        for part in parts:
            view = memoryview(part)
            while len(view):
                self._wait(self._write_to, select.POLLOUT, deadline_s)
                try:
                    view = view[os.write(self._write_to, view) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    raise EOFError("the peer reads no more") from None

    def receive(self, deadline_s: float) -> tuple[dict[str, Any], dict[str, Array]]:
        """Read a message: its header and its arrays."""
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > _MAX_HEADER_BYTES:
                raise PeerError(f"the peer sent {len(self._pending)} bytes without ending a line")
            self._pending += self._read(_READ_BYTES, deadline_s)
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        header, announced = decode_header(line)
        arrays = {
            name: self._receive_array(dtype, shape, deadline_s) for name, dtype, shape in announced
        }
        return header, arrays

    def _receive_array(
        self, dtype: np.dtype[Any], shape: tuple[int, ...], deadline_s: float
    ) -> Array:
        wanted = dtype.itemsize * math.prod(shape)
        payload = bytearray(self._pending[:wanted])
        del self._pending[:wanted]
        while len(payload) < wanted:
            payload += self._read(min(_READ_BYTES, wanted - len(payload)), deadline_s)
        return np.frombuffer(payload, dtype).reshape(shape)

    def _read(self, at_most: int, deadline_s: float) -> bytes:
        self._wait(self._read_from, select.POLLIN, deadline_s)
        read = os.read(self._read_from, at_most)
        if not read:
            raise EOFError("the peer closed its side")
        return read

    def _wait(self, descriptor: int, event: int, deadline_s: float) -> None:
        left_s = deadline_s - self._now_s()
        waiter = select.poll()
        waiter.register(descriptor, event)
        left_ms = None if left_s == math.inf else left_s * 1e3
        if left_s <= 0 or not waiter.poll(left_ms):
            raise TimeoutError
