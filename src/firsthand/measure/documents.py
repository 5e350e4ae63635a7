"""Dataclasses as JSON documents and back, by what their fields are declared to be."""

import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError

T = TypeVar("T")

_UNLIKELY_NUMBERS = ("inf", "-inf", "nan")


def to_plain(value: object) -> Any:
    """Return what JSON can hold of a dataclass and all in it.

    An array becomes its dtype, shape and values, a number that is not finite its name.
    `InputError` for anything else.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return {
            "dtype": value.dtype.str,
            "shape": list(value.shape),
            "values": to_plain(value.ravel().tolist()),
        }
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, list | tuple):
        return [to_plain(each) for each in value]
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise InputError(f"a {type(value).__name__} cannot be put in a document: {value!r:.80}")


def from_plain(kind: type[T], value: object, where: str) -> T:
    """Return the `kind` that `to_plain` made `value` of.

    `where` names the document in errors. `InputError` for fields that are missing, unknown, or of
    another type than the dataclass declares.
    """
    return cast(T, _built(kind, value, where))


def canonical(document: object) -> bytes:
    """Return the one JSON text of a plain document: names in its order, no blanks, ASCII."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def parsed(data: bytes | str, where: str) -> Any:
    """Return the plain document in a JSON text; `InputError` naming `where` if it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is no JSON document: {error}") from error


def _built(hint: Any, value: object, where: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _either(inner, value, where)
    if is_dataclass(hint):
        return _dataclass(cast(type, hint), value, where)
    if origin is np.ndarray:
        return _array(np.dtype(get_args(inner[1])[0]), value, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        entries = _of(dict, value, where)
        return {
            name: _built(inner[1], each, f"{where}[{name!r}]") for name, each in entries.items()
        }
    if isinstance(origin, type) and issubclass(origin, Sequence):
        items = _of(list, value, where)
        built = [_built(inner[0], each, f"{where}[{at}]") for at, each in enumerate(items)]
        return tuple(built) if origin is tuple else built
    if hint is float:
        return _number(value, where)
    return _of(hint, value, where)


def _dataclass(kind: type, value: object, where: str) -> Any:
    left = dict(_of(dict, value, where))
    hints = get_type_hints(kind)
    given = {}
    for each in fields(kind):
        if each.name in left:
            given[each.name] = _built(hints[each.name], left.pop(each.name), f"{where}.{each.name}")
        elif each.default is MISSING and each.default_factory is MISSING:
            raise InputError(f"{where}: has no {each.name!r}")
    if left:
        raise InputError(f"{where}: {sorted(left)} are no fields of a {kind.__name__}")
    return kind(**given)


def _either(hints: tuple[Any, ...], value: object, where: str) -> Any:
    if value is None and type(None) in hints:
        return None
    told = []
    for hint in hints:
        try:
            return _built(hint, value, where)
        except InputError as error:
            told.append(str(error))
    raise InputError(told[0])


def _array(dtype: np.dtype[Any], value: object, where: str) -> NDArray[Any]:
    entry = _of(dict, value, where)
    if set(entry) != {"dtype", "shape", "values"} or entry["dtype"] != dtype.str:
        raise InputError(f"{where}: is no array of {dtype}: {entry!r:.80}")
    values = [
        _number(each, where) if dtype.kind == "f" else _of(int, each, where)
        for each in _of(list, entry["values"], where)
    ]
    shape = tuple(_of(int, side, where) for side in _of(list, entry["shape"], where))
    try:
        return np.array(values, dtype).reshape(shape)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{where}: {len(values)} values are no array {shape}: {error}") from error


def _number(value: object, where: str) -> float:
    if isinstance(value, str) and value in _UNLIKELY_NUMBERS:
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise InputError(f"{where}: {error}") from error
    raise InputError(f"{where}: is no number: {value!r:.80}")


def _of(kind: type[T], value: object, where: str) -> T:
    if type(value) is not kind:
        raise InputError(f"{where}: is no {kind.__name__}: {value!r:.80}")
    return value
