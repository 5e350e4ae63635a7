"""Classifiers of one's own: exact when taught bit by bit, the same as a file, wary of bad input."""

import json

import numpy as np
import pytest
from hearing import RATE_HZ, network, tone
from hypothesis import given
from hypothesis import strategies as st
from sklearn.covariance import oas
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.media import write_audio
from firsthand.runtime import Model, load_runner
from firsthand.speech import Classifier, Personal, personalize
from firsthand.speech.baselines import Cepstra
from firsthand.speech.personal import leave_one_out, nothing_learnt

PITCHES = {"low": 120, "middle": 240, "high": 480}


def clips(count, first=0):
    labels = [name for name in PITCHES for _ in range(count)]
    return [tone(PITCHES[name], seed=first + n) for n, name in enumerate(labels)], labels


def vectors(seed=0, n=40, size=6, classes=3):
    rng = np.random.default_rng(seed)
    labels = [f"c{number % classes}" for number in range(n)]
    offsets = rng.standard_normal((classes, size)) * 2
    found = offsets[[int(label[1]) for label in labels]] + rng.standard_normal((n, size))
    return found, labels


@pytest.mark.parametrize("opening", [Cepstra, network])
def test_three_clips_of_each_are_enough_for_pitches(opening) -> None:
    told = personalize(*clips(3), opening())
    others, labels = clips(6, first=100)
    assert [next(iter(told(clip))) for clip in others] == labels
    likely = told(others[0])
    assert list(likely.values()) == sorted(likely.values(), reverse=True)
    assert sum(likely.values()) == pytest.approx(1, abs=1e-5)


@given(st.permutations(range(12)), st.integers(1, 11))
def test_taught_bit_by_bit_is_taught_at_once(order, cut) -> None:
    found, labels = vectors(n=12)
    empty = nothing_learnt(Cepstra())
    empty = Personal("x", (), empty.counts, np.zeros((0, 6)), np.zeros((6, 6)))
    whole = empty.learn(found, labels)
    parts = empty
    for some in (order[:cut], order[cut:]):
        parts = parts.learn(found[some], [labels[place] for place in some])
    ask = found + 0.1
    columns = [parts.labels.index(label) for label in whole.labels]
    np.testing.assert_allclose(
        parts.likelihoods(ask)[:, columns], whole.likelihoods(ask), atol=1e-5
    )


