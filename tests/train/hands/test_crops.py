"""Truth goes through the same map as the pixels, and a turned crop shows a turned world."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.hands.landmarks import project
from firsthand.hands.placement import place
from firsthand.hands.regions import UnitRegion
from firsthand.hands.single import Single
from firsthand.hands.types import Region
from firsthand.train.hands.crops import (
    DEPTH_SCALE,
    Jitter,
    cut,
    depth_from_metres,
    detected_region,
    followed_region,
    strayed,
    to_crop,
    warp,
)
from firsthand.train.hands.samples import HandTruth

HAND = np.array(
    [
        *([0, 0], [-30, -20], [-50, -40], [-65, -60], [-78, -78]),
        *([-20, -95], [-24, -135], [-26, -160], [-27, -180]),
        *([0, -100], [0, -145], [0, -172], [0, -195]),
        *([18, -95], [22, -135], [24, -160], [25, -180]),
        *([35, -85], [43, -112], [48, -130], [52, -146]),
    ],
    np.float32,
)
"""A flat hand, fingers up, in tenths of its palm's length from the wrist."""


def truth(
    scale: float = 1.0, at: tuple[float, float] = (160, 220), right: bool = True
) -> HandTruth:
    depth = np.linspace(0, -30, 21, dtype=np.float32)
    points = np.column_stack([HAND * scale + np.array(at, np.float32), depth * scale])
    metres = np.column_stack([HAND, depth]).astype(np.float32) / 1000
    return HandTruth(
        points.astype(np.float32), metres, np.ones(21, np.bool_), 1.0, right, "synthetic"
    )


regions = st.builds(
    lambda x, y, side, turn: Region(x, y, side, side, turn),
    st.floats(50, 250),
    st.floats(50, 250),
    st.floats(40, 400),
    st.floats(-3, 3),
)


@settings(deadline=None, max_examples=50)
@given(regions, st.booleans())
def test_a_dot_lands_where_its_truth_lands(region: Region, mirror: bool) -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    hand = truth(0.8, (150, 200))
    x, y = hand.keypoints[12, :2]
    cv2.circle(image, (round(float(x) - 0.5), round(float(y) - 0.5)), 6, (255, 255, 255), -1)
    crop = cut(image, hand, region, 128, mirror)
    wanted = crop.points[12, :2]
    if crop.image.max() < 128 or not (14 < wanted[0] < 114 and 14 < wanted[1] < 114):
        return
    mass = crop.image[..., 0].astype(np.float64)
    rows, columns = np.mgrid[:128, :128] + 0.5
    found = np.array([(columns * mass).sum(), (rows * mass).sum()]) / mass.sum()
    assert np.abs(found - wanted).max() < 1.0 + 128 / region.width


@settings(deadline=None)
@given(regions)
def test_tracking_takes_a_crop_s_points_back_to_the_image(region: Region) -> None:
    hand = truth()
    crop = cut(np.zeros((240, 320, 3), np.uint8), hand, region, 128, mirror=False)
    single = UnitRegion(
        *(Single(v) for v in (region.x / 320, region.y / 240)),
        *(Single(region.width / 320), Single(region.height / 240)),
        Single(region.rotation),
    )
    back = project(crop.points, place(single, 320, 240, 128), single, 128)
    back = back * np.array([320, 240, 320], np.float32)
    assert np.abs(back - hand.keypoints).max() < 0.05


@settings(deadline=None)
@given(regions, st.booleans())
def test_lengths_in_metres_stay_and_mirrors_change_hands(region: Region, mirror: bool) -> None:
    hand = truth(right=True)
    crop = cut(np.zeros((300, 300, 3), np.uint8), hand, region, 64, mirror)
    lengths = np.linalg.norm(np.diff(hand.metres, axis=0), axis=1)
    assert np.linalg.norm(np.diff(crop.world, axis=0), axis=1) == pytest.approx(lengths, abs=1e-6)
    assert crop.right != mirror
    assert np.abs(crop.world[9]).max() == 0
    # in the crop, what is flat in metres lies along what is flat in pixels
    px_per_m = 64 / region.width * 1000
    flat = (crop.points - crop.points[9])[:, :2]
    assert flat == pytest.approx(crop.world[:, :2] * px_per_m, abs=0.05)


def test_depth_is_scaled_as_models_give_it() -> None:
    crop = cut(
        np.zeros((300, 300, 3), np.uint8), truth(), Region(150, 150, 256, 256, 0), 128, False
    )
    assert crop.points[20, 2] == pytest.approx(-30 * 128 / 256 * DEPTH_SCALE)
    assert crop.palm_px == pytest.approx(np.hypot(100, 30 * 9 / 20) / 2, rel=1e-3)


def test_a_teacher_s_depth_is_taken_from_its_metres() -> None:
    synthetic = truth(2.0)
    teacher = HandTruth(
        synthetic.keypoints * np.array([1, 1, 0.4], np.float32),
        *(synthetic.metres, synthetic.known, 1.0, True, "teacher"),
    )
    assert depth_from_metres(teacher) == pytest.approx(synthetic.keypoints[:, 2], abs=1e-3)
    unknown = HandTruth(
        *(teacher.keypoints, np.full((21, 3), np.nan, np.float32)),
        *(teacher.known, 1.0, True, "teacher"),
    )
    assert depth_from_metres(unknown) is unknown.keypoints[:, 2] or np.array_equal(
        depth_from_metres(unknown), unknown.keypoints[:, 2]
    )


def test_both_regions_hold_the_whole_hand_upright() -> None:
    for find in (followed_region, detected_region):
        region = find(truth(), 320, 240)
        assert region is not None
        assert abs(region.rotation) < 0.1
        crop = cut(np.zeros((240, 320, 3), np.uint8), truth(), region, 128, False)
        assert crop.points[:, :2].min() > 0
        assert crop.points[:, :2].max() < 128


def test_a_hand_without_extent_has_no_region() -> None:
    nothing = HandTruth(
        np.zeros((21, 3), np.float32), np.zeros((21, 3), np.float32), *(np.ones(21, bool), 1.0),
        True, "people",
    )  # fmt: skip
    assert followed_region(nothing, 320, 240) is None
    assert detected_region(nothing, 320, 240) is None


def test_straying_is_unbiased_and_repeats_with_its_seed() -> None:
    region = Region(100, 80, 60, 60, 0.5)
    rng = np.random.default_rng(0)
    strays = [strayed(region, rng, Jitter()) for _ in range(4000)]
    shift = np.array([(s.x - 100, s.y - 80) for s in strays]) / 60
    assert np.abs(shift.mean(axis=0)).max() < 0.01
    assert strays[0] == strayed(region, np.random.default_rng(0), Jitter())


def test_shrinking_far_averages_what_it_leaves_out() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1024, 1024, 3)).astype(np.uint8)
    small = warp(image, to_crop(Region(512, 512, 1024, 1024, 0), 64, False), 64)
    assert small.astype(float).std() < 25
    assert abs(small.astype(float).mean() - image.astype(float).mean()) < 2
