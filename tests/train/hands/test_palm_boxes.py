from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ShapeError
from firsthand.hands import published_models
from firsthand.hands.landmarks import find_landmarks
from firsthand.hands.palms import detect_palms
from firsthand.hands.regions import region_from_landmarks, region_from_palm
from firsthand.media import read_image
from firsthand.train.hands.palm_boxes import PALM_JOINTS, palm_box

UPRIGHT = np.zeros((21, 2))
UPRIGHT[[5, 9, 13, 17], 0] = [-30, 0, 15, 30]
UPRIGHT[[5, 9, 13, 17], 1] = [-95, -100, -95, -85]
UPRIGHT[[1, 2]] = [[-30, -20], [-50, -45]]


@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_a_box_moves_and_grows_with_its_palm(seed: int, scale: float, shift: float) -> None:
    points = np.random.default_rng(seed).normal(size=(21, 3))
    left, top, side = palm_box(points)
    moved = palm_box(points * scale + shift)
    assert moved == pytest.approx(
        (left * scale + shift, top * scale + shift, side * scale), rel=1e-6, abs=1e-6
    )


def test_the_box_of_an_upright_palm_reaches_below_the_wrist_and_not_over_the_knuckles() -> None:
    left, top, side = palm_box(UPRIGHT)
    assert side == pytest.approx(102)
    assert top > UPRIGHT[9, 1]
    assert top + side > UPRIGHT[0, 1]
    assert left + side / 2 == pytest.approx((UPRIGHT[2, 0] + UPRIGHT[17, 0]) / 2)


def test_fingers_do_not_count() -> None:
    fist = UPRIGHT.copy()
    others = sorted(set(range(21)) - set(PALM_JOINTS))
    fist[others] = 1e4
    assert palm_box(fist) == palm_box(UPRIGHT)


def test_a_palm_seen_along_its_forearm_has_its_box_in_the_middle() -> None:
    points = UPRIGHT.copy()
    points[0] = points[9]
    left, top, side = palm_box(points)
    palm = points[list(PALM_JOINTS)]
    middle = (palm.min(axis=0) + palm.max(axis=0)) / 2
    assert (left + side / 2, top + side / 2) == pytest.approx(tuple(middle))


@pytest.mark.parametrize("shape", [(21,), (20, 2), (21, 1), (1, 21, 2), (0, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="21"):
        palm_box(np.zeros(shape))


@pytest.mark.models
@pytest.mark.data
def test_boxes_are_those_of_mediapipes_detector(data_root: Path) -> None:
    models = published_models("full")
    errors = []
    for path in sorted((data_root / "hands" / "sign_digits").glob("*/*.JPG"))[::100]:
        wide = cv2.copyMakeBorder(read_image(path), *[50] * 4, cv2.BORDER_REPLICATE)
        image = np.ascontiguousarray(cv2.resize(wide, (400, 400)))
        palms = detect_palms(models.palm, image, 0.5)
        if not len(palms):
            continue
        region = region_from_palm(palms.boxes[0], palms.keypoints[0], 400, 400)
        assert region is not None
        found = find_landmarks(models.landmark, image, region, 0.5)
        assert found is not None
        region = region_from_landmarks(found.keypoints, 400, 400)
        assert region is not None
        found = find_landmarks(models.landmark, image, region, 0.5)
        assert found is not None
        left, top, width, _ = palms.boxes[0]
        ours = palm_box(found.keypoints)
        errors.append((np.array([*ours]) - [left, top, width]) / width)
    assert len(errors) >= 16
    assert np.abs(np.mean(errors, axis=0)).max() < 0.06
    assert np.std(errors, axis=0).max() < 0.15
