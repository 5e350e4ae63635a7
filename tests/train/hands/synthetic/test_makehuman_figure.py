"""Whole people: in one piece, posed as asked, both hands where the keypoints say."""

from itertools import count

import numpy as np
import pytest

from firsthand.train.hands.synthetic.camera import Camera
from firsthand.train.hands.synthetic.makehuman import body_arm
from firsthand.train.hands.synthetic.makehuman_arm import right_arm
from firsthand.train.hands.synthetic.makehuman_figure import draw_figure, placed
from firsthand.train.hands.synthetic.makehuman_people import people_before
from firsthand.train.hands.synthetic.makehuman_posture import (
    ArmPosture,
    arm_turns,
    draw_arm,
    palm_way,
)
from firsthand.train.hands.synthetic.makehuman_trunk import trunk
from firsthand.train.hands.synthetic.makehuman_wardrobe import draw_outfit, worn
from firsthand.train.hands.synthetic.skinning import bent, mirrored, turn

CLOTH, HAND = 5, 14  # columns of a `Surface`
NUMBERS = ("upperarm01", "lowerarm01", "lowerarm02", "wrist")


@pytest.fixture(scope="module", params=range(4))
def figure(request):
    return draw_figure(np.random.default_rng(request.param))


@pytest.fixture(scope="module", params=["right", "left"])
def arm(request):
    mesh = body_arm({})
    return mesh if request.param == "right" else mirrored(mesh)


def parts(figure):
    return [*(part for hand in figure.hands for part in hand.parts), *figure.others]


def unit(*way):
    return np.array(way, np.float32) / np.linalg.norm(way)


def test_parts_can_be_drawn(figure):
    for part in parts(figure):
        assert np.isfinite(part.vertices).all()
        assert part.vertices.shape == part.normals.shape
        assert part.triangles.max() < len(part.vertices) == len(part.surface.columns)
        used = np.unique(part.triangles)
        assert (np.linalg.norm(part.normals[used], axis=1) > 0.05).all()
    assert sum(len(part.triangles) for part in parts(figure)) < 80_000


def test_only_hands_are_numbered(figure):
    right, left = figure.hands
    assert (right.right, left.right) == (True, False)
    assert [part.owner for part in (*right.parts, *left.parts)] == [1, 2]
    for part in figure.others:
        assert part.owner == 0
        assert not part.surface.columns[:, HAND].any()


def test_keypoints_lie_in_their_hand(figure):
    for hand in figure.hands:
        (part,) = hand.parts
        flesh = part.vertices[part.surface.columns[:, HAND] > 0.5]
        nearest = np.linalg.norm(hand.keypoints[:, None] - flesh, axis=2).min(axis=1)
        assert (nearest < 0.03).all()
        assert (hand.keypoints > flesh.min(axis=0)).all()
        assert (hand.keypoints < flesh.max(axis=0)).all()


def test_people_are_as_tall_as_people(figure):
    skin = figure.others[-1].vertices
    assert 0.6 < np.ptp(skin[:, 1]) < 2.2


def test_a_bare_arm_hangs_on_the_trunk():
    for seed in count():
        figure = draw_figure(np.random.default_rng(seed))
        if not figure.hands[0].parts[0].surface.columns[:, CLOTH].any():
            break
    skin = np.concatenate([part.vertices for part in figure.others])
    for hand in figure.hands:
        rim = hand.parts[0].vertices[right_arm().rim]
        nearest = np.linalg.norm(rim[:, None] - skin, axis=2).min(axis=1)
        # Every other vertex around the cut is the trunk's too; the rest halve its edges.
        assert (np.sort(nearest)[: len(rim) // 2] < 1e-4).all()
        assert nearest.max() < 0.02


def test_a_seed_repeats():
    first, again = (draw_figure(np.random.default_rng(9)) for _ in range(2))
    for one, other in zip(parts(first), parts(again), strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)
        assert one.look == other.look


def test_placing_is_rigid(figure):
    turned, by = turn(unit(1, 2, 3), 0.7), np.array([1, -2, 3], np.float32)
    there = placed(figure, turned, by)
    for one, other in zip(parts(figure), parts(there), strict=True):
        np.testing.assert_allclose(other.vertices, one.vertices @ turned.T + by, atol=1e-5)
    for one, other in zip(figure.hands, there.hands, strict=True):
        np.testing.assert_allclose(other.keypoints, one.keypoints @ turned.T + by, atol=1e-5)


@pytest.mark.parametrize(
    ("upper", "lower", "palm"),
    [
        (unit(0.3, -0.9, 0.2), unit(0.2, 1, 0.5), unit(0, 0.2, 1)),
        (unit(0.2, -1, 0), unit(0.1, -1, 0.3), unit(-1, 0, 0.2)),
        (unit(0.6, 0.6, 0.2), unit(0.0, 1, 0.3), unit(0.3, 0, 1)),
    ],
)
def test_arms_go_where_they_are_sent(arm, upper, lower, palm):
    numbers = tuple(right_arm().joint(name) for name in NUMBERS)
    turns = arm_turns(arm, numbers, ArmPosture(upper, lower, palm))
    bones = bent(arm, turns).bones
    shoulder, elbow, middle = (
        bones[j, :, :3] @ arm.joints[j] + bones[j, :, 3] for j in numbers[:3]
    )
    side = np.array([np.sign(arm.joints[0, 0]), 1, 1])
    assert unit(*(elbow - shoulder)) @ (upper * side) > 0.999
    assert unit(*(middle - elbow)) @ (lower * side) > 0.99
    facing = bones[numbers[3], :, :3] @ palm_way(arm)
    before = bent(arm, turns | {numbers[2]: np.eye(3, dtype=np.float32)}).bones
    assert facing @ (palm * side) >= (before[numbers[3], :, :3] @ palm_way(arm)) @ (palm * side)


def test_arms_drawn_are_unit_vectors():
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = draw_arm(rng)
        for way in (drawn.upper, drawn.lower, drawn.palm):
            assert np.linalg.norm(way) == pytest.approx(1, abs=1e-5)


def test_clothes_hide_only_what_they_cover():
    body, rng = trunk(), np.random.default_rng(0)
    for _ in range(10):
        for garment in worn(body, draw_outfit(rng)):
            assert len(garment.quads)
            assert (garment.off_m >= 0).all()
            cloth = {tuple(quad) for quad in garment.quads.tolist()}
            assert {tuple(quad) for quad in body.skin[garment.hides].tolist()} <= cloth


def test_people_stand_before_the_camera():
    camera = Camera(320.0, 160.0, 160.0, 320, 320)
    rng = np.random.default_rng(1)
    sizes, pairs, inside = [], 0, 0
    for _ in range(12):
        hands, others = people_before(rng, camera, 40.0)
        assert len(hands) in (2, 4)
        assert [part.owner for hand in hands for part in hand.parts] == [*range(1, len(hands) + 1)]
        pairs += len(hands) == 4
        for part in others:
            assert part.vertices[:, 2].min() > 0.2
        sizes += [np.ptp(camera.project(hand.keypoints), axis=0).max() for hand in hands[:2]]
        middles = [camera.project(hand.keypoints.mean(axis=0)) for hand in hands]
        inside += any(((m > 0) & (m < 320)).all() for m in middles)
    assert 15 < np.median(sizes) < 60
    assert 0 < pairs < 12
    assert inside >= 7
