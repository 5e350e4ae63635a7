"""Reading labelled texts, and what is made of them."""

from collections import Counter

import numpy as np
import pytest
import torch
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from firsthand.cli.compress_text import text
from firsthand.compress import read_members
from firsthand.compress.text import TextProjection, TextTokens
from firsthand.errors import ConfigError, FirsthandError, InputError
from firsthand.measure.single_stream import QUICK
from firsthand.runtime import Model, load_runner
from firsthand.train.compress.text_networks import (
    Reader,
    ReaderTask,
    TaughtTask,
    text_students,
    trimmed,
    word_of,
)
from firsthand.train.compress.text_run import TextPlan, TextSource, compress_texts
from firsthand.train.compress.texts import TextBatches, Texts, read_texts

TOKENS = TextTokens(12, 512, 128)
PROJECTION = TextProjection(128, (3,))
PLAN = TextPlan(
    projection=PROJECTION,
    tokens=TOKENS,
    hidden=(16, 4),
    width=16,
    layers=1,
    teacher_epochs=8,
    epochs=20,
    int8_epochs=5,
    batch=32,
    held_out=0.2,
)


def said(count: int = 240) -> Texts:
    """Texts of three topics, most of whose words are the topic's."""
    rng = np.random.default_rng(0)
    topics = [[f"{name}{rest}" for rest in "abcdefgh"] for name in ("sea", "hill", "town")]
    texts = [
        " ".join([*rng.choice(topics[at % 3], 5), *rng.choice(topics[(at + 1) % 3], 2)])
        for at in range(count)
    ]
    return Texts.of(texts, [("sea", "hill", "town")[at % 3] for at in range(count)])


def table(folder, rows: str):
    path = folder / "texts.csv"
    path.write_bytes(rows.encode())
    return path


def test_a_table_is_read(tmp_path) -> None:
    path = table(tmp_path, 'text,label,group\n"one, two",b,x\nthree,a,y\n"fo\nur",b,x\n')
    texts = read_texts(path)
    assert texts.texts == ("one, two", "three", "fo\nur")
    assert texts.names == ("a", "b")
    assert texts.labels.tolist() == [1, 0, 1]
    assert texts.groups.tolist() == [0, 1, 0]
    ungrouped = read_texts(table(tmp_path, "label,text\na,one\nb,two\n"))
    assert ungrouped.groups.tolist() == [0, 1]


def test_a_folder_is_read(tmp_path) -> None:
    for name, words in (("b/1.txt", "one\ntwo"), ("a/2.txt", "three"), ("a/note.md", "no")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(words)
    texts = read_texts(tmp_path)
    assert texts.texts == ("three", "one\ntwo")
    assert texts.names == ("a", "b")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "has the columns"),
        ("text,class\na,b\n", "text and label are wanted"),
        ("text,label\na,b,c\n", "line 2: has another number of cells"),
        ("text,label\na\n", "line 2: has another number of cells"),
        ("text,label\na,\n", "line 2: has no label"),
        ('text,label\n"a,b\n', "is no table of texts"),
        ("text,label\n", "has no texts"),
        ("text,label\na,b\nc,b\n", "at least two are wanted"),
        ("text,label\na,b\na,c\n", "at least one"),
    ],
)
def test_a_bad_table_is_refused(tmp_path, rows, message) -> None:
    with pytest.raises(InputError, match=message):
        read_texts(table(tmp_path, rows))


