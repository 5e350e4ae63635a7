"""MakeHuman's arms: whole hands that bend the right way and differ from person to person."""

import numpy as np
import pytest

from firsthand.train.hands.synthetic.makehuman import arm_mesh, shaped_arm
from firsthand.train.hands.synthetic.makehuman_rest import bone_transforms
from firsthand.train.hands.synthetic.makehuman_shapes import (
    body_targets,
    draw_body,
    draw_traits,
    target_names,
)
from firsthand.train.hands.synthetic.makehuman_sleeve import Sleeve
from firsthand.train.hands.synthetic.skinning import turn

SEEDS = range(6)
SLEEVE = Sleeve(hem=0.1, ease_m=0.01, flare_m=0.005, folds_m=0.002, folds=6.0, turn=1.0)


@pytest.fixture(scope="module", params=SEEDS)
def arm(request):
    return arm_mesh(np.random.default_rng(request.param))


@pytest.fixture(scope="module")
def bare():
    return shaped_arm({})


def places(mesh):
    return mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets


def bent(mesh, turns):
    bones = bone_transforms(mesh.joints, mesh.parents, turns)[mesh.keypoint_joints]
    return np.einsum("kab,kb->ka", bones[:, :, :3], places(mesh)) + bones[:, :, 3]


def crossings(mesh, start, way):
    """How many triangles a ray crosses."""
    a, b, c = (mesh.vertices[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    matrices = np.stack([b - a, c - a, np.broadcast_to(-way, a.shape)], axis=-1)
    whole = np.abs(np.linalg.det(matrices)) > 1e-18
    u, v, t = np.linalg.solve(matrices[whole], (start - a[whole])[..., None])[..., 0].T
    return int(((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)).sum())


def test_weights_normals_and_parents(arm):
    np.testing.assert_allclose(arm.weights.sum(axis=1), 1, atol=1e-5)
    assert (arm.weights >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(arm.normals, axis=1), 1, atol=1e-4)
    assert arm.parents[0] == -1
    assert (arm.parents[1:] < np.arange(1, len(arm.parents))).all()
    assert (arm.parents[1:] >= 0).all()
    assert 0 <= arm.triangles.min() <= arm.triangles.max() < len(arm.vertices)
    assert 0 <= arm.bones.min() <= arm.bones.max() < len(arm.joints)


def test_dtypes_and_shapes(arm):
    count, joints = len(arm.vertices), len(arm.joints)
    floats = {
        "vertices": (count, 3),
        "normals": (count, 3),
        "joints": (joints, 3),
        "weights": (count, 4),
        "keypoint_offsets": (21, 3),
        "materials": (count, 4),
    }
    for name, shape in floats.items():
        assert getattr(arm, name).shape == shape
        assert getattr(arm, name).dtype == np.float32
        assert np.isfinite(getattr(arm, name)).all()
    for name in ("triangles", "parents", "bones", "keypoint_joints"):
        assert getattr(arm, name).dtype == np.int32
    assert arm.hand.shape == (count,)
    assert arm.hand.dtype == np.bool_
    for finger in arm.fingers:
        assert finger.flexion.dtype == finger.abduction.dtype == np.float32


def test_materials_are_shares(arm):
    assert arm.materials.min() >= 0
    assert arm.materials.max() <= 1


def test_keypoints_lie_in_the_flesh(arm):
    low, high = arm.vertices[arm.hand].min(axis=0), arm.vertices[arm.hand].max(axis=0)
    for keypoint in places(arm):
        assert (keypoint > low).all()
        assert (keypoint < high).all()
    skin = shaped_arm(body_targets(draw_body(np.random.default_rng(3))))
    for keypoint in places(skin):
        assert crossings(skin, keypoint, np.array([0.267, 0.535, 0.802])) % 2 == 1


def test_bare_arm_is_closed(bare):
    sides = np.stack([bare.triangles, np.roll(bare.triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    there, back = ({tuple(side) for side in way.tolist()} for way in (sides, sides[:, ::-1]))
    assert there == back
    assert len(there) == len(sides)


def test_faces_look_outwards(bare):
    a, b, c = (bare.vertices[bare.triangles[:, k]].astype(np.float64) for k in range(3))
    volume = np.einsum("ij,ij->", a, np.cross(b, c)) / 6
    assert 0.0005 < volume < 0.006


def test_sizes_are_those_of_hands(arm):
    points = places(arm)
    length = np.linalg.norm(np.diff(points[[0, 9, 10, 11, 12]], axis=0), axis=1).sum()
    assert 0.09 < length < 0.22
    for first in (5, 9, 13, 17):
        bones = np.linalg.norm(np.diff(points[first : first + 4], axis=0), axis=1)
        assert (bones > 0.006).all()
        assert (bones < 0.06).all()
    palm = np.linalg.norm(points[9] - points[0])
    assert 0.4 < palm / length < 0.6
    assert 0.2 < np.linalg.norm(arm.joints[0] - points[0]) / length < 5


def test_it_is_a_right_hand_with_straight_fingers(arm):
    points = places(arm)
    along, across = points[9] - points[0], points[5] - points[17]
    palm = np.cross(across, along)
    palm /= np.linalg.norm(palm)
    facing = arm.normals[arm.hand] @ palm
    assert np.corrcoef(facing, arm.materials[arm.hand, 0])[0, 1] > 0.6
    nails = arm.vertices[arm.materials[:, 1] > 0.5] - points[9]
    assert nails.mean(axis=0) @ palm > -0.05
    for first in (5, 9, 13, 17):
        ways = np.diff(points[first : first + 4], axis=0)
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        assert (np.einsum("ij,ij->i", ways[1:], ways[:-1]) > 0.95).all()


def test_nails_are_on_the_back_of_each_last_bone(arm):
    heaviest = np.take_along_axis(arm.bones, arm.weights.argmax(axis=1)[:, None], axis=1)[:, 0]
    points = places(arm)
    for number, finger in enumerate(arm.fingers):
        nail = (arm.materials[:, 1] > 0.5) & (heaviest == finger.bones[2])
        assert nail.sum() >= 8
        along = points[4 + 4 * number] - points[3 + 4 * number]
        palmar = np.cross(finger.flexion[2], along)
        assert (arm.vertices[nail].mean(axis=0) - points[4 + 4 * number]) @ palmar < 0


@pytest.mark.parametrize("number", range(5))
def test_axes_are_unit_and_square_to_the_finger(arm, number):
    finger = arm.fingers[number]
    np.testing.assert_allclose(np.linalg.norm(finger.flexion, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(finger.abduction) == pytest.approx(1, abs=1e-5)
    ways = np.diff(places(arm)[1 + 4 * number : 5 + 4 * number], axis=0)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    assert (np.abs(np.einsum("ij,ij->i", ways, finger.flexion)) < 0.2).all()
    assert abs(finger.abduction @ finger.flexion[0]) < (0.75 if number == 0 else 0.3)


@pytest.mark.parametrize("number", range(5))
def test_flexion_brings_the_tip_to_the_palm(arm, number):
    centre = places(arm)[[0, 5, 9, 13, 17]].mean(axis=0)
    finger = arm.fingers[number]
    tip = 4 + 4 * number
    distances = [
        np.linalg.norm(
            bent(arm, dict(zip(finger.bones, (turn(a, by) for a in finger.flexion), strict=True)))[
                tip
            ]
            - centre
        )
        for by in (0.0, 0.3, 0.6, 0.9)
    ]
    assert (np.diff(distances) < 0).all()
    assert distances[-1] < 0.8 * distances[0]


@pytest.mark.parametrize("number", range(5))
def test_abduction_goes_to_the_thumbs_side(arm, number):
    points = places(arm)
    along, across = points[9] - points[0], points[5] - points[17]
    across -= along * (across @ along) / (along @ along)
    tip = 4 + 4 * number
    moved = bent(arm, {arm.fingers[number].bones[0]: turn(arm.fingers[number].abduction, 0.2)})
    shift = (moved[tip] - points[tip]) @ across / np.linalg.norm(across)
    assert shift > 0.1 * np.linalg.norm(points[tip] - points[tip - 3])


def test_a_seed_repeats_and_another_differs():
    first, again, other = (arm_mesh(np.random.default_rng(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.materials, again.materials)
    assert np.abs(places(first) - places(other)).max() > 0.002


def test_the_wrist_stays_where_it_is_whatever_the_elbow_does(bare):
    moved = shaped_arm({}, elbow=1.0, twist=0.5)
    np.testing.assert_allclose(places(moved), places(bare), atol=1e-5)
    assert np.abs(moved.vertices[bare.hand] - bare.vertices[bare.hand]).max() < 0.03
    assert np.linalg.norm(moved.joints[0]) < np.linalg.norm(bare.joints[0]) - 0.03


def test_a_sleeve_is_cloth_off_the_skin_and_not_on_the_hand(bare):
    dressed = shaped_arm({}, sleeve=SLEEVE)
    cloth = dressed.materials[:, 2] > 0.5
    assert 500 < cloth.sum() < 3000
    assert not dressed.hand[cloth].any()
    assert dressed.hand.sum() == bare.hand.sum()
    assert dressed.triangles.max() < len(dressed.vertices)
    shown = np.unique(dressed.triangles)
    elbow = dressed.joints[2]
    near = shown[np.linalg.norm(dressed.vertices[shown] - elbow, axis=1) < 0.05]
    assert len(near)
    assert cloth[near].all()


def test_a_sleeve_beyond_the_cut_leaves_the_arm_bare(bare):
    short = shaped_arm({}, sleeve=Sleeve(1.95, 0.01, 0.0, 0.0, 5.0, 0.0))
    np.testing.assert_array_equal(short.triangles, bare.triangles)


def test_targets_asked_for_are_among_the_names():
    known = set(target_names("r"))
    rng = np.random.default_rng(0)
    for _ in range(100):
        body = body_targets(draw_body(rng))
        assert set(body) <= known
        assert set(draw_traits(rng, "r")) <= known
        builds = sum(w for name, w in body.items() if "universal" in name)
        assert builds == pytest.approx(1)


def test_traits_change_what_their_names_say(bare):
    longer = shaped_arm({"hands/r-hand-fingers-length-incr": 1.0})
    thicker = shaped_arm({"hands/r-hand-fingers-diameter-incr": 1.0})

    def finger(mesh):
        return np.linalg.norm(places(mesh)[12] - places(mesh)[9])

    assert finger(longer) > 1.1 * finger(bare)
    assert finger(thicker) == pytest.approx(finger(bare), rel=0.05)
    assert np.abs(thicker.vertices - bare.vertices)[bare.hand].max() > 0.001
