"""The generic hand of the WebXR Input Profiles (MIT, meshes/LICENSE.md) as a `SkinnedMesh`.

Joints are named, and their frames laid, as the WebXR Hand Input specification (W3C) says: a bone
points along -Z of its joint, Y is the back of the hand.
"""

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from firsthand.errors import InputError
from firsthand.train.hands.synthetic.glb import GlbMesh, read_glb
from firsthand.train.hands.synthetic.mesh import Finger, Floats, Ints, SkinnedMesh
from firsthand.train.hands.synthetic.skinning import bent, turn

_THUMB: Final = ("thumb-metacarpal", "thumb-phalanx-proximal", "thumb-phalanx-distal")
_BONES: Final = ("phalanx-proximal", "phalanx-intermediate", "phalanx-distal")
_CHAINS: Final = (
    _THUMB,
    *(
        tuple(f"{name}-finger-{bone}" for bone in _BONES)
        for name in ("index", "middle", "ring", "pinky")
    ),
)
_FLESH_M: Final = 0.006
"""From a tip's keypoint to the finger's very end, as far as MediaPipe's tips are from it."""

_WRIST_SHARE: Final = 0.2
_KNUCKLE_SHARE: Final = 0.08
"""MediaPipe's wrist lies so much of the way to the middle knuckle beyond the joint's centre, and
its knuckles so much of a phalanx: the medians over some renders that its models were shown."""

_PRONATION: Final = 0.6


@cache
def webxr_hand() -> SkinnedMesh:
    """Load the right hand that comes with the package."""
    path = files("firsthand.train.hands.synthetic") / "meshes" / "generic-hand-right.glb"
    return from_glb(path.read_bytes())


def from_glb(data: bytes) -> SkinnedMesh:
    """Make a mesh of a right hand's GLB with WebXR's 25 joints; `InputError` if it is another."""
    glb = read_glb(data)
    row = {name: number for number, name in enumerate(glb.names)}
    missing = {"wrist", *(bone for chain in _CHAINS for bone in chain)} - set(row)
    if missing:
        raise InputError(f"no hand with WebXR's joint names: {sorted(missing)} are missing")
    palm_up = glb.turns[row["wrist"]]
    fingers = [
        Finger(
            (row[chain[0]], row[chain[1]], row[chain[2]]),
            np.stack([-glb.turns[row[bone]][:, 0] for bone in chain]),
            palm_up[:, 1] if chain is _THUMB else glb.turns[row[chain[0]]][:, 1],
        )
        for chain in _CHAINS
    ]
    wrist, middle = glb.joints[row["wrist"]], glb.joints[fingers[2].bones[0]]
    parents = _parents(glb.names)
    keypoint_joints = [row["wrist"]]
    offsets = [(middle - wrist) * _WRIST_SHARE]
    for finger in fingers:
        first, second, third = finger.bones
        knuckle = np.zeros(3, np.float32)
        holder = first
        if finger is not fingers[0]:
            holder = int(parents[first])  # the knuckle belongs to the palm, however fingers bend
            along = glb.joints[second] - glb.joints[first]
            knuckle = glb.joints[first] - glb.joints[holder] + along * _KNUCKLE_SHARE
        keypoint_joints += [holder, second, third, third]
        still = np.zeros(3, np.float32)
        offsets += [knuckle, still, still, _tip_offset(glb, third)]
    back = glb.normals @ palm_up[:, 1]
    materials = np.zeros((len(glb.vertices), 4), np.float32)
    materials[:, 0] = np.clip(0.5 - 1.4 * back, 0, 1)
    mesh = SkinnedMesh(
        name="webxr",
        vertices=glb.vertices,
        normals=glb.normals,
        triangles=glb.triangles,
        joints=glb.joints,
        parents=parents,
        bones=glb.bones,
        weights=glb.weights,
        keypoint_joints=np.array(keypoint_joints, np.int32),
        keypoint_offsets=np.array(offsets, np.float32),
        fingers=(fingers[0], fingers[1], fingers[2], fingers[3], fingers[4]),
        materials=materials,
        hand=np.ones(len(glb.vertices), np.bool_),
    )
    return _pronated(mesh)


def _pronated(mesh: SkinnedMesh) -> SkinnedMesh:
    """Turn the thumb about itself, so that it bends across the palm as far as a person's does."""
    thumb = mesh.fingers[0]
    first, second, _ = (mesh.joints[bone] for bone in thumb.bones)
    rolled = turn((second - first) / np.linalg.norm(second - first), _PRONATION)
    hand = bent(mesh, {thumb.bones[0]: rolled})
    offsets = mesh.keypoint_offsets.copy()
    offsets[1:5] = offsets[1:5] @ rolled.T
    return replace(
        mesh,
        vertices=hand.vertices,
        normals=hand.normals,
        joints=np.einsum("jab,jb->ja", hand.bones[:, :, :3], mesh.joints) + hand.bones[:, :, 3],
        keypoint_offsets=offsets,
        fingers=(Finger(thumb.bones, thumb.flexion @ rolled.T, thumb.abduction), *mesh.fingers[1:]),
    )


def _parents(names: tuple[str, ...]) -> Ints:
    """WebXR lists the wrist first, then each finger outwards."""
    if names[0] != "wrist":
        raise InputError(f"the first joint is {names[0]!r}; WebXR's is the wrist")
    same = [name.split("-")[0] for name in names]
    return np.array(
        [-1, *(n - 1 if same[n] == same[n - 1] else 0 for n in range(1, len(names)))], np.int32
    )


def _tip_offset(glb: GlbMesh, bone: int) -> Floats:
    """From the last joint along its bone to `_FLESH_M` before the end of the flesh."""
    own = glb.bones == bone
    flesh = glb.vertices[(glb.weights * own).sum(1) > 0.5] - glb.joints[bone]
    if not len(flesh):
        raise InputError(f"no flesh hangs on {glb.names[bone]!r}")
    along = -glb.turns[bone][:, 2]
    reach = flesh @ along
    end = flesh[reach > reach.max() - 0.008].mean(0)
    offset = end + along * (reach.max() - _FLESH_M - end @ along)
    return np.asarray(offset, np.float32)
