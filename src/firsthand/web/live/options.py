"""Options as a page gives them: JSON, and foreign."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_type_hints

from firsthand.errors import InputError
from firsthand.web.live.system import PageOptions

T = TypeVar("T", bound=PageOptions)

_WORDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    NoneType: "null",
}


def with_given(default: T, given: Mapping[str, Any]) -> T:
    """Return `default` with what a page gives; what it leaves out stays.

    Raises `InputError` for a name that is no field, and for a value of another kind than the
    field's: a whole number is a float, but True is no number, and no number is infinite.
    """
    hints = get_type_hints(type(default))
    kinds = {name: get_args(hints[name]) or (hints[name],) for name in default.__dataclass_fields__}
    for name in given:
        if name not in kinds:
            raise InputError(f"there is no option {name[:40]!r}; there are {', '.join(kinds)}")
    return replace(default, **{name: _of_kind(name, given[name], kinds[name]) for name in given})


def _of_kind(name: str, value: object, kinds: tuple[type, ...]) -> object:
    found = value
    if float in kinds and type(value) is int and abs(value) < 2**53:
        found = float(value)
    if type(found) not in kinds or (isinstance(found, float) and not isfinite(found)):
        told = " or ".join(_WORDS[kind] for kind in kinds)
        raise InputError(f"{name} is {told}, not {str(value)[:40]!r}")
    return found
