"""Questions as a person types them: `KIND SOURCE NAME=VALUE ...`."""

import json
import shlex
from collections.abc import Sequence
from typing import Any

from firsthand.errors import ConfigError
from firsthand.federated.queries.query import Query, Values, query_from


def question(text: str, fleet: Sequence[Values] = ()) -> Query:
    """Return the question of a text, such as "histogram artist most=20" or "mean minutes high=60".

    Values are numbers, true or false, or text; several are parted by commas. A histogram without
    bins counts all that anything in `fleet` has: the list that devices share. `ConfigError` for a
    text that is no question.
    """
    kind, source, *settings = _words(text)
    entry: dict[str, Any] = {"kind": kind, "source": source}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name in entry:
            raise ConfigError(f"{setting!r} in a question is no NAME=VALUE of its own")
        entry[name] = (
            [_value(each) for each in value.split(",")]
            if "," in value or name in ("bins", "at")
            else _value(value)
        )
    if kind == "histogram" and "bins" not in entry:
        entry["bins"] = sorted({value for values in fleet for value in values}, key=str)
    return query_from(entry)


def source_of(text: str) -> str:
    """Return the source that the question of a text is about; `ConfigError` where it is none."""
    return _words(text)[1]


def _words(text: str) -> list[str]:
    try:
        found = shlex.split(text)
    except ValueError:  # a quotation mark without its other
        found = []
    if len(found) < 2:
        raise ConfigError(f"a question is KIND SOURCE [NAME=VALUE ...], not {text!r}")
    return found


def _value(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, int | float | bool) else text
