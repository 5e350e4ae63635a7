"""Text of one part repeated: a hostile file may cost what its length does, not the square of it."""

from contextlib import suppress
from time import process_time

import pytest

from firsthand.challenge.devices.benchmark_report import read_report
from firsthand.challenge.devices.phone import read_heat, read_phone
from firsthand.challenge.images import _RANGE
from firsthand.compress.budgets import parse_budget
from firsthand.errors import ConfigError, InputError
from firsthand.recorder.tags.grammar import bare

LENGTH = 100_000
"""Of what takes minutes where it is looked through from each of its characters."""

CASES = {
    "range of a card": (_RANGE.search, "1", ""),
    "range of a card, spaces": (_RANGE.search, "1 ", " " * LENGTH),
    "budget": (parse_budget, "size", " " * LENGTH),
    "word": (bare, "a", "!" * LENGTH + "a"),
    "battery": (lambda text: read_heat("", text), "", "\n" * LENGTH),
    "properties": (lambda text: read_phone(text, "", ""), "", "[a\n" * (LENGTH // 3)),
    "report": (read_report, "count=1", " a=1" * (LENGTH // 4)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_part_repeated_takes_no_longer_than_its_length(name) -> None:
    take, begin, rest = CASES[name]
    began_s = process_time()
    with suppress(InputError, ConfigError):
        take(begin + (rest or begin * LENGTH))
    assert process_time() - began_s < 2
