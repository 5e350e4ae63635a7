import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError
from firsthand.graph.ports import MAX_INDEX, Port, PortMap, parse_port

names = st.text(string.ascii_lowercase + string.digits + "_", min_size=1, max_size=6).filter(
    lambda text: not text[0].isdigit()
)
tags = names.map(str.upper)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("video", ("", None, "video")),
        ("_1", ("", None, "_1")),
        ("VIDEO:frames", ("VIDEO", None, "frames")),
        ("_9:a", ("_9", None, "a")),
        ("VIDEO:0:frames", ("VIDEO", 0, "frames")),
        (f"A:{MAX_INDEX}:a", ("A", MAX_INDEX, "a")),
    ],
)
def test_the_three_forms(text, parts):
    assert parse_port(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "", "A", "aA", "1", "1a", "a b", "a-b", "a/b", "a.b", "a\n", "\x00", "é", "\uff41",
        ":", ":a", "A:", "::", "::a", ":0:a", "A::a", "a:a", "Aa:a", "1A:a", "1:a", "A:B",
        "A:1:", "A:00:a", "A:01:a", "A:-1:a", "A:+1:a", "A: 1:a", "A:1 :a", "A:\u0663:a", "A:a:1",
        f"A:{MAX_INDEX + 1}:a", "A:99999999999999999999:a", "A:1:a:", ":A:1:a", "A:1:a:a",
        "A:0:a\n", "A\n:a",
    ],
)  # fmt: skip
def test_all_else_is_refused_with_the_text(text):
    with pytest.raises(ConfigError) as caught:
        parse_port(text)
    assert repr(text) in str(caught.value)


@given(st.text(max_size=20) | st.text("Aa1:_-", max_size=8))
def test_whatever_is_taken_prints_as_it_was(text):
    try:
        tag, index, name = parse_port(text)
    except ConfigError:
        return
    parts = [tag, "" if index is None else str(index), name]
    assert ":".join(part for part in parts if part) == text


sides = st.lists(st.tuples(st.sampled_from(["", "A", "B"]), names), max_size=8)


@given(sides, st.randoms(use_true_random=False))
def test_a_map_finds_every_port_under_each_of_its_names(ports, random):
    seen = {"": 0, "A": 0, "B": 0}
    entries, expected = [], {}
    for tag, name in ports:
        index = seen[tag]
        seen[tag] += 1
        entries.append(f"{tag}:{index}:{name}" if tag else name)
        expected[tag, index] = name
    # Untagged ports are counted as they come; where the tagged ones stand among them is free.
    tagged = [e for e in entries if ":" in e]
    random.shuffle(tagged)
    ports = PortMap([*tagged, *[e for e in entries if ":" not in e]])
    assert len(ports) == len(expected)
    for (tag, index), name in expected.items():
        keys = [f"{tag}:{index}"] if tag else [index]
        if tag and index == 0:
            keys.append(tag)
        for key in keys:
            assert ports[ports.ids[key]] == Port(tag, index, name)
    assert list(ports) == sorted(ports, key=lambda p: (p.tag, p.index))
    assert ports.tags() == sorted(tag for tag, count in seen.items() if count)
    assert {tag: ports.count(tag) for tag in seen} == seen


def test_a_tag_without_an_index_has_index_0():
    assert list(PortMap(["A:a"])) == list(PortMap(["A:0:a"]))
    assert PortMap(["A:a", "A:1:b"]).ids == {"A:0": 0, "A": 0, "A:1": 1}


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        (["A:a", "A:b"], "both claim index 0"),
        (["A:1:a", "A:1:b", "A:0:c"], "both claim index 1"),
        (["A:1:a"], "index 0 of tag 'A' is missing"),
        (["A:0:a", "A:2:b"], "index 1 of tag 'A' is missing"),
        (["ok", "Bad"], "'Bad'"),
    ],
)
def test_a_map_that_cannot_be_is_refused(entries, says):
    with pytest.raises(ConfigError, match=says):
        PortMap(entries)


def test_a_map_describes_itself():
    assert PortMap(["x", "B:b", "A:1:d", "A:c", "y"]).describe() == "x, y, A:0:c, A:1:d, B:0:b"
    assert PortMap([]).describe() == "none"
