"""Cards survive a round trip and refuse everything that is not one."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ModelError
from firsthand.runtime import (
    Curve,
    Measurement,
    ModelCard,
    NpmSource,
    PathSource,
    TensorCard,
    UrlSource,
    WheelSource,
)
from firsthand.runtime.card import check_name
from firsthand.runtime.sources import MAX_FIRST_BYTE, parse_source

CARD = ModelCard(
    name="tiny",
    version="1.0",
    task="sums",
    description="adds and multiplies",
    format="tflite",
    sha256="0" * 64,
    size_bytes=592,
    licence="Apache-2.0",
    inputs=(TensorCard("x", (2, 3), "float32", "anything"),),
    sources=(UrlSource("https://example.org/tiny.tflite"),),
)

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=20)
name = st.from_regex(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?", fullmatch=True)
word = st.from_regex(r"[A-Za-z0-9]{1,9}", fullmatch=True)
member = st.lists(word, min_size=1, max_size=3).map("/".join)
tensors = st.lists(
    st.builds(
        TensorCard,
        text,
        st.lists(st.just(-1) | st.integers(1, 2**31 - 1), max_size=8).map(tuple),
        st.sampled_from(["float32", "float16", "int8", "uint8", "int64", "bool"]),
        text,
    ),
    max_size=2,
).map(tuple)
sources = st.lists(
    st.one_of(
        st.builds(UrlSource, word.map(lambda w: f"https://{w}.example/{w}?q={w}")),
        st.builds(WheelSource, word, word, member, st.sampled_from(["", "3.11"]), word),
        st.builds(
            NpmSource,
            *(word.map(lambda w: f"@scope/{w.lower()}"), word, member),
            st.none() | st.integers(0, MAX_FIRST_BYTE - 1),
        ),
        st.builds(PathSource, member),
    ),
    max_size=3,
).map(tuple)
rising = st.lists(st.floats(0, 1), min_size=2, max_size=5, unique=True).map(sorted)
curves = st.builds(
    lambda label, at, threshold: Curve(label, tuple(at), tuple(at), threshold),
    text,
    rising,
    st.floats(0.01, 2.0),
)


def with_curves(card: ModelCard, found: list[Curve]) -> ModelCard:
    return replace(card, calibration=tuple({curve.label: curve for curve in found}.values()))


cards = st.builds(
    ModelCard,
    name=name,
    version=word,
    task=text,
    description=text,
    format=st.sampled_from(["tflite", "onnx"]),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    size_bytes=st.integers(1, 2**31 - 1),
    licence=text,
    inputs=tensors,
    outputs=tensors,
    preprocessing=text,
    labels=st.lists(text, max_size=3).map(tuple),
    training_sources=st.lists(text, max_size=3).map(tuple),
    accuracy=st.lists(st.builds(Measurement, text, st.floats(-1e9, 1e9), text), max_size=2).map(
        tuple
    ),
    sources=sources,
)


cards |= st.builds(with_curves, cards, st.lists(curves, min_size=1, max_size=3))


@given(cards)
def test_reading_what_was_written_is_the_identity(card):
    assert ModelCard.from_json(card.to_json()) == card


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data):
    with pytest.raises(ModelError):
        ModelCard.from_json(data)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(json.loads(CARD.to_json()))), anything)
def test_a_field_of_any_json_is_read_or_refused(field, value):
    fields = json.loads(CARD.to_json()) | {field: value}
    try:
        card = ModelCard.from_json(json.dumps(fields).encode())
    except ModelError:
        return
    assert ModelCard.from_json(card.to_json()) == card


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ({"label": "a", "scores": [0.5, 0.1], "shares": [0, 1], "threshold": 0.5}, "rising scores"),
        ({"label": "a", "scores": [0.1, 0.5], "shares": [1, 0], "threshold": 0.5}, "do not fall"),
        ({"label": "a", "scores": [0.1], "shares": [2.0], "threshold": 0.5}, r"0\.\.1"),
        ({"label": "a", "scores": [], "shares": [], "threshold": 0.5}, "rising scores"),
        ({"label": "a", "scores": [0.1], "shares": [0.1], "threshold": 0}, "threshold above 0"),
        ({"label": "a", "scores": [0.1], "shares": [True], "threshold": 1}, "a finite number"),
        ({"label": "a", "scores": [0.1], "shares": [0.1]}, "'threshold' is missing"),
        (5, "expected a JSON object"),
    ],
)
def test_a_damaged_calibration_is_refused(curve, message):
    fields = json.loads(CARD.to_json()) | {"labels": ["a"], "calibration": [curve]}
    with pytest.raises(ModelError, match=message):
        ModelCard.from_json(json.dumps(fields).encode())


@pytest.mark.parametrize("field", ["name", "version", "sha256", "size_bytes", "format", "licence"])
def test_a_missing_field_is_named(field):
    fields = json.loads(CARD.to_json())
    del fields[field]
    with pytest.raises(ModelError, match=f"card.json: the field '{field}' is missing"):
        ModelCard.from_json(json.dumps(fields).encode(), "card.json")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe{", "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"name":' * 5_000, "nested too deeply"),
        (b'{"name": "a", "name": "b"}', "repeats one of its keys"),
        (b'{"name": NaN}', "NaN is not JSON"),
        (b" " * (1 << 20) + b" ", "at most 1048576"),
        (b"[]", "expected a JSON object"),
        (b"9" * 5_000, "not valid JSON"),
    ],
)
def test_hostile_json_is_refused(data, complaint):
    with pytest.raises(ModelError, match=complaint):
        ModelCard.from_json(data)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": "../../etc"}, "model name"),
        ({"name": ".hidden"}, "model name"),
        ({"name": "a/b"}, "model name"),
        ({"name": "a..b"}, "model name"),
        ({"name": "Upper"}, "model name"),
        ({"name": "a\n"}, "model name"),
        ({"name": "a" * 65}, "model name"),
        ({"name": 7}, "must be a string"),
        ({"description": "\x1b[2J"}, "which text may not"),
        ({"description": "\ud800"}, "which text may not"),
        ({"description": "x" * 20_001}, "at most 20000"),
        ({"sha256": "0" * 63}, "64 lower-case hex digits"),
        ({"sha256": "G" * 64}, "64 lower-case hex digits"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": True}, "size_bytes"),
        ({"size_bytes": 592.0}, "size_bytes"),
        ({"size_bytes": 1 << 31}, "size_bytes"),
        ({"format": "pickle"}, "must be tflite or onnx"),
        ({"surprise": 1}, "unknown fields"),
        ({"labels": "abc"}, "'labels' must be a list"),
        ({"labels": [1]}, r"labels\[0\] must be a string"),
        ({"inputs": [{"name": "x", "shape": [0], "dtype": "int8", "meaning": ""}]}, "shape"),
        ({"inputs": [{"name": "x", "shape": [True], "dtype": "int8", "meaning": ""}]}, "shape"),
        ({"inputs": [{"name": "x", "shape": [1], "dtype": "object", "meaning": ""}]}, "dtype"),
        ({"accuracy": [{"metric": "top-1", "value": 1e400, "dataset": ""}]}, "finite number"),
        ({"sources": [{"kind": "ftp"}]}, "url, wheel, npm or path"),
        ({"sources": [{"kind": "url", "url": "file:///etc/passwd"}]}, "must start with http"),
        ({"sources": [{"kind": "url", "url": "https://"}]}, "must start with http"),
        ({"sources": [{"kind": "url", "url": "http://a b/"}]}, "%-escaped"),
        ({"sources": [{"kind": "url", "url": "http://[::1"}]}, "malformed"),
        ({"sources": [{"kind": "url", "url": "http://a:99999/"}]}, "malformed"),
    ],
)
def test_hostile_fields_are_refused(change, complaint):
    data = json.dumps(json.loads(CARD.to_json()) | change).replace("Infinity", "1e400").encode()
    with pytest.raises(ModelError, match=complaint):
        ModelCard.from_json(data)


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "C:x", "a//b", "a/.", "a\x00b"]
)
def test_members_cannot_leave_their_archive(path):
    with pytest.raises(ModelError, match="plain relative path"):
        WheelSource("package", "1.0", path)


@pytest.mark.parametrize("package", ["", "--index-url=x", "a b", "git+https://x", "./x", "a;b"])
def test_package_names_cannot_be_options(package):
    with pytest.raises(ModelError, match="package"):
        WheelSource(package, "1.0", "m.tflite")
    with pytest.raises(ModelError, match="package"):
        NpmSource(package, "1.0", "m.tflite")


@pytest.mark.parametrize("first_byte", [-1, MAX_FIRST_BYTE])
def test_a_piece_begins_within_what_an_archive_holds(first_byte):
    with pytest.raises(ModelError, match="first_byte"):
        NpmSource("package", "1.0", "m.data", first_byte)


@pytest.mark.parametrize("first_byte", [-1, 1.5, True, "1", None, MAX_FIRST_BYTE])
def test_a_card_with_a_piece_that_is_none_is_refused(first_byte):
    source = {"kind": "npm", "package": "p", "version": "1", "member": "m", "first_byte": 0}
    assert parse_source(source, "card") == NpmSource("p", "1", "m", 0)
    with pytest.raises(ModelError, match="first_byte"):
        parse_source(source | {"first_byte": first_byte}, "card")


@pytest.mark.parametrize("version", ["", "-1", "1 --pre", ">=1", "1/../2"])
def test_versions_cannot_be_options(version):
    for kind in (WheelSource, NpmSource):
        with pytest.raises(ModelError, match="version"):
            kind("package", version, "m.tflite")


def test_a_card_is_checked_when_made_in_python_too():
    with pytest.raises(ModelError, match="model name"):
        replace(CARD, name="../x")


@given(name)
def test_names_are_their_own_folder(good):
    if ".." not in good:
        assert check_name(good) == good


def test_curves_have_names_of_their_own():
    curve = {"label": "a", "scores": [0.1], "shares": [0.1], "threshold": 1}
    fields = json.loads(CARD.to_json()) | {"calibration": [curve, curve | {"label": "b"}]}
    assert len(ModelCard.from_json(json.dumps(fields).encode()).calibration) == 2
    fields["calibration"] = [curve, curve]
    with pytest.raises(ModelError, match="two curves of one name"):
        ModelCard.from_json(json.dumps(fields).encode())