def test_what_is_no_table_or_text_is_refused(tmp_path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(b"text,label\n\xff,a\n")
    with pytest.raises(InputError, match="is no table of texts"):
        read_texts(path)
    with pytest.raises(InputError, match="neither a folder nor a table"):
        read_texts(tmp_path / "texts.jsonl")
    with pytest.raises(InputError, match="is no table of texts"):
        read_texts(tmp_path / "none.csv")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.txt").write_bytes(b"\xff")
    with pytest.raises(InputError, match="is no text in UTF-8"):
        read_texts(tmp_path)


def test_texts_that_come_again_count_once_and_of_two_classes_not_at_all() -> None:
    texts = Texts.of(["a", "b", "a", "c", "c", "d"], ["x", "y", "x", "x", "y", "x"], list("pqrstu"))
    assert texts.texts == ("a", "b", "d")
    assert texts.labels.tolist() == [0, 1, 0]
    assert texts.groups.tolist() == [0, 1, 2]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=40),
    st.floats(0.05, 0.5),
    st.integers(0, 3),
)
def test_a_split_keeps_groups_together(drawn, share, seed) -> None:
    numbered = [str(at) for at in range(len(drawn))]
    classes, groups = zip(*drawn, strict=True)
    texts = Texts(tuple(numbered), np.array(classes), ("a", "b"), np.array(groups))
    try:
        first, second = texts.split(share, seed)
    except InputError as error:
        assert "too few texts" in str(error)  # noqa: PT017
        return
    assert not set(first.groups.tolist()) & set(second.groups.tolist())
    assert Counter(first.texts + second.texts) == Counter(numbered)
    assert set(first.labels.tolist()) == set(second.labels.tolist()) == {0, 1}
    assert texts.split(share, seed)[1].texts == second.texts


def test_a_split_holds_out_the_share_that_is_asked_for() -> None:
    first, second = said().split(0.25, seed=1)
    assert np.bincount(second.labels).tolist() == [20] * 3
    assert len(first) == len(said()) - 60
    with pytest.raises(InputError, match="class 'b' has too few texts"):
        Texts.of(["1", "2", "3"], ["a", "a", "b"]).split(0.5, 0)


def test_batches_show_each_text_once_an_epoch_beside_others_of_like_length() -> None:
    words = ["word " * (1 + at % 7) + str(at) for at in range(100)]
    texts = Texts.of(words, ["ab"[at % 2] for at in range(100)])
    batches = TextBatches(texts, {"tokens": TOKENS}, 10, 0)
    assert batches.per_epoch == 10
    places = [batches(step)["places"].tolist() for step in range(20)]
    for epoch in (places[:10], places[10:]):
        assert sorted(np.concatenate(epoch).tolist()) == list(range(100))
        lengths = [[len(texts.texts[place].split()) for place in some] for some in epoch]
        assert np.mean([max(some) - min(some) for some in lengths]) < 2
    assert places[:10] != places[10:]
    batch = batches(3)
    np.testing.assert_array_equal(batch["tokens"], TOKENS([words[at] for at in places[3]]))
    assert batch["labels"].tolist() == [at % 2 for at in places[3]]
    with pytest.raises(InputError, match="batches of 101"):
        TextBatches(texts, {}, 101, 0)


def test_hidden_words_are_others_each_epoch_and_the_same_when_asked_again() -> None:
    words = [f"{' '.join('abcdefghij')} {at}" for at in range(20)]
    seen: list[str] = []

    def see(texts):
        seen.extend(texts)
        return np.zeros(len(texts), np.float32)

    texts = Texts.of(words, ["ab"[at % 2] for at in range(20)])
    batches = TextBatches(texts, {"seen": see}, 20, 0, hidden=0.4)
    for step in (0, 1, 0):
        batches(step)
    assert seen[:20] == seen[40:] != seen[20:40]
    assert 0.5 < np.mean([len(text.split()) / 11 for text in seen]) < 0.7
    with pytest.raises(InputError, match="hidden"):
        TextBatches(texts, {}, 10, 0, hidden=1.0)


def test_a_reader_reads_no_further_than_the_text() -> None:
    torch.manual_seed(0)
    reader = Reader(TOKENS, 3, 8, 2).eval()
    tokens = torch.from_numpy(TOKENS(["one two", "three", "", "one two three four"]))
    whole = reader(tokens)
    torch.testing.assert_close(reader(tokens[:, :4]), whole)
    torch.testing.assert_close(word_of(reader, tokens), whole)
    assert trimmed(tokens).shape == (4, 4, 3)
    assert trimmed(tokens[2:3]).shape == (1, 1, 3)
    assert whole.isfinite().all()
    with pytest.raises(ConfigError, match="multiple of 4"):
        Reader(TOKENS, 3, 10, 1)


