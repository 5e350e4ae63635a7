"""A family's models, each with what it costs and how good it is, as a table in a file."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from firsthand.errors import InputError
from firsthand.measure import Interval
from firsthand.runtime.place import replace_bytes

TABLE: Final = "pareto.csv"

# Horowitz 2014, "Computing's energy problem", ISSCC: picojoules at 45 nm, 0.9 V.
_MAC_PJ: Final = {"float32": 4.6, "float16": 1.5, "int8": 0.23}
_CACHE_PJ_A_BYTE: Final = 1.25
_MEMORY_PJ_A_BYTE: Final = 160.0
_CACHED_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One model of a family.

    `accuracy` is the exported file's on pictures that no training saw, with limits, 0..1, and so is
    `top3`; `median_us` and `p90_us` its time for one picture. `energy_uj` is a proxy, see the
    function of that name. `teacher` marks what the others learnt from.
    """

    name: str
    file: str
    kind: str
    bytes: int
    macs: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    top3: float
    median_us: float
    median_us_low: float
    median_us_high: float
    p90_us: float
    memory_mb: float
    energy_uj: float
    teacher: bool = False

    @property
    def accuracy_interval(self) -> Interval:
        """The accuracy with its limits."""
        return Interval(self.accuracy, self.accuracy_low, self.accuracy_high)

    @property
    def latency(self) -> Interval:
        """The median time in us with its limits."""
        return Interval(self.median_us, self.median_us_low, self.median_us_high)


def energy_uj(macs: int, moved_bytes: int, weight_bytes: int, kind: str) -> float:
    """Return a proxy of a picture's energy in microjoules: arithmetic, and bytes that move.

    Weights beyond a megabyte come from memory each time, all else from caches. What a joule is on a
    device only the device can tell; ratios between models of one family are what this is for.
    """
    if kind not in _MAC_PJ:
        raise InputError(f"no energy is known for {kind!r}; there are {', '.join(_MAC_PJ)}")
    far = max(0, weight_bytes - _CACHED_BYTES)
    near = moved_bytes + weight_bytes - far
    return (macs * _MAC_PJ[kind] + near * _CACHE_PJ_A_BYTE + far * _MEMORY_PJ_A_BYTE) / 1e6


def write_members(folder: Path, members: Sequence[Member]) -> Path:
    """Write the table of a family, the smallest first; return its path."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Member)]
    writer.writerow(names)
    for member in sorted(members, key=lambda each: each.bytes):
        writer.writerow([_cell(getattr(member, name)) for name in names])
    path = folder / TABLE
    replace_bytes(path, text.getvalue().encode())
    return path


def read_members(folder: Path) -> tuple[Member, ...]:
    """Return the family of a folder; `InputError` naming the line that is none."""
    path = folder / TABLE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no family's table: {error}") from error
    return tuple(_members(path, rows))


def _members(path: Path, rows: Iterable[dict[str, Any]]) -> Iterable[Member]:
    for line, row in enumerate(rows, 2):
        try:
            yield Member(
                **{field.name: _value(field.type, row[field.name]) for field in fields(Member)}
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {line}: is no model's row: {error!r}") from error


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _value(kind: Any, text: str) -> Any:
    if kind is bool:
        return {"True": True, "False": False}[text]
    return kind(text)
