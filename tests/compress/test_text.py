"""Texts as numbers: the same everywhere, and near to each other where they say alike."""

import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.compress.text import MOST_CHARACTERS, TextProjection, TextTokens
from firsthand.errors import InputError

SMALL = TextProjection(64, (3, 4), (1, 2))
TOKENS = TextTokens(5, 1000, 100)
# Surrogates and NUL included: whoever sends a text may send anything.
# What models were trained on, and must go on to see.
GOLDEN_PROJECTION = [
    *(0, -1, -1, -1, 1, 0, 1, 0, -1, 0, 1, 1, 1, 0, 1, 0),
    *(0, 1, -1, 1, 1, 0, 1, 1, 1, 1, -1, 0, 0, -1, 1, 1),
]
GOLDEN_TOKENS = [[13493, 1624, 5278], [10156, 2558, 998], [19792, 1168, 5061]]
texts = st.text(st.characters(codec=None), max_size=40)


@given(st.lists(texts, max_size=6))
def test_a_text_among_others_is_what_it_is_alone(some) -> None:
    alone = [SMALL([text])[0] for text in some]
    np.testing.assert_array_equal(SMALL(some), np.array(alone).reshape(-1, 64))
    words = [TOKENS([text])[0] for text in some]
    np.testing.assert_array_equal(TOKENS(some), np.array(words).reshape(-1, 5, 3))


@given(texts)
def test_any_text_becomes_small_whole_numbers(text) -> None:
    found = SMALL([text])
    assert found.shape == (1, 64)
    assert found.dtype == np.float32
    assert set(np.unique(found).tolist()) <= {-1.0, 0.0, 1.0}
    tokens = TOKENS([text])[0]
    there = tokens[:, 0] > 0
    assert (tokens[there] > 0).all()
    assert (tokens[~there] == 0).all()
    assert not (np.diff(there.astype(int)) > 0).any()  # nothing after the end
    assert (tokens < (1000, 100, 100)).all()


@given(st.text("ab cd", max_size=30))
def test_spaces_and_capitals_do_not_count(text) -> None:
    other = "  " + text.upper().replace(" ", "\n \t")
    np.testing.assert_array_equal(SMALL([text]), SMALL([other]))
    np.testing.assert_array_equal(TOKENS([text]), TOKENS([other]))


@given(st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=6), st.data())
def test_single_words_count_in_any_order_and_pairs_do_not(words, data) -> None:
    other = data.draw(st.permutations(words))
    bag = TextProjection(64, (), (1,))
    np.testing.assert_array_equal(bag([" ".join(words)]), bag([" ".join(other)]))
    pairs = TextProjection(1 << 16, (), (2,))
    same = set(pairwise(words)) == set(pairwise(other))
    assert np.array_equal(pairs([" ".join(words)]), pairs([" ".join(other)])) == same


def test_n_grams_are_those_of_the_words_joined_by_spaces() -> None:
    wide = 1 << 18
    threes, fours = TextProjection(wide, (3,), ()), TextProjection(wide, (4,), ())
    assert np.count_nonzero(threes(["ab, c"])) == len([" ab", "ab ", "b ,", " , ", ", c", " c "])
    assert np.count_nonzero(fours(["ab"])) == len([" ab "])
    assert not fours(["a"]).any()  # " a " is shorter
    words = TextProjection(wide, (), (1, 2))
    assert np.count_nonzero(words(["ab, c"])) == len(["ab", ",", "c", "ab ,", ", c"])
    both = TextProjection(wide, (3,), (1, 2))
    np.testing.assert_array_equal(both(["ab, c"]), threes(["ab, c"]) + words(["ab, c"]))


def test_no_n_gram_reaches_from_one_text_into_the_next() -> None:
    assert not np.array_equal(SMALL(["ab cd"])[0], SMALL(["ab", "cd"]).sum(0))
    np.testing.assert_array_equal(SMALL(["ab", "", "cd"])[[0, 2]], SMALL(["ab", "cd"]))


def test_texts_that_say_alike_are_nearer_than_others() -> None:
    said = [
        "a small boat that is rowed by one man",
        "a small boats that is rowed by two men",
        "the act of forgiving somebody a debt",
    ]
    for seed in range(20):
        first, alike, other = TextProjection(1024, seed=seed)(said)
        assert first @ alike > 2 * first @ other


