"""Which model of a family is taken."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.compress import (
    Budget,
    Member,
    choose,
    energy_uj,
    frontier,
    parse_budget,
    read_members,
    write_members,
)
from firsthand.errors import ConfigError, InputError


def member(name: str, accuracy: float, size: int, us: float, **changes) -> Member:
    made = Member(
        name=name,
        file=f"{name}.tflite",
        kind="int8",
        bytes=size,
        macs=size * 50,
        accuracy=accuracy,
        accuracy_low=accuracy - 0.01,
        accuracy_high=accuracy + 0.01,
        top3=min(1.0, accuracy + 0.05),
        median_us=us,
        median_us_low=us * 0.98,
        median_us_high=us * 1.02,
        p90_us=us * 1.1,
        memory_mb=3.5,
        energy_uj=us / 10,
    )
    return replace(made, **changes)


FAMILY = (
    member("teacher", 0.94, 26_000_000, 9_000, teacher=True, kind="float32"),
    member("large", 0.935, 2_000_000, 1_500),
    member("middle", 0.92, 700_000, 600),
    member("small", 0.90, 250_000, 300),
)


def test_the_most_accurate_within_the_budget_is_taken() -> None:
    assert choose(FAMILY, Budget()).member.name == "large"
    assert choose(FAMILY, parse_budget("size <= 1 MB")).member.name == "middle"
    assert choose(FAMILY, parse_budget("latency <= 0.5 ms")).member.name == "small"
    assert choose(FAMILY, parse_budget("accuracy drop <= 1 pt, size <= 5 MB")).fits


def test_a_limit_holds_for_the_upper_end_of_a_time() -> None:
    assert choose(FAMILY, parse_budget("latency <= 0.605 ms")).member.name == "small"
    assert choose(FAMILY, parse_budget("latency <= 0.613 ms")).member.name == "middle"


def test_what_cannot_be_had_is_told_with_the_nearest() -> None:
    found = choose(FAMILY, parse_budget("size <= 200 KB, latency <= 0.2 ms"))
    assert not found.fits
    assert found.member.name == "small"
    assert found.excess[0] == "size is 250 KB, above 200"
    found = choose(FAMILY, parse_budget("accuracy drop <= 0.1 pt"))
    assert found.excess == ("accuracy is 0.50 points below its teacher's",)


def test_a_family_without_students_or_teacher_is_told_of() -> None:
    with pytest.raises(InputError, match="no students"):
        choose(FAMILY[:1], Budget())
    with pytest.raises(InputError, match="needs a teacher"):
        choose(FAMILY[1:], Budget(drop=0.01))


def test_no_model_of_the_frontier_is_beaten() -> None:
    dominated = member("worse", 0.91, 900_000, 800)
    assert [each.name for each in frontier([*FAMILY, dominated])] == [
        "small",
        "middle",
        "large",
        "teacher",
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Budget()),
        ("size <= 500 KB", Budget(bytes=500_000)),
        ("size 1MiB, latency<=2ms", Budget(bytes=1 << 20, median_us=2_000)),
        ("p90 <= 800 us, macs <= 20 M", Budget(p90_us=800, macs=20_000_000)),
        ("accuracy drop <= 1 pt", Budget(drop=0.01)),
        ("accuracy >= 90%", Budget(accuracy=0.9)),
        ("accuracy >= 0.9", Budget(accuracy=0.9)),
    ],
)
def test_budgets_are_read(text, wanted) -> None:
    assert parse_budget(text) == wanted
    assert parse_budget(str(wanted) if wanted != Budget() else "") == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("weight <= 3", "is no limit"),
        ("size <= many", "is no limit"),
        ("size >= 3 KB", "wrong way round"),
        ("accuracy <= 3", "wrong way round"),
        ("size <= 3 ms", "no unit of size"),
        ("size <= 1 KB, size <= 2 KB", "two limits"),
    ],
)
def test_what_is_no_budget_is_refused(text, why) -> None:
    with pytest.raises(ConfigError, match=why):
        parse_budget(text)


@given(st.lists(st.sampled_from(FAMILY), min_size=1, max_size=4, unique=True))
def test_a_table_keeps_a_family(tmp_path_factory, family) -> None:
    folder = tmp_path_factory.mktemp("family")
    write_members(folder, family)
    found = read_members(folder)
    assert sorted(each.name for each in found) == sorted(each.name for each in family)
    for each in found:
        other = next(one for one in family if one.name == each.name)
        assert each.bytes == other.bytes
        assert each.teacher == other.teacher
        assert each.median_us_high == pytest.approx(other.median_us_high, rel=1e-5)
    assert [each.bytes for each in found] == sorted(each.bytes for each in family)


@pytest.mark.parametrize(
    "text", ["", "name,file\na,b\n", "\xff\xfe", f"name,file\n{200_000 * 'a'},b\n"], ids=len
)
def test_a_damaged_table_is_told_of(tmp_path, text) -> None:
    path = write_members(tmp_path, FAMILY)
    whole = path.read_text().splitlines()
    path.write_text("\n".join([whole[0], whole[1].replace("int8", "int8,1,2,3", 1)]))
    if text:
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(InputError, match=r"pareto\.csv"):
            read_members(tmp_path)
    else:
        with pytest.raises(InputError, match="line 2"):
            read_members(tmp_path)


def test_int8_takes_less_energy_than_float() -> None:
    assert energy_uj(10_000_000, 10_000, 300_000, "int8") < energy_uj(
        10_000_000, 40_000, 1_200_000, "float32"
    )
    with pytest.raises(InputError, match="no energy is known"):
        energy_uj(1, 1, 1, "int3")
