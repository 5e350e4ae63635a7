import json
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.measure import Machine, Stream, Streams
from firsthand.measure.documents import from_plain, to_plain
from firsthand.measure.records import Record, from_json, opened, signed, to_json
from firsthand.measure.single_stream import Rules

KEY = b"k" * 32


def stream(name: str, times: list[list[float]], slept: float = 0.0) -> Stream:
    sizes = [len(block) for block in times]
    flat = np.concatenate([np.array(block, float) for block in times])
    return Stream(
        name=name,
        init_ms=1.5,
        first_ms=0.25,
        query_us=flat,
        copy_us=flat / 7,
        block=np.repeat(np.arange(len(times)), sizes),
        sentinel_us=np.full((len(times), 2), 101.125),
        waited=np.linspace(0, 0.01, len(times)),
        slept_us=np.full(len(times), slept),
        inputs=[{"name": "x", "shape": [1, 4], "dtype": "int8", "scale": 0.1, "zero_point": -3}],
        outputs=[
            {"name": "y", "shape": [1], "dtype": "float32", "scale": None, "zero_point": None}
        ],
    )


def record(*streams: Stream, **changes) -> Record:
    given = Record(
        device="ssh",
        date="2026-11-29T04:00:00+00:00",
        machine=Machine("Cortex-A76", 4, 4, 8.1, "Linux aarch64", "3.11.2", 0.25),
        versions={"numpy": "2.3.0"},
        rules=Rules(queries=8, seconds=0.5),
        sha256={each.name: "0" * 64 for each in streams},
        streams=Streams(
            {each.name: each for each in streams},
            cpu=3,
            rules_note="single stream",
            noise=("a: had not settled",),
            seed=0,
            sentinel_tolerance=0.15,
            waiting_tolerance=np.inf,
        ),
    )
    return replace(given, **changes)


TWO = record(
    stream("a", [[10.5, 11.25], [10.0, 12.0], [11.0]]), stream("b", [[5.5, 1 / 3], [5.0], [4.0]])
)
blocks = st.lists(st.lists(st.floats(0, 1e9), min_size=1, max_size=4), min_size=1, max_size=4)


@given(blocks, blocks)
def test_what_is_read_is_what_was_written(first, second):
    written = record(stream("b", first), stream("a", second))  # their order seeds intervals
    text = to_json(written)
    again = opened(Record, signed(from_json(Record, text), KEY), KEY)
    assert to_json(again) == text
    assert (again.machine, again.rules, again.date) == (
        written.machine,
        written.rules,
        written.date,
    )
    for name in ("a", "b"):
        assert again.streams.latency(name) == written.streams.latency(name)
        ours, theirs = written.streams.streams[name], again.streams.streams[name]
        assert np.array_equal(ours.query_us, theirs.query_us)
        assert ours.block.dtype == theirs.block.dtype
        assert ours.sentinel_us.shape == theirs.sentinel_us.shape
    assert again.streams.waiting_tolerance == math.inf
    assert again.remarks == written.remarks


def test_a_record_is_plain_json():
    document = json.loads(to_json(TWO), parse_constant=pytest.fail)
    assert document["streams"]["streams"]["a"]["query_us"] == {
        "dtype": "<f8", "shape": [5], "values": [10.5, 11.25, 10.0, 12.0, 11.0]
    }  # fmt: skip
    assert document["streams"]["waiting_tolerance"] == "inf"


def test_a_signed_record_is_opened_with_its_key_only():
    data = signed(TWO, KEY)
    assert to_json(opened(Record, data, KEY)) == to_json(TWO)
    indented = json.dumps(json.loads(data), indent=2).encode()  # the same document
    assert to_json(opened(Record, indented, KEY)) == to_json(TWO)
    with pytest.raises(InputError, match="altered, or comes from another run"):
        opened(Record, data, b"another key")
    with pytest.raises(InputError, match="is not signed"):
        opened(Record, to_json(TWO).encode(), KEY)


@given(st.data())
def test_no_alteration_goes_unseen(data):
    whole = bytearray(signed(TWO, KEY))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    with suppress(ValueError):  # a number's seventeenth digit may make no difference
        assume(json.loads(bytes(whole)) != json.loads(signed(TWO, KEY)))
    with pytest.raises(InputError):
        opened(Record, bytes(whole), KEY)


@given(st.binary(max_size=60))
def test_what_is_no_record_is_refused(data):
    with pytest.raises(InputError):
        opened(Record, data, KEY)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("date",), 7, "record.date: is no str"),
        (("machine", "cores"), "four", r"machine\.cores: is no int"),
        (("machine", "cores"), True, r"machine\.cores: is no int"),
        (("rules", "queries"), 1, "queries >= 2"),
        (("rules", "haste"), 1, "'haste'.* are no fields of a Rules"),
        (("streams", "streams", "a", "query_us"), [1, 2], r"\['a'\]\.query_us: is no dict"),
        (("streams", "streams", "a", "query_us", "values"), [1.0], "are no array"),
        (("streams", "streams", "a", "query_us", "dtype"), "<f4", "is no array of float64"),
        (("streams", "streams", "a", "block", "values"), [0, 0, 1, 1, 1], "do not fit together"),
        (("streams", "streams", "a", "waited", "values"), ["nan"] * 3, "do not fit together"),
        (("streams", "streams", "a", "launches"), [1, 1], "do not fit together"),
        (("streams", "known_quiet_us"), "nan", "sentinel took nan us"),
        (("streams", "known_quiet_memory_us"), 0.0, "sentinel of memory took 0.0 us"),
        (("streams", "streams", "a", "name"), "c", "do not fit together"),
        (("sha256",), {"a": "0" * 64}, "but files of"),
        (("streams", "noise"), ["x", 1], r"noise\[1\]: is no str"),
    ],
)
def test_a_wrong_field_is_named(path, value, words):
    document = json.loads(to_json(TWO))
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(InputError, match=words):
        from_json(Record, json.dumps(document))


def test_a_missing_field_is_named():
    document = json.loads(to_json(TWO))
    del document["streams"]["streams"]["a"]["copy_us"]
    with pytest.raises(InputError, match="has no 'copy_us'"):
        from_json(Record, json.dumps(document), "old.json")


def test_fields_that_came_later_are_taken_as_their_defaults():
    document = json.loads(to_json(TWO))
    del document["rules"]["timeout_s"]
    assert from_json(Record, json.dumps(document)).rules.timeout_s == Rules().timeout_s


@dataclass(frozen=True, slots=True)
class Nested:
    empty: NDArray[np.float64]
    whole: NDArray[np.int64]
    maybe: tuple[int, ...] | None


def test_documents_follow_the_fields():
    value = Nested(np.empty((0, 2)), np.array([[1, -(2**62)]]), None)
    again = from_plain(Nested, json.loads(json.dumps(to_plain(value))), "it")
    assert again.empty.shape == (0, 2)
    assert again.whole.tolist() == [[1, -(2**62)]]
    assert from_plain(Nested, to_plain(replace(value, maybe=(1, 2))), "it").maybe == (1, 2)
    with pytest.raises(InputError, match="cannot be put in a document"):
        to_plain({"path": Path("x")})