def test_a_smaller_student_is_the_beginning_of_the_largest() -> None:
    torch.manual_seed(0)
    nested = text_students(32, (4, 16, 8), 3).eval()
    seen = torch.randn(5, 32)
    for at, units in enumerate((16, 8, 4)):
        alone = nested.student(at).eval()
        assert alone.get_parameter("1.weight").shape == (units, 32)
        torch.testing.assert_close(alone(seen), nested(seen)[at])
    first, last = (dict(nested.student(at).named_parameters()) for at in (0, 2))
    torch.testing.assert_close(last["1.weight"], first["1.weight"][:4])
    torch.testing.assert_close(last["4.weight"], first["4.weight"][:, :4])
    for hidden in ((), (4, 4), (4, 0)):
        with pytest.raises(ConfigError, match="students differ"):
            text_students(32, hidden, 3)


def test_tasks_have_losses_for_each_student() -> None:
    texts = said()
    torch.manual_seed(0)
    reader = Reader(TOKENS, 3, 8, 1)
    see = {"tokens": TOKENS, "projections": PROJECTION}
    batches = TextBatches(texts, see, 16, 0)
    task = ReaderTask(reader, batches, "r")
    assert set(task.loss(task.batch(0))) == {"total", "right"}
    word = word_of(reader, torch.from_numpy(TOKENS(texts.texts)))
    students = text_students(PROJECTION.width, (8, 4), 3)
    together = TaughtTask(students, batches, "s", word=word)
    losses = together.loss(together.batch(0))
    assert set(losses) == {"total", "right_0", "right_1"}
    losses["total"].backward()
    assert students.students[0].get_parameter("1.weight").grad is not None


def test_plans_out_of_range_are_refused() -> None:
    for wrong in ({"epochs": 0}, {"held_out": 0.0}, {"batch": 0}):
        with pytest.raises(ConfigError, match="held_out is between 0 and 1"):
            TextPlan(**wrong)


@pytest.mark.slow
def test_a_family_of_texts_is_made_and_stopped_and_gone_on_with(tmp_path) -> None:
    source = TextSource(words="made up", licence="CC0-1.0")
    told = []

    def stop(progress) -> None:
        told.append(progress)
        if progress.note == "all students" and progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compress_texts(said(), tmp_path, source, PLAN, QUICK, seed=0, tell=stop)
    before = len(told)
    members = compress_texts(said(), tmp_path, source, PLAN, QUICK, seed=0, tell=told.append)
    assert (told[before].note, told[before].step) == ("all students", 4)
    assert [each.name for each in members] == ["text-teacher", "text-student-16", "text-student-4"]
    assert all(each.accuracy > 0.9 for each in members)
    assert members[0].bytes > members[1].bytes > members[2].bytes
    assert {each.name for each in read_members(tmp_path)} == {each.name for each in members}
    model = Model.open(tmp_path / "text-student-16.tflite")
    see = TextProjection.from_settings(model.card.preprocessing)
    assert see == PROJECTION
    assert model.card.accuracy[0].value == members[1].accuracy
    scores = load_runner(model)(see(["seaa seab seac seah"]))[0]
    assert model.card.labels[scores.argmax()] == "sea"


def test_the_command_says_what_is_wrong(tmp_path) -> None:
    app = typer.Typer()
    app.command()(text)
    path = table(tmp_path, "text,class\na,b\n")
    for students, message in (("4,many", "whole numbers with commas"), ("8,4", "has the columns")):
        given = ["--data", str(path), "-o", str(tmp_path / "out"), "--students", students]
        with pytest.raises(FirsthandError, match=message):
            raise CliRunner().invoke(app, given).exception
    assert not (tmp_path / "out").exists()
