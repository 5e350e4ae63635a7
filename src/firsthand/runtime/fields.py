"""Strict reading of a JSON object that somebody else wrote."""

import json
import math
from collections.abc import Iterable
from typing import Any

from firsthand.errors import ModelError

MAX_JSON_BYTES = 1 << 20
MAX_TEXT_CHARS = 20_000
MAX_ITEMS = 100_000


class Fields:
    """The fields of one JSON object, each taken once; `close` refuses what was not taken.

    Every method raises `ModelError` naming `where` and the field, with the value found.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ModelError(f"{where}: expected a JSON object, found {show(value)}")
        self._left: dict[str, Any] = dict(value)
        self.where = where

    def take(self, key: str) -> Any:
        """Return the raw value of a field that must be there."""
        try:
            return self._left.pop(key)
        except KeyError:
            raise ModelError(f"{self.where}: the field {key!r} is missing") from None

    def has(self, key: str) -> bool:
        """Whether a field is there that nobody took yet."""
        return key in self._left

    def text(self, key: str, *, default: str | None = None) -> str:
        """Return a string of at most 20,000 printable characters."""
        if default is not None and key not in self._left:
            return default
        return check_text(self.take(key), f"{self.where}: {key!r}")

    def whole(self, key: str, *, low: int, high: int) -> int:
        """Return an integer in `low..high`; a bool is not one."""
        value = self.take(key)
        if type(value) is not int or not low <= value <= high:
            raise ModelError(
                f"{self.where}: {key!r} must be an integer from {low} to {high}, "
                f"found {show(value)}"
            )
        return value

    def real(self, key: str) -> float:
        """Return a finite number."""
        return check_real(self.take(key), f"{self.where}: {key!r}")

    def reals(self, key: str) -> tuple[float, ...]:
        """Return a list of finite numbers."""
        return tuple(
            check_real(item, f"{self.where}: {key}[{i}]") for i, item in enumerate(self.items(key))
        )

    def items(self, key: str, *, default: Iterable[object] | None = None) -> list[Any]:
        """Return a list of at most 100,000 items."""
        if default is not None and key not in self._left:
            return list(default)
        value = self.take(key)
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise ModelError(
                f"{self.where}: {key!r} must be a list of at most {MAX_ITEMS} items, "
                f"found {show(value)}"
            )
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; an absent field is an empty one."""
        return tuple(
            check_text(item, f"{self.where}: {key}[{i}]")
            for i, item in enumerate(self.items(key, default=()))
        )

    def close(self) -> None:
        """Refuse fields that nobody took."""
        if self._left:
            names = show(sorted(self._left))
            raise ModelError(f"{self.where}: unknown fields {names}; remove them or upgrade")


def check_real(value: object, where: str) -> float:
    """Return a finite number; a bool is not one."""
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or abs(value) > 1e300
        or not math.isfinite(value)
    ):
        raise ModelError(f"{where} must be a finite number, found {show(value)}")
    return float(value)


def check_text(value: object, where: str) -> str:
    """Return `value` if it is a sane string: no control characters, encodable, not huge."""
    if not isinstance(value, str):
        raise ModelError(f"{where} must be a string, found {show(value)}")
    if len(value) > MAX_TEXT_CHARS:
        raise ModelError(f"{where} has {len(value)} characters; at most {MAX_TEXT_CHARS}")
    for char in value:
        if (char < " " and char != "\n") or "\x7f" <= char < "\xa0" or "\ud800" <= char <= "\udfff":
            raise ModelError(f"{where} contains the character {char!r}, which text may not")
    return value


def parse_object(data: bytes, where: str) -> object:
    """Parse JSON bytes: at most 1 MiB, UTF-8, no duplicate keys, no NaN or infinity."""
    if len(data) > MAX_JSON_BYTES:
        raise ModelError(f"{where}: {len(data)} bytes of JSON; a card has at most {MAX_JSON_BYTES}")
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=lambda pairs: _unique(pairs, where),
            parse_constant=lambda token: _refuse_constant(token, where),
        )
    except RecursionError:
        raise ModelError(f"{where}: JSON is nested too deeply for a card") from None
    except ValueError as error:  # also UnicodeDecodeError and JSONDecodeError
        raise ModelError(f"{where}: not valid JSON: {error}") from error


def show(value: object) -> str:
    """Return a short printable form of a hostile value."""
    try:
        text = ascii(value)
    except (RecursionError, ValueError):  # deep nesting; integers of more than 4300 digits
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _unique(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ModelError(f"{where}: a JSON object repeats one of its keys {show(sorted(found))}")
    return found


def _refuse_constant(token: str, where: str) -> float:
    raise ModelError(f"{where}: {token} is not JSON; write a finite number")
