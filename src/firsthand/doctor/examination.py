"""All checks in order, and how they are told."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from firsthand import __version__
from firsthand.doctor.checks import Check, works
from firsthand.doctor.machine import check_machine
from firsthand.doctor.models import check_models
from firsthand.doctor.packages import check_base, check_extras
from firsthand.doctor.programs import check_programs

EXAMINERS: tuple[tuple[str, Callable[[], Iterable[Check]]], ...] = (
    ("machine", check_machine),
    ("base install", check_base),
    ("models", check_models),
    ("extras", check_extras),
    ("programs and libraries", check_programs),
)


def examine(
    examiners: Sequence[tuple[str, Callable[[], Iterable[Check]]]] = EXAMINERS,
) -> Iterator[Check]:
    """Yield the checks, each as soon as it is made; a few seconds in all."""
    for group, check in examiners:
        try:
            yield from check()
        except Exception as error:  # an environment can be broken in ways that nobody foresaw
            detail = f"cannot be examined: {type(error).__name__}: {error}"
            yield Check(group, group, "broken", detail, needed=group == "base install")


def heading(checks: Iterable[Check]) -> Iterator[tuple[str, Iterator[Check]]]:
    """Yield the groups in their order, each with its checks."""
    yield from groupby(checks, key=lambda check: check.group)


def as_json(checks: Sequence[Check]) -> str:
    """Return one JSON object: the version, whether the base install works, every check."""
    found = {"firsthand": __version__, "works": works(checks)}
    return json.dumps(found | {"checks": [asdict(check) for check in checks]})
