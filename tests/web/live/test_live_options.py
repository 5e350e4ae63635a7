"""Options as pages give them, of every kind of field that there may be."""

import json
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.web.live import with_given


@dataclass(frozen=True)
class Options:
    model: str = "a"
    most: int = 2
    mirrored: bool = False
    least: float = 0.5
    length_m: float | None = None


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "model": st.text(),
            "most": st.integers(-(2**60), 2**60),
            "mirrored": st.booleans(),
            "least": st.floats(allow_nan=False, allow_infinity=False),
            "length_m": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        },
    )
)
def test_what_is_given_is_taken_and_the_rest_stays(chosen):
    first = Options("b", 3, True, 0.25, 1.5)
    told = json.loads(json.dumps(chosen))
    assert asdict(with_given(first, told)) == {**asdict(first), **chosen}


def test_a_whole_number_is_a_length():
    found = with_given(Options(), {"least": 1, "length_m": 3})
    assert (found.least, found.length_m) == (1.0, 3.0)
    assert type(found.least) is float


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"threads": 9}, "no option 'threads'; there are model, most, mirrored, least, length_m"),
        ({"x" * 9999: 9}, f"no option '{'x' * 40}'"),
        ({"model": None}, "model is text, not 'None'"),
        ({"most": 1.0}, "most is a whole number, not '1.0'"),
        ({"most": True}, "most is a whole number"),
        ({"mirrored": 1}, "mirrored is true or false"),
        ({"least": None}, "least is a number, not"),
        ({"least": True}, "least is a number"),
        ({"length_m": "1"}, "length_m is a number or null, not '1'"),
        ({"length_m": float("nan")}, "length_m is a number or null, not 'nan'"),
        ({"length_m": float("inf")}, "length_m is a number or null, not 'inf'"),
        ({"length_m": 10**400}, "length_m is a number or null"),
        ({"length_m": []}, "length_m is a number or null"),
        ({"__class__": "x"}, "no option"),
    ],
)
def test_what_is_of_another_kind_is_refused(wrong, why):
    with pytest.raises(InputError) as raised:
        with_given(Options(), wrong)
    assert why in str(raised.value)
    assert len(str(raised.value)) < 200
