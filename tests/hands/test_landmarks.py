import numpy as np
import pytest
from fake_models import FakeRunner, FakeScene, blank, landmark_runner, upright_hand
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ModelError
from firsthand.hands.landmarks import DEPTH_DIVISOR, find_landmarks, landmark_model, turned
from firsthand.hands.regions import UnitRegion
from firsthand.hands.single import Single

MIDDLE = UnitRegion(Single(0.5), Single(0.5), Single(0.3), Single(0.4), Single(0))


def test_a_crop_of_the_middle() -> None:
    scene = FakeScene()
    found = find_landmarks(scene.models.landmark, blank(640, 480), MIDDLE, 0.5)
    assert found is not None
    expected = (upright_hand(1)[:, :2] - 0.5) * (0.3, 0.4) + 0.5
    np.testing.assert_allclose(found.keypoints[:, :2], expected, atol=1e-6)
    np.testing.assert_allclose(found.world, upright_hand() / 1000, atol=1e-7)
    assert found.left_if_mirrored == pytest.approx(0.9)


def test_depth_has_the_scale_of_the_width() -> None:
    def fill(outputs, _image):
        outputs[0].reshape(21, 3)[:] = np.add(upright_hand(), (0, 0, 22.4))
        outputs[1][...] = 1

    model = landmark_model(landmark_runner(fill))
    found = find_landmarks(model, blank(640, 480), MIDDLE, 0.5)
    assert found is not None
    np.testing.assert_allclose(found.keypoints[:, 2], 0.1 / DEPTH_DIVISOR * 0.3, rtol=1e-5)


@pytest.mark.parametrize("presence", [0.0, 0.5, np.nan, -np.inf])
def test_no_hand_without_presence(presence: float) -> None:
    model = landmark_model(landmark_runner(lambda out, _: out[1].fill(presence)))
    assert find_landmarks(model, blank(), MIDDLE, 0.5) is None


def test_no_hand_where_the_model_fails() -> None:
    def fill(outputs, _image):
        outputs[0].fill(np.nan)
        outputs[1].fill(1)

    assert find_landmarks(landmark_model(landmark_runner(fill)), blank(), MIDDLE, 0.5) is None


@given(st.floats(-3.1, 3.1))
def test_turning_keeps_lengths_and_depths_and_back_is_the_identity(rotation: float) -> None:
    world = upright_hand(1)
    there = turned(world, Single(rotation))
    np.testing.assert_array_equal(there[:, 2], world[:, 2])
    lengths = np.linalg.norm(world, axis=1)
    np.testing.assert_allclose(np.linalg.norm(there, axis=1), lengths, rtol=1e-6)
    np.testing.assert_allclose(turned(there, Single(-rotation)), world, atol=1e-6)


def test_results_are_copies() -> None:
    scene = FakeScene()
    first = find_landmarks(scene.models.landmark, blank(), MIDDLE, 0.5)
    assert first is not None
    before = first.keypoints.copy(), first.world.copy()
    scene.models.landmark.points.fill(0)
    scene.models.landmark.world.fill(0)
    np.testing.assert_array_equal(first.keypoints, before[0])
    np.testing.assert_array_equal(first.world, before[1])


def test_other_models_are_refused() -> None:
    with pytest.raises(ModelError, match="landmark model gives"):
        landmark_model(FakeRunner((1, 224, 224, 3), [(1, 63)]))
