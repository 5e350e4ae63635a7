"""How long each operator of a .tflite model takes, by LiteRT's own profiler.

LiteRT's Python package has the profiler in its library and not in its interface, so it is called
through the library's C interface, as of ai-edge-litert 2.3. What it returns is checked before it is
followed, and whoever profiles does so in a process of its own (`firsthand.runtime.profiling`).
"""

import ctypes
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Final

import ai_edge_litert
import numpy as np

from firsthand.errors import ModelError

_CPU: Final = 1
_OPERATOR, _DELEGATED = 1 << 1, 1 << 3
_SOURCES: Final = 3
_LONGEST: Final = 10**9  # us
_TYPE_BYTES: Final = 512  # of a tensor's type, with room to spare
_OPTIONS: Final = b"runtime_options_string"
_PROFILING: Final = b"enable_profiling = true\n"


class _Memory(ctypes.Structure):
    _fields_ = (("reserved", c_int64), ("allocated", c_int64), ("used", c_int64))


class _Event(ctypes.Structure):
    _fields_ = (
        ("tag", c_void_p),
        ("kind", c_int),
        ("start_us", c_uint64),
        ("elapsed_us", c_uint64),
        ("before", _Memory),
        ("after", _Memory),
        ("first", c_uint64),
        ("second", c_uint64),
        ("source", c_int),
    )


def profile_litert(path: Path, runs: int) -> list[tuple[str, float, int]]:
    """Return for each kernel that a run calls: its name, its time in us, and its operator.

    The time is the mean without the tenths of runs that were the shortest and the longest. The
    operator is its number in the file, or -1 for kernels of the XNNPACK delegate, which come in
    the order of the operators that they replace.
    """
    with _compiled(path) as (lib, run, profiler):
        for _ in range(max(3, runs // 10)):
            run()
        lib.call("LiteRtStartProfiler", profiler)
        for _ in range(runs):
            run()
        lib.call("LiteRtStopProfiler", profiler)
        count = c_int()
        lib.call("LiteRtGetNumProfilerEvents", profiler, byref(count))
        events = (_Event * count.value)()
        lib.call("LiteRtGetProfilerEvents", profiler, count, events)
        return _medians(list(events), runs)


def _medians(events: list[_Event], runs: int) -> list[tuple[str, float, int]]:
    kernels = []
    for event in events:
        known = event.kind > 0 and event.kind & (event.kind - 1) == 0 and event.tag
        timed = event.kind in (_OPERATOR, _DELEGATED)
        if not (known and 0 <= event.source < _SOURCES) or (timed and event.elapsed_us > _LONGEST):
            raise ModelError("this version of LiteRT reports its times in a form that is not known")
        if not timed:
            continue
        name = (ctypes.string_at(event.tag) or b"").decode("utf-8", "replace")
        if "Delegate" in name and event.kind == _OPERATOR:
            continue  # all of a delegate's kernels together
        at = int(event.first) if event.kind == _OPERATOR else -1
        kernels.append((name.removeprefix("Delegate/"), event.elapsed_us, at))
    each, odd = divmod(len(kernels), runs)
    if odd or not each:
        raise ModelError(f"LiteRT reports {len(kernels)} kernels of {runs} runs")
    times = np.array([us for _, us, _ in kernels], np.float64).reshape(runs, each)
    # Whole microseconds: a mean says more of short ones than a median.
    times.sort(axis=0)
    spare = runs // 10
    middle = times[spare : runs - spare].mean(axis=0)
    return [(name, float(us), at) for (name, _, at), us in zip(kernels[:each], middle, strict=True)]


class _Library:
    """LiteRT's C interface; every call returns 0 or fails."""

    def __init__(self) -> None:
        folder = Path(ai_edge_litert.__file__).parent
        try:
            self._library = ctypes.CDLL(str(folder / "libLiteRt.so"))
        except OSError as error:
            raise ModelError(f"LiteRT's library cannot be loaded: {error}") from error

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function; `ModelError` with its status if that is not 0."""
        function = getattr(self._library, name, None)
        if function is None:
            raise ModelError(f"this version of LiteRT has no {name}, so it cannot be profiled")
        status = function(*arguments)
        if status:
            raise ModelError(f"LiteRT: {name} ended with status {status}")

    def made(self, name: str, *arguments: Any) -> c_void_p:
        """Call a function that fills in a handle as its last argument; return the handle."""
        handle = c_void_p()
        self.call(name, *arguments, byref(handle))
        return handle

    def counted(self, name: str, handle: c_void_p) -> int:
        """Call a function that fills in a number."""
        number = c_size_t()
        self.call(name, handle, byref(number))
        return number.value

    def destroy(self, name: str, handle: c_void_p) -> None:
        """Call a function that returns nothing."""
        function = getattr(self._library, name)
        function.restype = None
        function(handle)


_Deleter = ctypes.CFUNCTYPE(None, c_void_p)


@contextmanager
def _compiled(path: Path) -> Iterator[tuple[_Library, Any, c_void_p]]:
    """Give the library, what runs the model once, and its profiler."""
    lib = _Library()
    with ExitStack() as stack:

        def made(name: str, destroy: str, *arguments: Any) -> c_void_p:
            handle = lib.made(name, *arguments)
            stack.callback(lib.destroy, destroy, handle)
            return handle

        environment = made("LiteRtCreateEnvironment", "LiteRtDestroyEnvironment", c_int(0), None)
        model = made(
            "LiteRtCreateModelFromFile",
            "LiteRtDestroyModel",
            *(environment, c_char_p(str(path).encode())),
        )
        options = made("LiteRtCreateOptions", "LiteRtDestroyOptions")
        lib.call("LiteRtSetOptionsHardwareAccelerators", options, c_int(_CPU))
        wanted = ctypes.create_string_buffer(_PROFILING)
        kept = _Deleter(lambda _: None)
        opaque = lib.made("LiteRtCreateOpaqueOptions", c_char_p(_OPTIONS), wanted, kept)
        lib.call("LiteRtAddOpaqueOptions", options, opaque)
        compiled = made(
            "LiteRtCreateCompiledModel",
            "LiteRtDestroyCompiledModel",
            *(environment, model, options),
        )
        profiler = lib.made("LiteRtCompiledModelGetProfiler", compiled)
        signature = lib.made("LiteRtGetModelSignature", model, c_size_t(0))
        sides = []
        for side in ("Input", "Output"):
            count = lib.counted(f"LiteRtGetNumSignature{side}s", signature)
            buffers = (c_void_p * count)()
            for at in range(count):
                tensor = lib.made(f"LiteRtGetSignature{side}TensorByIndex", signature, c_size_t(at))
                kind = ctypes.create_string_buffer(_TYPE_BYTES)
                lib.call("LiteRtGetRankedTensorType", tensor, kind)
                needs = lib.made(
                    f"LiteRtGetCompiledModel{side}BufferRequirements",
                    *(compiled, c_size_t(0), c_size_t(at)),
                )
                buffer = made(
                    "LiteRtCreateManagedTensorBufferFromRequirements",
                    "LiteRtDestroyTensorBuffer",
                    *(environment, kind, needs),
                )
                buffers[at] = buffer.value
            sides += [c_size_t(count), ctypes.cast(buffers, POINTER(c_void_p))]

        def run() -> None:
            lib.call("LiteRtRunCompiledModel", compiled, c_size_t(0), *sides)

        yield lib, run, profiler
