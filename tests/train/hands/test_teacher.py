from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_models import FakeScene, landmark_runner

from firsthand.errors import ConfigError
from firsthand.hands import published_models
from firsthand.hands.labels import read_labelled
from firsthand.hands.landmarks import landmark_model
from firsthand.hands.models import HandModels
from firsthand.hands.palms import palm_model
from firsthand.media import read_image
from firsthand.train.hands.teacher import Answer, Teaching, ask, doubt, teach

from .drawn_hands import truth

WRIST, KNUCKLE, INDEX = (54.0, 70.0), (50.0, 40.0), (62.0, 46.0)
QUICK = Teaching(looks=3)
COLOURS = {0: (255, 0, 0), 9: (0, 255, 0), 5: (0, 0, 255)}


def dots(places=(WRIST, KNUCKLE, INDEX), shape=(100, 110)) -> np.ndarray:
    """A photograph of a hand: dots for the wrist, the middle and the index finger's knuckle."""
    image = np.full((*shape, 3), 128, np.uint8)
    for (x, y), colour in zip(places, COLOURS.values(), strict=True):
        middle = (round(x * 16 - 8), round(y * 16 - 8))
        cv2.circle(image, middle, 3 * 16, colour, -1, cv2.LINE_AA, 4)
    return image


def sees_dots(outputs: list[np.ndarray], image: np.ndarray) -> None:
    """A landmark model that knows dots: it tells right from left by how they turn."""
    points, presence, left, world = outputs
    found = np.zeros((21, 3), np.float32)
    for joint, colour in COLOURS.items():
        near = np.abs(image - np.array(colour, np.float32) / 255).sum(axis=2) < 0.9
        if near.sum() < 8:
            presence[...] = 0
            return
        y, x = np.nonzero(near)
        found[joint, :2] = x.mean() + 0.5, y.mean() + 0.5
    forward, aside = (found[joint, :2] - found[0, :2] for joint in (9, 5))
    for joint in set(range(21)) - set(COLOURS):
        found[joint] = found[0] + (found[9] - found[0]) * (joint / 20)
    found[[17], :2] = found[[9], :2] - (aside - forward) * 0.5
    presence[...] = 1
    left[...] = 1 if forward[0] * aside[1] - forward[1] * aside[0] > 0 else 0
    points[...] = found.reshape(1, 63)
    world[...] = found.reshape(1, 63) / 1000


def models(fill: Callable[..., None] = sees_dots, palm=(0.5, 0.5)) -> HandModels:
    scene = FakeScene([] if palm is None else [palm])
    return HandModels(palm_model(scene.palm), landmark_model(landmark_runner(fill)), ())


def answer(seed: int = 0, image: np.ndarray | None = None) -> Answer:
    picture = dots() if image is None else image
    found = ask(models(), picture, QUICK, np.random.default_rng(seed))
    assert found is not None
    return found


def test_the_mean_of_all_looks_is_where_the_joints_are() -> None:
    found = answer()
    for joint, place in ((0, WRIST), (9, KNUCKLE), (5, INDEX)):
        np.testing.assert_allclose(found.truth.keypoints[joint, :2], place, atol=0.35)
    assert found.presence == 1
    assert found.spread < 0.02
    assert found.agreement == 1
    assert found.truth.right
    assert found.truth.seen == 1
    assert found.truth.origin == "teacher"
    assert found.truth.known.all()


def test_the_mirrored_photograph_gives_the_mirrored_hand() -> None:
    plain, mirrored = answer(), answer(1, np.ascontiguousarray(dots()[:, ::-1]))
    assert plain.truth.right
    assert not mirrored.truth.right
    width = dots().shape[1]
    for joint in COLOURS:
        there = mirrored.truth.keypoints[joint] * (-1, 1, 1) + (width, 0, 0)
        np.testing.assert_allclose(there[:2], plain.truth.keypoints[joint, :2], atol=0.5)
    away = [each.truth.metres[9] - each.truth.metres[0] for each in (plain, mirrored)]
    sides = [each / np.linalg.norm(each) for each in away]
    np.testing.assert_allclose(sides[0] * (-1, 1, 1), sides[1], atol=0.02)


def test_metres_have_the_axes_of_the_photograph() -> None:
    found = answer().truth
    flat = found.keypoints[9, :2] - found.keypoints[0, :2]
    metres = found.metres[9, :2] - found.metres[0, :2]
    cosine = flat @ metres / np.linalg.norm(flat) / np.linalg.norm(metres)
    assert cosine > 0.999


