"""What LiteRT's benchmark program says: its report, in the forms that it has had since 2018."""

import re
from dataclasses import dataclass
from typing import Any, Final

from firsthand.errors import InputError

_NUMBER: Final = r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_PREFIX: Final = re.compile(r"^(?:.*?\bI tflite\s*: |INFO: (?:\[[^]]*\] )?)?")
_COUNT: Final = re.compile(r"^(?:Timings \(microseconds\): )?count=(\d{1,15})((?: \w+=[\d.e+-]+)*)")
_VALUE: Final = re.compile(rf"(\w+)={_NUMBER}")
_SUMMARY: Final = re.compile(
    rf"^Inference timings in us: Init: {_NUMBER}, First inference: {_NUMBER}, "
    rf"Warmup \(avg\): {_NUMBER}, Inference \(avg\): {_NUMBER}"
)
_SUMMARY_2018: Final = re.compile(
    rf"^Average inference timings in us: Warmup: {_NUMBER}, Init: {_NUMBER}, "
    rf"(?:Inference|no stats): {_NUMBER}"
)
_MS: Final = re.compile(
    rf"^(Model initialization|Warmup \(first\)|Warmup \(avg\)|Inference \(\w+\)):\s+{_NUMBER}"
    r"(?: ms)?(?: \((\d{1,15}) runs\))?"
)
_MEMORY: Final = re.compile(
    r"^(?:(?:Peak memory footprint|Memory footprint delta from the start of the tool) \(MB\): "
    rf"init=[\d.]+ overall={_NUMBER}|Overall footprint:\s+{_NUMBER} MB)"
)
_PEAK: Final = re.compile(
    rf"^Overall peak memory footprint \(MB\) via periodic monitoring: {_NUMBER}"
)
_DELEGATED: Final = re.compile(
    r"^(?:Explicitly applied XNNPACK|Created TensorFlow Lite XNNPACK|.*TfLiteXNNPackDelegate)"
)
_UNKNOWN: Final = re.compile(r"(?:unrecognized commandline flag|Unconsumed cmdline flags): (.*)")


@dataclass(frozen=True, slots=True)
class Report:
    """One launch of the benchmark program; times in microseconds, memory in MB.

    `mean_us`, `min_us`, `max_us`, `std_us` are those of `queries` queries after the warm-up;
    a value is None where that version of the program does not tell it. `memory_mb` is what it
    grew by, or its peak where told. `ignored` are options that this version does not know.
    """

    init_us: float
    first_us: float | None
    warmup_us: float
    mean_us: float
    queries: int
    min_us: float | None
    max_us: float | None
    std_us: float | None
    median_us: float | None = None
    p95_us: float | None = None
    memory_mb: float | None = None
    xnnpack: bool = False
    ignored: str = ""


def read_report(text: str) -> Report:
    """Return the report in the program's output, which may have other lines too.

    `InputError` with the output's last lines where there is none, as after a crash.
    """
    lines = [_PREFIX.sub("", line.strip(), count=1) for line in text.splitlines()]
    counts: list[tuple[int, dict[str, float]]] = []
    summary: tuple[float, float | None, float, float] | None = None
    in_ms: dict[str, float] = {}
    grown, peak, ignored, runs = None, None, [], 0
    for line in lines:
        if found := _COUNT.match(line):
            if summary is not None:
                continue  # an operator profile has counts of its own
            values = {name: float(value) for name, value in _VALUE.findall(found[2])}
            counts.append((int(found[1]), values))
        elif found := _SUMMARY.match(line):
            init, begun, warmup, mean = (float(each) for each in found.groups())
            summary = init, begun, warmup, mean
        elif found := _SUMMARY_2018.match(line):
            warmup, init, mean = (float(each) for each in found.groups())
            first = counts[0][1].get("first", counts[0][1].get("curr")) if counts[1:] else None
            summary = init, first, warmup, mean
        elif found := _MS.match(line):
            in_ms[found[1]] = float(found[2]) * 1e3
            runs = int(found[3] or runs)
        elif found := _MEMORY.match(line):
            grown = float(found[1] or found[2])
        elif found := _PEAK.match(line):
            peak = float(found[1])
        elif found := _UNKNOWN.search(line):
            ignored.append(found[1].strip())
    told: dict[str, Any] = {
        "memory_mb": peak if peak is not None else grown,
        "xnnpack": any(_DELEGATED.match(line) for line in lines),
        "ignored": " ".join(ignored),
    }
    if summary is None and "Inference (avg)" in in_ms:
        return _of_ms(in_ms, runs, told)
    if summary is None or not counts:
        raise InputError(
            "the benchmark program made no report; its last words:\n" + _last_words(text)
        )
    queries, measured = counts[-1]
    return Report(
        *summary,
        queries=queries,
        min_us=measured.get("min"),
        max_us=measured.get("max"),
        std_us=measured.get("std"),
        median_us=measured.get("median"),
        p95_us=measured.get("p95"),
        **told,
    )


def _of_ms(in_ms: dict[str, float], runs: int, told: dict[str, Any]) -> Report:
    return Report(
        init_us=in_ms.get("Model initialization", 0.0),
        first_us=in_ms.get("Warmup (first)"),
        warmup_us=in_ms.get("Warmup (avg)", 0.0),
        mean_us=in_ms["Inference (avg)"],
        queries=runs,
        min_us=in_ms.get("Inference (min)"),
        max_us=in_ms.get("Inference (max)"),
        std_us=in_ms.get("Inference (std)"),
        **told,
    )


def _last_words(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-6:]) or "(none)"
