from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.train.hands.synthetic.hand_model import upright
from firsthand.train.hands.synthetic.mesh import SkinnedMesh
from firsthand.train.hands.synthetic.named_poses import NAMED_POSES, named_pose, random_pose
from firsthand.train.hands.synthetic.poses import (
    ABDUCTION_LIMIT,
    FLEXION_LIMITS,
    OPPOSITION_LIMITS,
    WRIST_LIMITS,
    HandPose,
    blended,
    curled_pose,
    jittered,
    limited,
)
from firsthand.train.hands.synthetic.shapes import varied
from firsthand.train.hands.synthetic.skinning import bent, mirrored, posed, turn
from firsthand.train.hands.synthetic.webxr import webxr_hand

ZERO = HandPose(np.zeros((5, 3), np.float32), np.zeros(5, np.float32), 0.0, np.zeros(2, np.float32))
SEEDS = st.integers(0, 2**32 - 1)
# bones whose both ends are joints that turn: their length can't change
RIGID = [(1 + 4 * f + i, 2 + 4 * f + i) for f in range(5) for i in (range(3) if not f else (1, 2))]


def drawn(seed: int) -> HandPose:
    return random_pose(np.random.default_rng(seed))


def keypoints(mesh: SkinnedMesh) -> np.ndarray:
    return mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets


def test_a_pose_of_zeros_is_the_rest_pose() -> None:
    mesh = webxr_hand()
    hand = posed(mesh, ZERO)
    assert np.allclose(hand.vertices, mesh.vertices, atol=1e-6)
    assert np.allclose(hand.normals, mesh.normals, atol=1e-5)
    assert np.allclose(hand.keypoints, keypoints(mesh), atol=1e-6)


@given(seed=SEEDS)
@settings(max_examples=30)
def test_bones_keep_their_length_and_the_palm_its_shape(seed: int) -> None:
    mesh = webxr_hand()
    before, after = keypoints(mesh), posed(mesh, drawn(seed)).keypoints
    for first, second in [*RIGID, *((0, knuckle) for knuckle in (1, 5, 9, 13, 17))]:
        length = np.linalg.norm(before[first] - before[second])
        assert np.linalg.norm(after[first] - after[second]) == pytest.approx(length, abs=1e-5)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_every_bone_moves_rigidly(seed: int) -> None:
    turns = posed(webxr_hand(), drawn(seed)).bones[:, :, :3]
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.det(turns), 1, atol=1e-5)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_turning_the_root_turns_everything(seed: int) -> None:
    mesh = webxr_hand()
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    rotation = turn((axis / np.linalg.norm(axis)).astype(np.float32), float(rng.uniform(-3, 3)))
    hand = bent(mesh, {0: rotation})
    root = mesh.joints[0]
    assert np.allclose(hand.vertices, (mesh.vertices - root) @ rotation.T + root, atol=1e-5)
    assert np.allclose(hand.keypoints, (keypoints(mesh) - root) @ rotation.T + root, atol=1e-5)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_a_left_hand_is_the_mirror_image_in_any_pose(seed: int) -> None:
    mesh, pose = webxr_hand(), drawn(seed)
    right, left = posed(mesh, pose), posed(mirrored(mesh), pose)
    flip = np.array([-1, 1, 1])
    assert np.allclose(left.vertices, right.vertices * flip, atol=1e-5)
    assert np.allclose(left.keypoints, right.keypoints * flip, atol=1e-5)
    assert np.array_equal(mirrored(mirrored(mesh)).triangles, mesh.triangles)


def test_faces_of_both_hands_look_outwards() -> None:
    for mesh in (webxr_hand(), mirrored(webxr_hand())):
        a, b, c = (mesh.vertices[mesh.triangles[:, corner]] for corner in range(3))
        outwards = (np.cross(b - a, c - a) * mesh.normals[mesh.triangles].mean(1)).sum(1)
        assert (outwards > 0).mean() > 0.99