def test_a_hand_partly_outside_says_how_much_is_seen() -> None:
    found = answer(image=np.ascontiguousarray(dots()[:, 45:]))
    outside = found.truth.keypoints[:, 0] < 0
    assert outside.sum() == 1
    assert found.truth.seen == pytest.approx(20 / 21)


def test_labels_do_not_depend_on_what_else_is_labelled() -> None:
    photographs = [("a", dots()), ("b", dots()), ("c", dots())]
    together = teach(models(), photographs, QUICK, seed=4)
    alone = teach(models(), photographs[1:2], QUICK, seed=4)
    np.testing.assert_array_equal(
        together.samples[1].hands[0].keypoints, alone.samples[0].hands[0].keypoints
    )
    other = teach(models(), photographs[1:2], QUICK, seed=5)
    assert (alone.samples[0].hands[0].keypoints != other.samples[0].hands[0].keypoints).any()


def test_photographs_without_a_hand_are_told() -> None:
    heard = []
    taught = teach(
        models(),
        [("hand", dots()), ("wall", np.full((90, 90, 3), 128, np.uint8))],
        QUICK,
        told=heard.append,
    )
    assert [sample.name for sample in taught.samples] == ["hand"]
    assert taught.dropped == (("wall", "no hand found"),)
    assert taught.reasons() == {"no hand found": 1}
    assert heard == [1, 2]
    assert teach(models(palm=None), [("hand", dots())], QUICK).reasons() == {"no hand found": 1}


def test_looks_that_disagree_about_the_side_are_dropped() -> None:
    def stubborn(outputs: list[np.ndarray], image: np.ndarray) -> None:
        sees_dots(outputs, image)
        outputs[2][...] = 0.9

    taught = teach(models(stubborn), [("hand", dots())], QUICK)
    assert taught.reasons() == {"looks disagree about left or right": 1}


def test_looks_that_disagree_about_joints_are_dropped() -> None:
    rng = np.random.default_rng(0)

    def shaky(outputs: list[np.ndarray], image: np.ndarray) -> None:
        sees_dots(outputs, image)
        outputs[0][...] += rng.normal(0, 12, (1, 63))

    taught = teach(models(shaky), [("hand", dots())], QUICK)
    assert taught.reasons() == {"looks disagree about the joints": 1}


def test_a_model_gone_wrong_teaches_nothing() -> None:
    def broken(outputs: list[np.ndarray], image: np.ndarray) -> None:
        sees_dots(outputs, image)
        outputs[0][...] = np.nan

    assert teach(models(broken), [("hand", dots())], QUICK).samples == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"presence": 0.5}, "presence is low"),
        ({"presence": np.nan}, "presence is low"),
        ({"spread": 0.2}, "looks disagree about the joints"),
        ({"spread": np.nan}, "looks disagree about the joints"),
        ({"agreement": 0.6}, "looks disagree about left or right"),
    ],
)
def test_doubts(changes: dict[str, float], reason: str | None) -> None:
    sure = {"presence": 0.99, "spread": 0.01, "agreement": 1.0}
    assert doubt(Answer(truth(), **{**sure, **changes}), Teaching()) == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"looks": 0},
        {"shift": -1.0},
        {"most_spread": 0.0},
        {"least_presence": 1.0},
        {"least_agreement": 0.3},
        {"turn": -0.1},
    ],
)
def test_senseless_teachings_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="at least one look"):
        Teaching(**changes)


@pytest.mark.models
@pytest.mark.data
def test_the_teacher_agrees_with_people(data_root: Path) -> None:
    teacher = published_models("full")
    errors = []
    for photograph in read_labelled(data_root / "hands" / "handpose_x"):
        assert photograph.hands is not None
        people = photograph.hands[0].keypoints
        image = read_image(photograph.path)
        found = ask(teacher, image, Teaching(), np.random.default_rng(0))
        assert found is not None
        assert doubt(found, Teaching()) is None
        away = np.linalg.norm(found.truth.keypoints[:, :2] - people, axis=1).mean()
        errors.append(away / np.linalg.norm(people[0] - people[9]))
    assert len(errors) == 5
    assert np.mean(errors) < 0.09  # one look, as tracking starts: 0.092


@pytest.mark.models
@pytest.mark.data
def test_sign_digits_show_right_hands(data_root: Path) -> None:
    teacher = published_models("full")
    paths = sorted((data_root / "hands" / "sign_digits").glob("*/*.JPG"))[::200]
    taught = teach(teacher, [(path.name, read_image(path)) for path in paths], Teaching(looks=2))
    assert len(taught.samples) == len(paths)
    assert all(sample.hands[0].right for sample in taught.samples)
