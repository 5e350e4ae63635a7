"""Files written, or written anew, without a converter."""

import numpy as np
import pytest

from firsthand.errors import ModelError, ShapeError
from firsthand.runtime.backends.litert import open_litert
from firsthand.runtime.backends.litert_inner import with_outputs
from firsthand.runtime.backends.litert_linear import linear_classifier


def test_a_linear_classifier_is_its_equation() -> None:
    rng = np.random.default_rng(0)
    weights, offsets = rng.standard_normal((5, 300)), rng.standard_normal(5)
    runner = open_litert(linear_classifier(weights, offsets), threads=1, where="a file")
    vector = rng.standard_normal((1, 300)).astype(np.float32)
    scores = vector @ weights.T + offsets
    wanted = np.exp(scores - scores.max())
    np.testing.assert_allclose(runner(vector)[0], wanted / wanted.sum(), rtol=1e-4, atol=1e-6)


def test_the_layer_before_becomes_the_output() -> None:
    data = linear_classifier(np.eye(4), np.arange(4.0))
    inner = open_litert(with_outputs(data, [3, 4], "a file"), threads=1, where="a file")
    vector = np.float32([[1, 2, 3, 4]])
    scores, likelihoods = inner(vector)
    np.testing.assert_allclose(scores, [[1, 3, 5, 7]])
    np.testing.assert_allclose(likelihoods, open_litert(data, threads=1, where="")(vector)[0])


@pytest.mark.parametrize("number", [-1, 5])
def test_a_layer_that_is_not_there_is_told_of(number) -> None:
    with pytest.raises(ModelError, match=rf"has tensors 0 to 4, none of number \[{number}\]"):
        with_outputs(linear_classifier(np.eye(2), np.zeros(2)), [number], "a file")


@pytest.mark.parametrize("data", [b"", b"0123TFL3", b"\xff" * 200])
def test_bytes_that_are_no_file_have_no_layers(data) -> None:
    with pytest.raises(ModelError, match=r"a file: cannot be read as a \.tflite file"):
        with_outputs(data, [0], "a file")


@pytest.mark.parametrize(
    ("weights", "offsets"),
    [
        (np.zeros((2, 3)), np.zeros(3)),
        (np.zeros((0, 3)), np.zeros(0)),
        (np.full((2, 3), np.nan), np.zeros(2)),
    ],
)
def test_weights_that_are_none_are_refused(weights, offsets) -> None:
    with pytest.raises(ShapeError, match="weights"):
        linear_classifier(weights, offsets)
