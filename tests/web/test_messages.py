import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError
from firsthand.web import read_json
from firsthand.web.messages import MAX_TEXT

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_reading_undoes_writing(value):
    assert read_json(json.dumps(value)) == value


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with suppress(InputError):
        assert isinstance(read_json(text), dict)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "not list"),
        ("1", "not int"),
        ("null", "not NoneType"),
        ('{"a":NaN}', "NaN"),
        ('{"a":[-Infinity]}', "-Infinity"),
        ('{"a":1,"a":2}', "same name twice"),
        ("[" * 50_000, "no JSON"),
        ('{"a":' * 10_000, "no JSON"),
        ('{"a":' + "9" * 60_000 + "}", "no JSON"),
        ('{"a":"' + "x" * MAX_TEXT + '"}', "above the limit"),
    ],
)
def test_what_is_no_object_is_refused(text, why):
    with pytest.raises(InputError, match=why):
        read_json(text)