def test_a_seed_makes_another_projection() -> None:
    assert not np.array_equal(TextProjection(seed=1)(["ab cd"]), TextProjection()(["ab cd"]))


def test_the_same_in_another_process_and_as_it_was_when_models_were_trained() -> None:
    code = (
        "from firsthand.compress.text import TextProjection, TextTokens\n"
        "found = TextProjection(32, (3,), (1, 2), 7)(['Nay, but this dotage'])[0]\n"
        "print(found.astype(int).tolist())\n"
        "print(TextTokens(3)(['Nay, dotage'])[0].tolist())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    projection, tokens = map(json.loads, said.stdout.splitlines())
    assert projection == GOLDEN_PROJECTION
    assert tokens == GOLDEN_TOKENS


@given(
    st.builds(
        TextProjection,
        st.integers(1, 1 << 20),
        st.lists(st.integers(1, 16), unique=True, max_size=3).map(tuple),
        st.lists(st.integers(1, 16), unique=True, min_size=1, max_size=3).map(tuple),
        st.integers(0, (1 << 32) - 1),
    )
)
def test_settings_are_read_back(projection) -> None:
    assert TextProjection.from_settings(projection.settings) == projection
    tokens = TextTokens(projection.width, 2 + projection.seed % 1000, 77)
    assert TextTokens.from_settings(tokens.settings) == tokens


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scaled to 0..1",
        "[]",
        "{}",
        '{"projection": "firsthand text 2", "width": 4}',
        '{"projection": "firsthand text 1", "width": "4", "characters": [3], "words": []}',
        '{"projection": "firsthand text 1", "width": 4, "characters": 3, "words": []}',
        '{"projection": "firsthand text 1", "width": 4, "characters": [3], "words": [], "x": 1}',
        "[" * 100_000,
        TOKENS.settings,
    ],
)
def test_settings_of_none_are_refused(text) -> None:
    with pytest.raises(InputError, match="tells of no projection"):
        TextProjection.from_settings(text)
    with pytest.raises(InputError, match="tells of no tokens"):
        TextTokens.from_settings(text.replace("length", "width"))


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 0},
        {"width": 1 << 30},
        {"width": 8.0},
        {"width": True},
        {"characters": (), "words": ()},
        {"characters": (0,)},
        {"characters": (3, 3)},
        {"words": (99,)},
        {"seed": -1},
    ],
)
def test_settings_out_of_range_are_refused(settings) -> None:
    with pytest.raises(InputError, match="a projection has a width from 1"):
        TextProjection(**settings)


@pytest.mark.parametrize("settings", [(0, 9, 9), (4, 1, 9), (4, 9, 1), (4, 9, 1 << 40)])
def test_tokens_out_of_range_are_refused(settings) -> None:
    with pytest.raises(InputError, match="tokens have a length"):
        TextTokens(*settings)


@pytest.mark.parametrize("see", [SMALL, TOKENS])
def test_what_is_no_text_is_refused(see) -> None:
    with pytest.raises(InputError, match="text 1 is no text but bytes"):
        see(["a", b"a"])
    with pytest.raises(InputError, match="put it into a list"):
        see("a text")
    with pytest.raises(InputError, match="text 0 has 1000001 characters"):
        see(["a" * (MOST_CHARACTERS + 1)])


def test_a_huge_word_and_many_texts_are_taken() -> None:
    huge = "a" * MOST_CHARACTERS
    assert np.count_nonzero(SMALL([huge])) <= 8  # few n-grams, each very often
    assert TOKENS([huge])[0, 1:].sum() == 0
    many = SMALL([f"text {at}" for at in range(5000)])
    np.testing.assert_array_equal(many[4321], SMALL(["text 4321"])[0])
    assert SMALL([]).shape == (0, 64)
    assert TOKENS([]).shape == (0, 5, 3)


def test_words_share_their_ends() -> None:
    first, second, third = TOKENS(["formation forming information"])[0][:3]
    assert first[0] != second[0]
    assert first[1] == second[1]
    assert first[2] == third[2]
