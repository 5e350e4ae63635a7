"""What a model may cost, in words: `size <= 500 KB`, `latency <= 2 ms`, `accuracy drop <= 1 pt`."""

import re
from dataclasses import dataclass, replace
from typing import Final

from firsthand.errors import ConfigError

_TERM: Final = re.compile(
    r"\s*(size|latency|p90|accuracy drop|drop|accuracy|macs)\s*(?:(<=|>=|=|:)\s*)?"
    r"(\d+(?:\.\d+)?)\s*([a-zA-Z%]*)\s*"
)
_SIZES: Final = {"": 1, "b": 1, "kb": 1_000, "kib": 1_024, "mb": 1_000_000, "mib": 1 << 20}
_TIMES: Final = {"us": 1.0, "": 1e3, "ms": 1e3, "s": 1e6}
_COUNTS: Final = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_POINTS: Final = ("", "pt", "pts", "point", "points", "%")


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a model may cost; None for what does not matter.

    `drop` is by how many points of accuracy, 0..1, it may be below its teacher.
    """

    bytes: int | None = None
    median_us: float | None = None
    p90_us: float | None = None
    drop: float | None = None
    accuracy: float | None = None
    macs: int | None = None

    def __str__(self) -> str:
        terms = (
            ("size", self.bytes and f"{self.bytes / 1e3:.12g} KB", "<="),
            ("latency", self.median_us and f"{self.median_us / 1e3:.12g} ms", "<="),
            ("p90", self.p90_us and f"{self.p90_us / 1e3:.12g} ms", "<="),
            ("accuracy drop", None if self.drop is None else f"{100 * self.drop:g} pt", "<="),
            ("accuracy", self.accuracy and f"{100 * self.accuracy:g} %", ">="),
            ("macs", self.macs and f"{self.macs / 1e6:.12g} M", "<="),
        )
        said = [f"{name} {sign} {value}" for name, value, sign in terms if value]
        return ", ".join(said) or "no limit"


def parse_budget(text: str) -> Budget:
    """Return the budget that a text names, terms separated by commas.

    `ConfigError` for a term that is none, or comes twice.
    """
    found, seen = Budget(), set()
    for term in filter(str.strip, text.split(",")):
        match = _TERM.fullmatch(term)
        if match is None:
            raise ConfigError(
                f"{term.strip()!r} is no limit: size <= 500 KB, latency <= 2 ms, p90 <= 3 ms, "
                "accuracy drop <= 1 pt, accuracy >= 90 % and macs <= 20 M are"
            )
        what, sign, number, unit = match.groups()
        what = "drop" if what == "accuracy drop" else what
        if what in seen:
            raise ConfigError(f"{what} has two limits in {text!r}")
        if sign in ("<=", ">=") and (sign == ">=") != (what == "accuracy"):
            raise ConfigError(f"{term.strip()!r} is the wrong way round")
        seen.add(what)
        found = _with(found, what, float(number), unit.lower(), term.strip())
    return found


def _with(budget: Budget, what: str, number: float, unit: str, term: str) -> Budget:
    match what:
        case "size" if unit in _SIZES:
            return replace(budget, bytes=round(number * _SIZES[unit]))
        case "latency" if unit in _TIMES:
            return replace(budget, median_us=number * _TIMES[unit])
        case "p90" if unit in _TIMES:
            return replace(budget, p90_us=number * _TIMES[unit])
        case "drop" if unit in _POINTS:
            return replace(budget, drop=number / 100)
        case "accuracy" if unit in _POINTS:
            return replace(budget, accuracy=number / 100 if number > 1 or unit else number)
        case "macs" if unit in _COUNTS:
            return replace(budget, macs=round(number * _COUNTS[unit]))
    raise ConfigError(f"{term!r}: {unit!r} is no unit of {what}")