def test_flexion_brings_tips_to_the_palm_and_abduction_towards_the_thumb() -> None:
    mesh = webxr_hand()
    rest = keypoints(mesh)
    across, _, palm = upright(rest)
    for finger in range(5):
        for joint in range(3):
            flexion = np.zeros((5, 3), np.float32)
            flexion[finger, joint] = 0.4
            moved = posed(mesh, HandPose(flexion, ZERO.abduction, 0.0, ZERO.wrist)).keypoints - rest
            tip = moved[4 + 4 * finger]
            assert tip @ (palm if finger else -across) > 0
        abduction = np.zeros(5, np.float32)
        abduction[finger] = 0.3
        moved = posed(mesh, HandPose(ZERO.flexion, abduction, 0.0, ZERO.wrist)).keypoints - rest
        assert moved[4 + 4 * finger] @ across > 0.004
    opposed = posed(mesh, HandPose(ZERO.flexion, ZERO.abduction, 0.5, ZERO.wrist)).keypoints - rest
    assert opposed[4] @ palm > 0.01
    assert opposed[4] @ across < 0


def inside(pose: HandPose) -> bool:
    least, most = WRIST_LIMITS
    return bool(
        (pose.flexion >= FLEXION_LIMITS["least"]).all()
        and (pose.flexion <= FLEXION_LIMITS["most"]).all()
        and (np.abs(pose.abduction) <= ABDUCTION_LIMIT).all()
        and OPPOSITION_LIMITS[0] <= pose.opposition <= OPPOSITION_LIMITS[1]
        and (pose.wrist >= least).all()
        and (pose.wrist <= most).all()
    )


@pytest.mark.parametrize("draw", [random_pose, curled_pose])
@given(seed=SEEDS)
@settings(max_examples=40)
def test_drawn_poses_keep_to_the_joints_range(
    draw: Callable[[np.random.Generator], HandPose], seed: int
) -> None:
    assert inside(draw(np.random.default_rng(seed)))


@given(size=st.floats(0, 1e3), seed=SEEDS)
@settings(max_examples=30)
def test_limiting_is_enough_and_done_once(size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wild = HandPose(
        (rng.normal(size=(5, 3)) * size).astype(np.float32),
        (rng.normal(size=5) * size).astype(np.float32),
        float(rng.normal() * size),
        (rng.normal(size=2) * size).astype(np.float32),
    )
    once = limited(wild)
    assert inside(once)
    assert np.array_equal(limited(once).flexion, once.flexion)


@pytest.mark.parametrize("name", NAMED_POSES)
def test_named_poses_are_possible_and_jitter_keeps_them_so(name: str) -> None:
    assert inside(named_pose(name))
    assert inside(jittered(named_pose(name), np.random.default_rng(1), 20))


def test_blending_ends_where_it_says() -> None:
    first, second = named_pose("fist"), named_pose("open")
    assert np.allclose(blended(first, second, 0).flexion, first.flexion)
    assert np.allclose(blended(first, second, 1).abduction, second.abduction)
    assert blended(first, second, 0.5).opposition == pytest.approx(
        (first.opposition + second.opposition) / 2
    )


def test_signs_look_like_their_names() -> None:
    mesh = webxr_hand()
    wrist_to = {
        name: np.linalg.norm(
            (k := posed(mesh, named_pose(name)).keypoints)[[4, 8, 12, 16, 20]] - k[0], axis=1
        )
        for name in NAMED_POSES
    }
    assert (wrist_to["fist"][1:] < 0.085).all()
    assert (wrist_to["open"][1:] > 0.12).all()
    assert wrist_to["point"][1] > 0.13 > 0.085 > wrist_to["point"][2]
    assert (wrist_to["victory"][1:3] > 0.13).all()
    assert (wrist_to["victory"][3:] < 0.085).all()
    ok = posed(mesh, named_pose("ok")).keypoints
    assert np.linalg.norm(ok[4] - ok[8]) < 0.035


@given(seed=SEEDS)
@settings(max_examples=20)
def test_other_people_s_hands_stay_hands(seed: int) -> None:
    mesh = webxr_hand()
    other = varied(mesh, np.random.default_rng(seed))
    ratio = np.ptp(other.vertices, axis=0) / np.ptp(mesh.vertices, axis=0)
    assert ((ratio > 0.5) & (ratio < 1.7)).all()
    assert np.allclose(np.linalg.norm(other.normals, axis=1), 1, atol=1e-4)
    nearest = np.linalg.norm(other.vertices[:, None] - keypoints(other), axis=2).min(0)
    assert nearest.max() < 0.03
