import numpy as np
import pytest
from fake_models import ANCHORS, FakeRunner, FakeScene, blank, palm_runner
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ModelError
from firsthand.hands.anchors import FIRSTHAND, MEDIAPIPE, anchor_centers
from firsthand.hands.landmarks import find_landmarks
from firsthand.hands.palms import decode, detect_palms, palm_model
from firsthand.hands.regions import UnitRegion
from firsthand.hands.single import Single


def outputs():
    return np.zeros((ANCHORS, 18), np.float32), np.full(ANCHORS, -100, np.float32)


def test_nothing_is_found_below_the_threshold() -> None:
    assert len(decode(*outputs(), anchor_centers(192), 0.5, 192)) == 0


@given(st.integers(0, ANCHORS - 1), st.floats(0.1, 0.9), st.floats(-4, 4))
def test_the_threshold_is_one_of_probability(at: int, threshold: float, logit: float) -> None:
    offsets, logits = outputs()
    logits[at] = logit
    found = decode(offsets, logits, anchor_centers(192), threshold, 192)
    probability = 1 / (1 + np.exp(-float(logits[at])))
    if abs(probability - threshold) > 1e-6:
        assert len(found) == (probability > threshold)
    if len(found):
        assert found.scores[0] == pytest.approx(probability, abs=1e-6)


@given(st.integers(0, ANCHORS - 1), st.floats(1, 100), st.floats(1, 100))
def test_offsets_are_pixels_from_the_anchor(at: int, width: float, height: float) -> None:
    offsets, logits = outputs()
    logits[at] = 3
    offsets[at, :4] = (9.6, -19.2, width, height)
    offsets[at, 4:] = np.arange(14)
    found = decode(offsets, logits, anchor_centers(192), 0.5, 192)
    center = anchor_centers(192)[at]
    size = np.array([width, height]) / 192
    expected = [*(np.add(center, (0.05, -0.1)) - size / 2), *size]
    np.testing.assert_allclose(found.boxes[0], expected, atol=1e-5)
    keypoints = center + np.arange(14).reshape(7, 2) / 192
    np.testing.assert_allclose(found.keypoints[0], keypoints, atol=1e-5)


def test_negative_and_infinite_boxes_and_logits_are_survived() -> None:
    offsets, logits = outputs()
    logits[:4] = (5, 5, np.inf, np.nan)
    offsets[0, 2] = -1
    offsets[1, 3] = np.nan
    offsets[2, :4] = (0, 0, 5, 5)
    found = decode(offsets, logits, anchor_centers(192), 0.5, 192)
    assert found.scores.tolist() == [1.0]


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (300, 300), (7, 1000)])
def test_palms_come_out_of_the_letterbox(width: int, height: int, ours: bool) -> None:
    side = max(width, height)
    scene = FakeScene(palms=[(0.5, 0.5), (0.5 + 0.25 * width / side, 0.5)], ours=ours)
    found = detect_palms(scene.models.palm, blank(width, height), 0.5)
    middle = found.boxes[:, :2] + found.boxes[:, 2:] / 2
    if len(found) == 2:
        np.testing.assert_allclose(middle, [(0.5, 0.5), (0.75, 0.5)], atol=1e-4)
    np.testing.assert_allclose(middle[0] * (0, 1), (0, 0.5), atol=1e-4)
    np.testing.assert_allclose(
        found.boxes[0, 2:] * (width, height), 20 / scene.palm_px * side, rtol=1e-4
    )


def test_the_letterbox_is_black_and_the_image_in_its_middle() -> None:
    scene = FakeScene()
    detect_palms(scene.models.palm, blank(640, 480, value=255), 0.5)
    seen = scene.models.palm.input.values
    assert seen[:23].max() == 0
    assert seen[25:167].min() == 1
    assert seen[169:].max() == 0


def test_other_models_are_refused_with_what_they_are() -> None:
    shapes = [(1, 99, 18), (1, 99, 1)]
    with pytest.raises(ModelError, match="2016"):
        palm_model(FakeRunner((1, 192, 192, 3), shapes))
    with pytest.raises(ModelError, match=r"float32 \(1, 192, 100, 3\)"):
        palm_model(FakeRunner((1, 192, 100, 3), shapes), "mine")
    with pytest.raises(ModelError, match=r"mine: .* \(1, n, 18\) .* gives \[\(1, 63\), \(1, 1\)\]"):
        palm_model(FakeRunner((1, 192, 192, 3), [(1, 63), (1, 1)]), "mine")


def test_a_model_is_known_by_its_anchors() -> None:
    assert palm_model(palm_runner()).centers.shape == (ANCHORS, 2)
    assert palm_model(palm_runner()).layout is MEDIAPIPE
    ours = palm_model(palm_runner(size_px=256))
    assert ours.centers.shape == (5440, 2)
    assert ours.layout is FIRSTHAND
    with pytest.raises(ModelError, match=r"3584 \(MediaPipe's\) and 5440 \(Firsthand's\)"):
        palm_model(FakeRunner((1, 256, 256, 3), [(1, 2016, 18), (1, 2016, 1)]))


def test_only_our_models_see_averages() -> None:
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    for ours in (False, True):
        models = FakeScene(ours=ours).models
        detect_palms(models.palm, stripes, 0.5)
        region = UnitRegion(*map(Single, (0.5, 0.5, 1, 1, 0)))
        find_landmarks(models.landmark, stripes, region, 0.5)
        for model in (models.palm, models.landmark):
            grey = np.abs(model.input.values[1:-1, 1:-1] - 0.5) < 0.01
            assert grey.mean() == 1 if ours else grey.mean() < 0.9