def test_it_is_discriminant_analysis_with_that_shrinkage() -> None:
    found, labels = vectors(n=45)
    learnt = Personal("x", (), np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((6, 6)))
    learnt = learnt.learn(found, labels)
    scaled = (found - found.mean(axis=0)) / found.std(axis=0)
    means = {label: scaled[np.array(labels) == label].mean(axis=0) for label in set(labels)}
    centred = scaled - np.stack([means[label] for label in labels])
    # Theirs divides by n, ours by the degrees of freedom: the same with so many observations.
    covariance, share = oas(
        np.sqrt(len(found) / (len(found) - 3)) * centred[: len(found)], assume_centered=True
    )
    theirs = LinearDiscriminantAnalysis(
        solver="lsqr", covariance_estimator=None, shrinkage=float(share), priors=[1 / 3] * 3
    ).fit(scaled, labels)
    assert covariance.shape == (6, 6)
    ours = learnt.likelihoods(found)
    wanted = theirs.predict_proba(scaled)
    assert (ours.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.95
    assert np.abs(ours - wanted).max() < 0.1


def test_one_clip_of_each_is_the_nearest() -> None:
    told = personalize(*clips(1), Cepstra())
    others, labels = clips(4, first=50)
    right = [next(iter(told(clip))) == label for clip, label in zip(others, labels, strict=True)]
    assert np.mean(right) > 0.6  # chance: a third


def test_it_is_kept_and_goes_on(tmp_path) -> None:
    first, labels = clips(2)
    path = tmp_path / "pitches.tflite"
    personalize(first, labels, Cepstra()).save(path)
    read = Classifier.load(path, Cepstra())
    more, names = clips(2, first=20)
    sounds = [tone(900, seed=n) for n in range(2)]
    taught = read.learn([*more, *sounds], [*names, "whistle", "whistle"])
    at_once = personalize(
        [*first, *more, *sounds], [*labels, *names, "whistle", "whistle"], Cepstra()
    )
    ask = tone(880, seed=9)
    assert taught(ask) == pytest.approx(at_once(ask), abs=1e-5)
    assert next(iter(taught(ask))) == "whistle"
    taught.save(path)
    model = Model.open(path)
    assert model.card.labels == taught.labels
    assert "whistle 2" in model.card.description
    likelihoods = load_runner(model)(Cepstra().scene(ask)[None])[0][0]
    wanted = taught.learnt.likelihoods(Cepstra().scene(ask)[None])[0]
    np.testing.assert_allclose(likelihoods, wanted, atol=1e-4)


def test_files_are_clips_too(tmp_path) -> None:
    paths = []
    for n, (name, hz) in enumerate(PITCHES.items()):
        paths.append(tmp_path / f"{name}.wav")
        stereo = np.repeat(tone(hz, seed=n)[:, None], 2, axis=1)
        write_audio(paths[-1], stereo, RATE_HZ)
    told = personalize(paths, list(PITCHES), Cepstra())
    assert next(iter(told(paths[2]))) == "high"


def test_one_label_alone_is_told_of() -> None:
    with pytest.raises(InputError, match=r"at least two labels apart, and knows \['a'\]"):
        personalize([tone(100), tone(200)], ["a", "a"], Cepstra())


def test_what_does_not_fit_is_told_of() -> None:
    told = personalize(*clips(1), Cepstra())
    with pytest.raises(InputError, match="1 clips came with 2 labels"):
        told.learn([tone(100)], ["a", "b"])
    with pytest.raises(InputError, match="not empty"):
        told.learn([tone(100)], [""])
    with pytest.raises(ShapeError, match=r"vectors \(1, 120\), not of shape \(1, 3\)"):
        told.learnt.learn(np.zeros((1, 3)), ["a"])
    with pytest.raises(InputError, match="NaN"):
        told.learnt.learn(np.full((1, 120), np.nan), ["a"])
    with pytest.raises(ConfigError, match="learnt on 'mfcc 1', not on 'averages'"):
        Classifier(network(), told.learnt)
    with pytest.raises(ConfigError, match=r"written as NAME\.tflite"):
        told.save("pitches.onnx")


@pytest.mark.parametrize("damage", ["nothing", "text", "pickle", "shapes", "nan", "counts"])
def test_a_damaged_file_is_told_of(tmp_path, damage) -> None:
    path = tmp_path / "mine.tflite"
    personalize(*clips(1), Cepstra()).save(path)
    kept = path.with_suffix(".npz")
    with np.load(kept) as parts:
        arrays = dict(parts)
    match damage:
        case "nothing":
            kept.unlink()
        case "text":
            kept.write_text(json.dumps({"labels": []}))
        case "pickle":
            np.savez(kept, **(arrays | {"labels": np.array([{}], object)}))
        case "shapes":
            np.savez(kept, **(arrays | {"sums": arrays["sums"][:, :-1]}))
        case "nan":
            np.savez(kept, **(arrays | {"sums": arrays["sums"] * np.nan}))
        case "counts":
            np.savez(kept, **(arrays | {"counts": arrays["counts"] * 0}))
    with pytest.raises(InputError, match="holds no classifier of one's own"):
        Classifier.load(path, Cepstra())


def test_leaving_one_out_judges_by_the_others() -> None:
    found, labels = vectors(n=30)
    assert leave_one_out(found, labels) > 0.8
    rng = np.random.default_rng(0)
    assert leave_one_out(found, [str(n) for n in rng.integers(3, size=30)]) < 0.7
    with pytest.raises(InputError, match="no label has two"):
        leave_one_out(found[:2], ["a", "b"])
