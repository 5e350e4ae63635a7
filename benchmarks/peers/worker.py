"""The peer's half of the conversation: runs inside a peer's own environment.

Needs Python 3.9+ and numpy of any version, nothing of Firsthand. A message in either direction is
one line of JSON followed by the raw bytes of its arrays, in order, C-contiguous:

    {"op": NAME, "values": {...}, "arrays": [{"name": ..., "dtype": "<f4", "shape": [...]}]}

A reply has "ok" in place of "op"; "ok": false carries "error" and "trace". The worker ends when
its standard input does.
"""

import contextlib
import gc
import json
import os
import traceback
from pathlib import Path

import numpy as np


def serve(handlers):
    """Answer calls until standard input ends.

    `handlers` maps operation names to functions that take the call's values and arrays as keyword
    arguments and return a dict of JSON values and numpy arrays.
    """
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not fall into the conversation
    _send(sink, {"ok": True}, {"pid": os.getpid()})
    while True:
        line = source.readline()
        if not line:
            return
        header = json.loads(line)
        arguments = dict(header["values"])
        for entry in header["arrays"]:
            arguments[entry["name"]] = _read_array(source, entry)
        try:
            answer = _handler(handlers, header["op"])(**arguments)
        except (
            ArithmeticError,
            LookupError,
            OSError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            told = {"error": f"{type(error).__name__}: {error}"}
            told["trace"] = traceback.format_exc()
            _send(sink, {"ok": False}, told)
        else:
            _send(sink, {"ok": True}, answer or {})


@contextlib.contextmanager
def collector_paused():
    """Keep the garbage collector from starting in a timed stretch, as our side's harness does."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def peak_memory_bytes():
    """Return the largest resident set this process has had."""
    with Path("/proc/self/status").open() as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmHWM line")


def _handler(handlers, op):
    if op not in handlers:
        raise LookupError(f"no operation {op!r}; this worker has {sorted(handlers)}")
    return handlers[op]


def _read_array(source, entry):
    dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
    array = np.empty(shape, dtype)
    view = memoryview(array.reshape(-1).view(np.uint8)) if array.size else memoryview(b"")
    done = 0
    while done < len(view):
        got = source.readinto(view[done:])
        if not got:
            raise EOFError("the conversation ended inside an array")
        done += got
    return array


def _send(sink, header, answer):
    arrays = {name: np.asarray(v, order="C") for name, v in answer.items() if _is_array(v)}
    header["values"] = {name: v for name, v in answer.items() if not _is_array(v)}
    header["arrays"] = [
        {"name": name, "dtype": array.dtype.str, "shape": array.shape}
        for name, array in arrays.items()
    ]
    sink.write(json.dumps(header).encode() + b"\n")
    for array in arrays.values():
        sink.write(array.tobytes())
    sink.flush()


def _is_array(value):
    return isinstance(value, np.ndarray)
