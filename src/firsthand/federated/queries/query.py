"""What every question is, and how it travels: as a JSON object in a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, InputError
from firsthand.federated.accounting import Reach
from firsthand.federated.queries.answer import Answer

Kind = TypeVar("Kind")
Integers = NDArray[np.int64]
Values = Sequence[Any]
"""A device's records of one source: numbers or texts, in any order."""

LONGEST: Final = 10_000_000
"""Numbers that a device reports, at most."""


@runtime_checkable
class Query(Protocol):
    """A question about the records of a `source`: a value object, of plain fields.

    One whose numbers may fall says by an attribute `middle` which number stands for nothing.
    """

    @property
    def source(self) -> str:
        """The name of the records on a device."""
        ...

    @property
    def length(self) -> int:
        """How many numbers a device reports."""
        ...

    @property
    def largest(self) -> int:
        """What each of them is at most; at least it is 0."""
        ...

    @property
    def reach(self) -> Reach:
        """By how much one device may change the sum, in whole numbers."""
        ...

    def local(self, values: Values) -> Integers:
        """Return what a device reports of its records, (length,), within `reach`.

        `InputError` for records that the question is not about: NaN, or texts for numbers.
        """
        ...

    def answer(self, total: NDArray[np.float64], devices: int, noise: float) -> Answer:
        """Return what a sum (length,) over so many devices says, with noise of a deviation."""
        ...


_KINDS: dict[str, type[Any]] = {}


def known(kind: type[Kind]) -> type[Kind]:
    """Let plans name a kind of question by its class name, in lower case."""
    _KINDS[kind.__name__.lower()] = kind
    return kind


def query_to(query: Query) -> dict[str, Any]:
    """Return a question as a JSON object."""
    name = type(query).__name__.lower()
    if _KINDS.get(name) is not type(query):
        raise ConfigError(f"questions are {', '.join(sorted(_KINDS))}, not {name}")
    return {"kind": name, **asdict(query)}  # type: ignore[call-overload]


def query_from(entry: Mapping[str, Any]) -> Query:
    """Return the question of a JSON object; `ConfigError` for another kind, or other fields."""
    kind = entry.get("kind") if isinstance(entry, Mapping) else entry
    if not isinstance(entry, Mapping) or not isinstance(kind, str) or kind not in _KINDS:
        raise ConfigError(f"no question of kind {kind!r}; there are {', '.join(sorted(_KINDS))}")
    made = _KINDS[kind]
    names = {field.name for field in fields(made)}
    given = {name: value for name, value in entry.items() if name != "kind"}
    if unknown := given.keys() - names:
        raise ConfigError(f"{kind} has no {', '.join(sorted(map(str, unknown)))}")
    needed = [field.name for field in fields(made) if field.default is MISSING]
    if missing := [name for name in needed if name not in given]:
        raise ConfigError(f"{kind} needs {', '.join(missing)}")
    try:
        found: Query = made(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in given.items()
            }
        )
    except TypeError as error:
        raise ConfigError(f"{kind}: {error}") from error
    return found


def checked_source(source: str) -> None:
    """Raise `ConfigError` unless a source has a name that may be shown and kept."""
    if not isinstance(source, str) or not source.isprintable() or not 0 < len(source) <= 100:
        raise ConfigError(f"a source has a name of 1 to 100 characters, not {source!r}")


def whole(name: str, value: object, least: int, most: int) -> int:
    """Return a field that is a whole number; `ConfigError` for anything else."""
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(f"{name} is a whole number from {least} to {most}, not {value!r}")
    return value


def number(name: str, value: object) -> float:
    """Return a field that is a finite number."""
    if type(value) not in (int, float) or not np.isfinite(value):  # type: ignore[call-overload]
        raise ConfigError(f"{name} is a number, not {value!r}")
    return float(value)  # type: ignore[arg-type]


def checked_range(low: object, high: object) -> None:
    """Raise `ConfigError` unless two numbers are a range."""
    if not number("low", low) < number("high", high):
        raise ConfigError(f"low is below high, not {low} and {high}")


def numbers_of(values: Values, source: str) -> NDArray[np.float64]:
    """Return records as finite numbers; `InputError` for others."""
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{source}: its records are no numbers: {error}") from error
    if found.ndim != 1 or not np.isfinite(found).all():
        raise InputError(f"{source}: its records are finite numbers (n,), not {found.shape}")
    return found
