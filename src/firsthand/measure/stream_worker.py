"""The process in which one model is timed, told what to do by its pipe.

It answers the calls of `single_stream` in the manner of `peer_messages`. It knows a model and
inputs, never what answers would be right.
"""

import ctypes
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import FirsthandError, InputError
from firsthand.measure.latency import collector_paused, memory_sentinel, sentinel_kernel
from firsthand.measure.memory import peak_memory_bytes
from firsthand.measure.peer_messages import Array, Conversation, encode
from firsthand.runtime.runner import Runner, load_runner

_FOREVER: Final = math.inf
_SET_DEATH_SIGNAL: Final = 1  # prctl(2)
_SLEPT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

Answer = Mapping[str, Any]


class _Timed:
    """A loaded model and the inputs that it is timed with."""

    def __init__(self) -> None:
        self._runner: Runner | None = None
        self._inputs: list[tuple[Array, ...]] = []
        self._next = 0
        self._sentinel, self._reading = sentinel_kernel(), memory_sentinel()
        self._sentinel()

    def limit(self, memory_bytes: int) -> Answer:
        """Have no more memory than this, for good."""
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return {}

    def load(self, path: str, threads: int) -> Answer:
        """Load the model; tell how long that and its first run took, and what it takes."""
        before = _resident_bytes()
        begun = time.perf_counter_ns()
        runner = load_runner(path, threads=threads)
        loaded = time.perf_counter_ns()
        runner.invoke()
        first = time.perf_counter_ns()
        self._runner = runner
        specs = [
            [{"name": s.name, "shape": list(s.shape), "dtype": s.dtype.name,
              "scale": s.scale, "zero_point": s.zero_point} for s in side]
            for side in (runner.inputs, runner.outputs)
        ]  # fmt: skip
        return {
            "init_ns": loaded - begun,
            "first_ns": first - loaded,
            "memory_bytes": max(0, peak_memory_bytes() - before),
            "inputs": specs[0],
            "outputs": specs[1],
        }

    def draw(self, seed: int, count: int) -> Answer:
        """Make inputs up: whole numbers over their type's range, real ones in 0..1."""
        rng = np.random.default_rng(seed)
        shapes = [(tuple(max(1, n) for n in s.shape), s.dtype) for s in self._loaded.inputs]
        self._inputs = [tuple(_drawn(rng, *shape) for shape in shapes) for _ in range(count)]
        return {}

    def give(self, **arrays: Array) -> Answer:
        """Take inputs: `i0` (n, ...) for the first input of n queries, and so on."""
        columns = [arrays[f"i{at}"] for at in range(len(arrays))]
        self._inputs = list(zip(*columns, strict=True))
        self._next = 0
        return {}

    def block(self, queries: int, unmeasured: int) -> Answer:
        """Answer queries one after another, each timed, the sentinels beside them.

        `unmeasured` more come before: what ran meanwhile has taken the caches, and so has the
        sentinel that reads memory.
        """
        runner, inputs = self._loaded, self._inputs
        copy_ns, query_ns = np.empty(queries, np.int64), np.empty(queries, np.int64)
        views = [runner.input_view(at) for at in range(len(runner.inputs))]
        with collector_paused():
            started = time.perf_counter_ns()
            self._reading()
            memory_ns = time.perf_counter_ns() - started
            for _ in range(unmeasured):
                self._fill(views, inputs[self._next])
                runner.invoke()
            before = self._probe()
            slept, worked, begun = _slept_ns(), time.process_time_ns(), time.perf_counter_ns()
            for at in range(queries):
                started = time.perf_counter_ns()
                self._fill(views, inputs[self._next])
                copied = time.perf_counter_ns()
                runner.invoke()
                query_ns[at] = time.perf_counter_ns() - copied
                copy_ns[at] = copied - started
                self._next = (self._next + 1) % len(inputs)
            wall_ns = time.perf_counter_ns() - begun
            worked_ns, slept_ns = time.process_time_ns() - worked, _slept_ns() - slept
            after = self._probe()
        return {
            "query_ns": query_ns,
            "copy_ns": copy_ns,
            "sentinel_ns": np.array([before, after], np.int64),
            "memory_ns": memory_ns,
            "wall_ns": wall_ns,
            "worked_ns": worked_ns,
            "slept_ns": slept_ns,
        }

    def answer(self, **arrays: Array) -> Answer:
        """Answer queries whose inputs come with them: outputs `o0` (n, ...), and times."""
        self.give(**arrays)
        runner, count = self._loaded, len(self._inputs)
        query_ns = np.empty(count, np.int64)
        found: list[list[Array]] = []
        views = [runner.input_view(at) for at in range(len(runner.inputs))]
        with collector_paused():
            for at, inputs in enumerate(self._inputs):
                started = time.perf_counter_ns()
                self._fill(views, inputs)
                runner.invoke()
                outputs = [runner.output_view(n).copy() for n in range(len(runner.outputs))]
                query_ns[at] = time.perf_counter_ns() - started
                found.append(outputs)
        stacked = {f"o{n}": np.stack(column) for n, column in enumerate(zip(*found, strict=True))}
        return {"query_ns": query_ns, **stacked}

    @property
    def _loaded(self) -> Runner:
        if self._runner is None:
            raise InputError("load a model first")
        return self._runner

    @staticmethod
    def _fill(views: list[Array], inputs: tuple[Array, ...]) -> None:
        for view, array in zip(views, inputs, strict=True):
            view[...] = array

    def _probe(self) -> int:
        self._sentinel()
        started = time.perf_counter_ns()
        self._sentinel()
        return time.perf_counter_ns() - started


def _drawn(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind == "f":
        return rng.random(shape).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.itemsize > 1:  # indices, of what size nobody knows
        return np.zeros(shape, dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def _resident_bytes() -> int:
    """How much memory this process has at present; its peak so far where that is not known."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak_memory_bytes()
    return pages * resource.getpagesize()


def _slept_ns() -> int:
    """How long the machine has slept since it started."""
    return time.clock_gettime_ns(_SLEPT) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def _end_with_parent() -> None:
    """Have the kernel end this process with who started it, though it never looks up again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def main() -> None:
    """Answer calls until standard input ends."""
    _end_with_parent()
    talk = Conversation(os.dup(0), os.dup(1), time.monotonic)
    os.dup2(2, 1)  # what libraries print is no message
    timed = _Timed()
    acts: dict[str, Callable[..., Answer]] = {
        name: getattr(timed, name) for name in ("limit", "load", "draw", "give", "block", "answer")
    }
    talk.send(encode({"ok": True, "values": {}}, {}), _FOREVER)
    while True:
        try:
            header, arrays = talk.receive(_FOREVER)
        except EOFError:
            return
        try:
            answer = acts[header["op"]](**header["values"], **arrays)
        except (FirsthandError, MemoryError, KeyError, TypeError, ValueError) as error:
            told = (
                f"{type(error).__name__}: {error}"
                if not isinstance(error, FirsthandError)
                else str(error)
            )
            talk.send(encode({"ok": False, "values": {"error": told}}, {}), _FOREVER)
            continue
        given = {name: value for name, value in answer.items() if isinstance(value, np.ndarray)}
        values = {name: value for name, value in answer.items() if name not in given}
        talk.send(encode({"ok": True, "values": values}, given), _FOREVER)


if __name__ == "__main__":
    main()
