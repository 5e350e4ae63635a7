"""Terms counted while they are said, and the best of them for a title."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import said

from firsthand.errors import ConfigError, InputError
from firsthand.recorder.tags import PriorTable, Tally, bundled_table, suggested
from firsthand.recorder.tags.grammar import bare, parts_of_speech, recovered
from firsthand.recorder.tags.prior import FEATURES, PAIRS, commonness, features_of
from firsthand.recorder.tags.tally import ROLES
from firsthand.train.recorder import tags as recipe
from firsthand.train.recorder.documents import read_documents
from firsthand.train.recorder.tags import train_tags
from firsthand.train.run import Run

TALK = (
    "Welcome to the lecture on glaciers. A glacier is a river of ice, and every glacier moves. "
    "Maria Schneider measured the glacier in Norway. The melting ice fills the valley, and the "
    "ice carves the rock. Without ice there is no glacier, and the thing about people is that "
    "people come in time to see the ice. In Norway the ice is old. Thank you, Maria Schneider!"
)


def heard(line: str, parts: int = 1) -> Tally:
    tally = Tally()
    words = said(line)
    for block in np.array_split(np.arange(len(words)), parts):
        tally.add([words[n] for n in block])
    tally.end()
    return tally


def test_terms_are_counted_with_their_roles_and_spellings() -> None:
    terms = heard(TALK).terms
    assert terms["glacier"].count == 4
    assert terms["ice"].count == 6
    assert terms["maria schneider"].role == "proper proper"
    assert terms["maria schneider"].spelling == "Maria Schneider"
    assert terms["norway"].spelling == "Norway"
    assert "ice norway" not in terms
    assert "no glacier" not in terms
    assert heard(TALK).words == len(TALK.split())


@given(st.integers(1, 20))
def test_the_parts_in_which_words_come_make_no_difference(parts: int) -> None:
    assert heard(TALK, parts).terms == heard(TALK).terms


@given(st.lists(st.text(min_size=1, max_size=8), max_size=20))
def test_any_words_are_counted(texts: list[str]) -> None:
    line = " ".join("".join(c for c in text if c.isprintable()) for text in texts)
    tally = heard(line)
    assert len(suggested(tally, bundled_table())) <= min(3, len(tally.terms))


def test_names_in_lower_case_are_recovered() -> None:
    assert recovered("norway") == "Norway"
    assert recovered("ice") == "ice"
    assert recovered("qwxz") == "qwxz"
    assert heard("we went to norway and norway was cold").terms["norway"].spelling == "Norway"


@pytest.mark.parametrize(
    ("text", "word"),
    [("glacier's", "glacier"), ('"Ice,"', "Ice"), ("42", ""), ("--", ""), ("don't", "don't")],
)
def test_words_are_bared_of_punctuation(text: str, word: str) -> None:
    assert bare(text) == word


def test_parts_of_speech_are_as_many_as_words() -> None:
    for line in ("the old ice", "", "x-y z", "e.g. this", "don't we"):
        assert len(parts_of_speech(line.split())) == len(line.split())


def test_tags_are_what_the_talk_is_about() -> None:
    tags = suggested(heard(TALK), bundled_table())
    assert len(tags) == 3
    words = " ".join(tags).lower().split()
    assert len(set(words)) == len(words)
    assert {"glacier", "glaciers", "ice"} & set(words)
    assert not {"people", "thing", "time"} & set(words)


def test_swear_words_are_left_out() -> None:
    tally = heard("the shit glacier " * 5 + "shit shit shit")
    assert all("shit" not in tag for tag in suggested(tally, bundled_table()))
    assert suggested(heard(""), bundled_table()) == ()


def test_a_table_keeps_what_it_is_given() -> None:
    table = bundled_table()
    again = PriorTable.from_json(table.to_json())
    for one, other in zip(again.tables, table.tables, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    features = features_of(list(heard(TALK).terms.items()), 60)
    assert features.shape[1] == len(FEATURES)
    np.testing.assert_allclose(again(features), table(features), atol=1e-2)
    assert commonness("the") > 7 > commonness("glacier") > 2


NO_EDGES: dict[str, list[float]] = {name: [] for name in FEATURES[:-1]}

NO_TABLES = [[0.0] * (len(ROLES) if 4 in pair else 1) for pair in PAIRS]


def test_an_empty_table_scores_nothing() -> None:
    table = PriorTable.from_json(json.dumps({"edges": NO_EDGES, "tables": NO_TABLES}))
    assert not table(features_of(list(heard(TALK).terms.items()), 60)).any()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"edges": {}, "tables": []}',
        json.dumps({"edges": {**NO_EDGES, "count": [2, 1]}, "tables": NO_TABLES}),
        json.dumps({"edges": {**NO_EDGES, "count": list(range(300))}, "tables": NO_TABLES}),
        json.dumps({"edges": NO_EDGES, "tables": [[1]]}),
        json.dumps({"edges": NO_EDGES, "tables": [*NO_TABLES[:-1], [float("nan")] * len(ROLES)]}),
    ],
)
def test_damaged_tables_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        PriorTable.from_json(text)


NOUNS = "glacier river valley engine window garden kitchen printer network camera"


def page(title: str, words: list[str]) -> str:
    text = " ".join(words)
    return (
        f"<html><head><title>x</title><script>no</script></head><h1>{title}</h1>"
        f"<p>{text}<code>nope</code></p><nav><p>never</p></nav></html>"
    )


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    nouns = NOUNS.split()
    for number in range(200):
        topic, *others = rng.permutation(nouns)
        words = ["the"] * 40 + [topic] * 12 + [other for other in others for _ in range(3)]
        (tmp_path / f"{number}.html").write_text(page(topic, list(rng.permutation(words))))
    (tmp_path / "image.html").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "short.html").write_text(page("short", ["too", "short"]))
    return tmp_path


def test_documents_are_read_with_their_titles(folder) -> None:
    documents = list(read_documents(folder))
    assert len(documents) == 200
    assert not any("nope" in d.text or "never" in d.text or "no " in d.text for d in documents)
    assert {d.title for d in documents} <= set("".join(d.text for d in documents).split())
    with pytest.raises(InputError, match="no folder of documents"):
        list(read_documents(folder / "missing"))


def test_the_table_learns_what_titles_have(folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(recipe, "_LEAST_DOCUMENTS", 10)
    run = Run(recipe="tags", folder=tmp_path / "o", data=folder, seed=1, resume=False, steps=None)
    path = train_tags(run)
    about = json.loads(path.read_text())["about"]
    assert about["held out: tags that are in the title"] > 0.3  # one of three tags can be
    assert train_tags(run).read_bytes() == path.read_bytes()
    tally = heard("the engine " * 12 + "window garden kitchen valley " * 3)
    assert suggested(tally, PriorTable.from_json(path.read_text()))[0] == "engine"


def test_tables_say_exactly_what_a_sum_over_pairs_says() -> None:
    rng = np.random.default_rng(0)
    sizes = (4, 3, 5, 2, 6)
    parts = [rng.normal(size=(sizes[one], sizes[other])) for one, other in PAIRS]

    def score(steps: np.ndarray) -> np.ndarray:
        each = zip(PAIRS, parts, strict=True)
        return sum(part[steps[:, one], steps[:, other]] for (one, other), part in each)

    steps = np.indices(sizes).reshape(len(sizes), -1).T
    tables = recipe._tables(score, sizes)
    found = sum(
        table[steps[:, one], steps[:, other]]
        for (one, other), table in zip(PAIRS, tables, strict=True)
    )
    np.testing.assert_allclose(found, score(steps), atol=1e-4)


def test_wrong_uses_of_the_recipe_are_refused(tmp_path) -> None:
    run = Run(recipe="tags", folder=tmp_path, data=tmp_path, seed=1, resume=False, steps=None)
    with pytest.raises(InputError, match="0 documents to learn from"):
        train_tags(run)
    with pytest.raises(InputError, match="--data"):
        train_tags(Run(recipe="t", folder=tmp_path, data=None, seed=1, resume=False, steps=None))
    with pytest.raises(ConfigError, match="made at once"):
        train_tags(Run(recipe="t", folder=tmp_path, data=None, seed=1, resume=True, steps=None))
