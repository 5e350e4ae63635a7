"""Answers, scores and effects: against sklearn and equations, and nothing of the test decides."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import balanced_accuracy_score, roc_curve

from firsthand.errors import InputError
from firsthand.speech.noss import Clip, Task
from firsthand.speech.noss.answering import answers
from firsthand.speech.noss.classifiers import Fitted, Recipe, prepared, recipes
from firsthand.speech.noss.effects import effect_intervals, effects_of
from firsthand.speech.noss.scoring import equal_error_rates, score

FAST = recipes(False, ("LDA", "logistic regression"))


def made_up(n=120, classes=3, speakers=6, size=8, seed=0, rule="groups", apart=2.0):
    """A task whose vectors are its classes and speakers with noise."""
    rng = np.random.default_rng(seed)
    clips = tuple(
        Clip(
            Path(f"{k}.wav"),
            f"c{k % classes}",
            f"s{k // classes % speakers}",
            f"s{k // classes % speakers}",
        )
        for k in range(n)
    )
    of_class = rng.standard_normal((classes, size)) * apart
    of_speaker = rng.standard_normal((speakers, size)) * apart
    vectors = np.stack(
        [
            of_class[int(c.label[1:])] + of_speaker[int(c.speaker[1:])] + rng.standard_normal(size)
            for c in clips
        ]
    ).astype(np.float32)
    return Task("made up", clips, rule), vectors


def everyone(task):
    return np.ones(len(task.clips), np.bool_)


def test_every_clip_is_answered_once_and_mostly_rightly() -> None:
    task, vectors = made_up()
    found = answers(task, vectors, everyone(task))
    assert found.places.tolist() == list(range(120))
    assert (found.said == found.truth).mean() > 0.9
    assert len(found.chosen) == 6
    again = answers(task, vectors, everyone(task))
    assert again.said.tolist() == found.said.tolist()


def test_labels_of_the_test_decide_nothing() -> None:
    task, vectors = made_up(rule="given")
    splits = ["train", "validation", "test"]
    clips = tuple(replace(c, split=splits[k // 40]) for k, c in enumerate(task.clips))
    first = answers(replace(task, clips=clips), vectors, everyone(task))
    wrong = tuple(replace(c, label=f"c{k % 2}") if k >= 80 else c for k, c in enumerate(clips))
    second = answers(replace(task, clips=wrong), vectors, everyone(task))
    assert (first.said.tolist(), first.chosen) == (second.said.tolist(), second.chosen)
    assert first.truth.tolist() != second.truth.tolist()


def test_by_speaker_takes_out_what_a_speaker_is() -> None:
    task, vectors = made_up(apart=3.0)
    plain = answers(task, vectors, everyone(task), candidates=[Recipe("LDA")])
    by = answers(task, vectors, everyone(task), candidates=[Recipe("LDA", by_speaker=True)])
    assert (by.said == by.truth).mean() >= (plain.said == plain.truth).mean()
    speakers = [clip.speaker for clip in task.clips]
    seen = prepared(vectors, speakers, Recipe("LDA", by_speaker=True))
    for speaker in set(speakers):
        mine = seen[np.array(speakers) == speaker]
        np.testing.assert_allclose(mine.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(mine.std(axis=0), 1, atol=1e-3)
    long = prepared(vectors, speakers, Recipe("LDA", unit_length=True))
    np.testing.assert_allclose(np.linalg.norm(long, axis=1), 1, rtol=1e-5)
    assert len(recipes(True)) == 16
    assert len(recipes(False)) == 8


def test_clips_that_are_not_usable_are_not_looked_at() -> None:
    task, vectors = made_up()
    usable = everyone(task)
    usable[::7] = False
    vectors[::7] = np.nan
    found = answers(task, vectors, usable, candidates=FAST)
    assert found.places.tolist() == np.flatnonzero(usable).tolist()


@pytest.mark.parametrize(
    "kind", ["logistic regression", "balanced logistic regression", "LDA", "random forest"]
)
def test_classifiers_know_classes_that_they_never_saw(kind) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((30, 4)).astype(np.float32)
    labels = np.repeat([1, 3, 4], 10)
    vectors[:, 0] += 6 * labels
    fitted = Fitted(Recipe(kind), vectors, labels, 0)
    found = fitted(vectors, 6)
    assert found.shape == (30, 6)
    assert not found[:, [0, 2, 5]].any()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert (found.argmax(axis=1) == labels).mean() > 0.9
    one = Fitted(Recipe(kind), vectors, np.full(30, 2), 0)(vectors, 6)
    assert (one.argmax(axis=1) == 2).all()


def test_constant_vectors_are_guesses() -> None:
    task, vectors = made_up()
    found = answers(task, np.zeros_like(vectors), everyone(task))
    assert 0.1 < (found.said == found.truth).mean() < 0.6


@given(st.integers(2, 5), st.integers(0, 2**31))
def test_scores_are_sklearns(classes, seed) -> None:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(classes, size=(2, 50))
    chances = rng.random(50)
    assert score("accuracy", truth, said, chances)[0] == pytest.approx((truth == said).mean())
    if set(said) <= set(truth):
        wanted = balanced_accuracy_score(truth, said)
        assert score("balanced accuracy", truth, said, chances)[0] == pytest.approx(wanted)
    twice = rng.integers(0, 3, size=(4, 50))
    for row, weights in zip(score("accuracy", truth, said, chances, twice), twice, strict=True):
        places = np.repeat(np.arange(50), weights)
        if len(places):
            assert row == pytest.approx((truth[places] == said[places]).mean())


@given(
    hnp.arrays(np.int64, 40, elements=st.integers(0, 1)),
    hnp.arrays(np.float64, 40, elements=st.integers(0, 12).map(float)),
)
def test_the_equal_error_rate_is_where_the_curves_cross(truth, second) -> None:
    truth[:2] = 0, 1
    false, true, _ = roc_curve(truth, second, drop_intermediate=False)
    fine = np.linspace(0, 1, 20_001)
    missed = 1 - np.interp(fine, false, true)
    # A vertical step of the curve is crossed somewhere on it.
    at = np.argmax(fine >= missed)
    found = equal_error_rates(truth, second, np.ones((1, 40)))[0]
    low, high = sorted((fine[at], missed[at]))
    assert low - 1e-3 <= found <= high + 1e-3 or abs(found - fine[at]) < 1e-3


def test_equal_error_rates_of_known_answers() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1])
    ones = np.ones((1, 6))
    assert equal_error_rates(truth, np.arange(6.0), ones)[0] == 0
    assert equal_error_rates(truth, -np.arange(6.0), ones)[0] == 1
    assert equal_error_rates(truth, np.zeros(6), ones)[0] == 0.5
    assert equal_error_rates(truth, np.array([0, 1, 3, 2, 4, 5.0]), ones)[0] == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="two classes"):
        equal_error_rates(np.array([0, 1, 2]), np.zeros(3), np.ones((1, 3)))
    with pytest.raises(InputError, match="no answers"):
        score("accuracy", truth[:0], truth[:0], np.zeros(0))


@given(hnp.arrays(np.float64, (4, 6), elements=st.floats(0, 1)))
def test_effects_without_gaps_are_differences_of_means(scores) -> None:
    wanted = scores.mean(axis=1) - scores.mean()
    np.testing.assert_allclose(effects_of(scores), wanted, atol=1e-9)


@given(st.integers(0, 2**31))
def test_effects_with_gaps_are_those_that_were_put_in(seed) -> None:
    rng = np.random.default_rng(seed)
    models, tasks = rng.standard_normal(4), rng.standard_normal(7)
    scores = models[:, None] + tasks
    scores[1, 2] = scores[3, 0] = np.nan
    np.testing.assert_allclose(effects_of(scores), models - models.mean(), atol=1e-9)
    many = np.stack([scores, 2 * scores])
    np.testing.assert_allclose(effects_of(many)[1], 2 * effects_of(scores), atol=1e-9)


def test_effects_have_intervals_and_need_scores() -> None:
    rng = np.random.default_rng(0)
    observed = np.array([[0.9, 0.8], [0.5, 0.6]])
    drawn = observed + 0.01 * rng.standard_normal((500, 2, 2))
    found = effect_intervals(("good", "bad"), observed, drawn)
    assert found["good"].value == pytest.approx(0.15)
    assert 0.13 < found["good"].low < 0.15 < found["good"].high < 0.17
    with pytest.raises(InputError, match="at least one score"):
        effects_of(np.array([[np.nan, np.nan], [0.1, 0.2]]))
    with pytest.raises(InputError, match="models, tasks"):
        effects_of(np.zeros(3))
