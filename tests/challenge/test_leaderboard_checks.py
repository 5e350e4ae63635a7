"""What a card may say, beside what is true."""

import pytest
from board_page import card_of

from firsthand.challenge.leaderboard.checks import check_tensors, false_claims
from firsthand.errors import ModelError
from firsthand.measure import Interval
from firsthand.runtime import Measurement, TensorCard

IN = [{"shape": [1, 8, 8, 3], "dtype": "float32"}]
OUT = [{"shape": [1, 3], "dtype": "float32"}]


def card(inputs=(), outputs=(), claims=()):
    return card_of(
        b"x",
        inputs=tuple(TensorCard("in", shape, dtype, "") for shape, dtype in inputs),
        outputs=tuple(TensorCard("out", shape, dtype, "") for shape, dtype in outputs),
        accuracy=tuple(Measurement(*claim) for claim in claims),
    )


def test_a_true_card_and_one_that_says_nothing_pass():
    check_tensors(card(), IN, OUT)
    check_tensors(card([((1, 8, 8, 3), "float32")], [((1, 3), "float32")]), IN, OUT)
    check_tensors(card([((-1, 8, 8, 3), "float32")]), IN, OUT)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (card([((1, 9, 9, 3), "float32")]), r"input as \(1, 9, 9, 3\) of float32, and it is"),
        (card([((1, 8, 8, 3), "uint8")]), r"of uint8, and it is \(1, 8, 8, 3\) of float32"),
        (card(outputs=[((1, 1000), "float32")]), r"gives its output as \(1, 1000\)"),
        (card([((1, 8, 8, 3), "float32")] * 2), "lists 2 inputs, and it has 1 input"),
        (card([((8, 8, 3), "float32")]), r"\(8, 8, 3\)"),
    ],
)
def test_a_card_of_other_tensors_is_refused(said, words):
    with pytest.raises(ModelError, match=words):
        check_tensors(said, IN, OUT)


@pytest.mark.parametrize(
    ("claim", "false"),
    [
        (("top-1 accuracy", 0.99, "ImageNet"), True),
        (("Top-1 accuracy", 99.0, "ImageNet"), True),
        (("top1", 74.9, "ImageNet"), False),
        (("accuracy", 0.6, "ImageNet"), False),
        (("top-5 accuracy", 0.99, "ImageNet"), False),
        (("top-1 error", 99.0, "ImageNet"), False),
        (("word error rate", 0.99, "somewhere"), False),
    ],
)
def test_a_claim_above_what_was_measured_is_told(claim, false):
    remarks = false_claims(card(claims=[claim]), Interval(0.7, 0.65, 0.75))
    assert len(remarks) == false
    if false:
        assert "its card claims 99.0%" in remarks[0]
        assert "measured here were 70.0%, at most 75.0%" in remarks[0]


def test_hostile_words_of_a_claim_stay_short():
    claim = ("accuracy <script>" + "x" * 5_000, 0.99, "y\n" * 2_000)
    (remark,) = false_claims(card(claims=[claim]), Interval(0.1, 0.0, 0.2))
    assert len(remark) < 300
    assert "\n" not in remark
