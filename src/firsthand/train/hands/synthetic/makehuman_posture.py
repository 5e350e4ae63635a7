"""How people hold themselves before a camera: joints above the hands, drawn at random."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.makehuman_trunk import Trunk
from firsthand.train.hands.synthetic.mesh import Floats, SkinnedMesh
from firsthand.train.hands.synthetic.skinning import turn

Gesture = Literal["raised", "down", "front", "aside", "overhead", "face", "reaching", "hip"]
_GESTURES: Final[dict[Gesture, tuple[float, tuple[float, ...], tuple[float, ...], float]]] = {
    # share, upper arm and forearm (each outwards, up, to the front), how far both vary
    "raised": (0.34, (0.35, -0.9, 0.25), (0.25, 1.0, 0.4), 0.28),
    "down": (0.18, (0.2, -1.0, -0.05), (0.1, -1.0, 0.25), 0.1),
    "front": (0.14, (0.2, -0.9, 0.3), (-0.4, 0.15, 1.0), 0.25),
    "aside": (0.07, (1.0, -0.2, 0.2), (1.0, 0.1, 0.4), 0.3),
    "overhead": (0.06, (0.6, 0.6, 0.2), (0.05, 1.0, 0.2), 0.2),
    "face": (0.07, (0.45, -0.5, 0.6), (-0.45, 0.9, 0.1), 0.12),
    "reaching": (0.08, (0.2, -0.35, 0.9), (0.0, 0.1, 1.0), 0.2),
    "hip": (0.06, (0.7, -0.8, -0.25), (-0.6, -0.6, 0.35), 0.1),
}
_DEGREE: Final = np.pi / 180
_TWIST: Final = 85 * _DEGREE
_BEND: Final = (5 * _DEGREE, 145 * _DEGREE)
_X, _Y, _Z = np.eye(3, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ArmPosture:
    """Unit vectors (3,) outwards, up and to the front, along which an arm's bones lie.

    `palm`: where the palm would face, in the same axes, if the forearm could turn so far.
    """

    upper: Floats
    lower: Floats
    palm: Floats


def draw_arm(rng: np.random.Generator) -> ArmPosture:
    """Draw how an arm is held: a hand is shown, rests, works before the body, and so on."""
    rows = list(_GESTURES.values())
    shares = np.array([row[0] for row in rows])
    _, upper, lower, spread = rows[int(rng.choice(len(rows), p=shares / shares.sum()))]
    first = np.array(upper) + rng.normal(0, spread, 3)
    second = np.array(lower) + rng.normal(0, spread, 3)
    shown = rng.random()
    facing = _Z if shown < 0.5 else -_Z if shown < 0.65 else rng.normal(0, 1, 3)
    return ArmPosture(_unit(first), _unit(second), _unit(facing + rng.normal(0, 0.25, 3)))


def arm_turns(mesh: SkinnedMesh, joints: tuple[int, ...], arm: ArmPosture) -> dict[int, Floats]:
    """Find rotations of the shoulder, elbow and forearm that hold an arm as `arm` says.

    Args:
        mesh: an arm where it is on the body, right or left.
        joints: numbers of its shoulder's, elbow's, mid-forearm's and wrist's joint.
        arm: is how it will be, as nearly as elbow and forearm can.
    """
    side = np.sign(mesh.joints[joints[0], 0])
    ways = np.array([side, 1, 1], np.float32)
    upper, lower, palm = arm.upper * ways, arm.lower * ways, arm.palm * ways
    shoulder, elbow, middle, wrist = mesh.joints[list(joints)]
    old_upper, old_lower = _unit(elbow - shoulder), _unit(middle - elbow)
    old_hinge, hinge = _unit(np.cross(old_upper, old_lower)), np.cross(upper, lower)
    if np.linalg.norm(hinge) < 0.05:  # as good as straight: the elbow looks to the back
        hinge = np.cross(upper, _unit(lower + 0.1 * _Z))
    hinge = _unit(hinge)
    bend = float(np.clip(np.arccos(np.clip(upper @ lower, -1, 1)), *_BEND))
    swing = _axes(upper, hinge).T @ _axes(old_upper, old_hinge)
    fold = turn(old_hinge, bend - float(np.arccos(np.clip(old_upper @ old_lower, -1, 1))))
    axis = _unit(wrist - middle)
    facing = palm_way(mesh)
    wanted = (swing @ fold).T @ palm
    now, then = (way - axis * (axis @ way) for way in (facing, wanted))
    twist = float(np.arctan2(np.cross(now, then) @ axis, now @ then))
    return {
        joints[0]: np.asarray(swing, np.float32),
        joints[1]: fold,
        joints[2]: turn(axis, float(np.clip(twist, -_TWIST, _TWIST))),
    }


def palm_way(mesh: SkinnedMesh) -> Floats:
    """Return the unit vector out of a mesh's palm, at rest."""
    middle = mesh.fingers[2]
    along = mesh.joints[middle.bones[1]] - mesh.joints[middle.bones[0]]
    return _unit(np.cross(middle.flexion[0], along))


def trunk_turns(body: Trunk, rng: np.random.Generator) -> dict[int, Floats]:
    """Draw how the head is held, the back bent, and whether a person stands or sits."""
    turns: dict[int, Floats] = {}
    back = rng.normal(0, (7, 9, 4)) / 2
    for name in ("spine04", "spine02"):
        turns[body.joint(name)] = _turned(*back)
    head = rng.normal(0, (9, 20, 7)) / 3
    for name in ("neck01", "neck03", "head"):
        turns[body.joint(name)] = _turned(*head)
    sits = rng.random() < 0.35
    for side, out in (("L", 1), ("R", -1)):
        hip, knee = ((-82, 85) if sits else (-3, 5)) + rng.normal(0, 4, 2)
        apart = out * rng.normal(12 if sits else 1, 4)
        turns[body.joint(f"upperleg01.{side}")] = _turned(hip, apart, 0)
        turns[body.joint(f"lowerleg01.{side}")] = _turned(max(knee, 0), 0, 0)
    return turns


def _turned(nod: float, yaw: float, tilt: float) -> Floats:
    """Rotation by degrees about z, then x, then y."""
    ways = ((_Y, yaw), (_X, nod), (_Z, tilt))
    about_y, about_x, about_z = (turn(axis, float(angle) * _DEGREE) for axis, angle in ways)
    return np.asarray(about_y @ about_x @ about_z, np.float32)


def _axes(first: Floats, second: Floats) -> Floats:
    return np.stack([first, second, np.cross(first, second)])


def _unit(v: NDArray[np.floating]) -> Floats:
    return np.asarray(v / np.linalg.norm(v), np.float32)
