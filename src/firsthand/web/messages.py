"""JSON from a page, which is as foreign as anything else that comes in."""

import json
from typing import Any, Final, NoReturn

from firsthand.errors import InputError

MAX_TEXT: Final = 65_536
"""Characters of the longest message in JSON."""


def read_json(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`, at most `MAX_TEXT` characters of it.

    Raises `InputError` for anything else. NaN and infinities, which Python's own reader takes,
    are not JSON, and a name given twice is refused.
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"a message of {len(text)} characters, above the limit of {MAX_TEXT}")
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"a message that is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"a message is a JSON object, not {type(value).__name__}")
    return value


def _refuse(constant: str) -> NoReturn:
    raise InputError(f"a message with {constant}, which is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise InputError("a message that gives the same name twice")
    return names
