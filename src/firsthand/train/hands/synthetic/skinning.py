"""Moving a mesh: forward kinematics, and linear blend skinning (Lewis, Cordner, Fong 2000)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from firsthand.train.hands.synthetic.mesh import Finger, Floats, SkinnedMesh
from firsthand.train.hands.synthetic.poses import HandPose

_MIRROR = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PosedHand:
    """A mesh in a pose, in the rest pose's coordinates.

    `vertices`, `normals` float32 (v, 3), normals of about unit length; `keypoints` float32
    (21, 3); `bones` float32 (j, 3, 4), the transform that took each bone from rest to here.
    """

    vertices: Floats
    normals: Floats
    keypoints: Floats
    bones: Floats


def turn(axis: Floats, angle: float) -> Floats:
    """Rotation matrix (3, 3) about a unit axis by the right-hand rule (Rodrigues' formula)."""
    x, y, z = (float(each) for each in axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return np.asarray(matrix, np.float32)


def bone_turns(mesh: SkinnedMesh, pose: HandPose) -> dict[int, Floats]:
    """Which joints turn, and how, in the rest pose's axes; those not in it keep still."""
    turns: dict[int, Floats] = {}
    for number, finger in enumerate(mesh.fingers):
        for bone, axis, angle in zip(
            finger.bones, finger.flexion, pose.flexion[number], strict=True
        ):
            turns[bone] = turn(axis, float(angle))
        first = finger.bones[0]
        turns[first] = turn(finger.abduction, float(pose.abduction[number])) @ turns[first]
    thumb = mesh.fingers[0].bones[0]
    turns[thumb] = turn(_opposition(mesh), pose.opposition) @ turns[thumb]
    wrist = int(mesh.keypoint_joints[0])
    if mesh.parents[wrist] >= 0:
        middle = mesh.fingers[2]
        flexed, deviated = (float(each) for each in pose.wrist)
        turns[wrist] = turn(middle.abduction, deviated) @ turn(middle.flexion[0], flexed)
    return turns


def posed(mesh: SkinnedMesh, pose: HandPose) -> PosedHand:
    """Bend a mesh. Angles are relative to the rest pose: a pose of zeros gives that back."""
    return bent(mesh, bone_turns(mesh, pose))


def bent(mesh: SkinnedMesh, turns: Mapping[int, Floats]) -> PosedHand:
    """Turn some joints by rotations (3, 3) in the rest pose's axes, and all that hangs on them."""
    bones = np.zeros((len(mesh.joints), 3, 4), np.float32)
    for joint, parent in enumerate(mesh.parents):
        above = bones[parent] if parent >= 0 else np.eye(3, 4, dtype=np.float32)
        if joint in turns:
            place = mesh.joints[joint]
            local = np.eye(4, dtype=np.float32)
            local[:3, :3] = turns[joint]
            local[:3, 3] = place - turns[joint] @ place
            above = above @ local
        bones[joint] = above
    blended = np.einsum("vk,vkab->vab", mesh.weights, bones[mesh.bones], optimize=True)
    vertices = np.einsum("vab,vb->va", blended[:, :, :3], mesh.vertices) + blended[:, :, 3]
    normals = np.einsum("vab,vb->va", blended[:, :, :3], mesh.normals)
    own = bones[mesh.keypoint_joints]
    rest = mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets
    keypoints = np.einsum("kab,kb->ka", own[:, :, :3], rest) + own[:, :, 3]
    return PosedHand(vertices, normals, keypoints, bones)


def mirrored(mesh: SkinnedMesh) -> SkinnedMesh:
    """Make a left hand of a right one, or the reverse: x of everything changes its sign.

    A turn about an axis seen in a mirror is a turn about the negated mirrored axis, so positive
    angles keep their meaning.
    """

    def finger(each: Finger) -> Finger:
        return Finger(each.bones, each.flexion * -_MIRROR, each.abduction * -_MIRROR)

    first, second, third, fourth, fifth = (finger(each) for each in mesh.fingers)
    return replace(
        mesh,
        vertices=mesh.vertices * _MIRROR,
        normals=mesh.normals * _MIRROR,
        triangles=np.ascontiguousarray(mesh.triangles[:, ::-1]),
        joints=mesh.joints * _MIRROR,
        keypoint_offsets=mesh.keypoint_offsets * _MIRROR,
        fingers=(first, second, third, fourth, fifth),
    )


def _opposition(mesh: SkinnedMesh) -> Floats:
    """Axis along the hand about which the thumb comes in front of the palm."""
    middle = mesh.fingers[2]
    along = mesh.joints[middle.bones[0]] - mesh.joints[mesh.keypoint_joints[0]]
    palm, radial = np.cross(middle.flexion[0], along), np.cross(middle.abduction, along)
    axis = np.cross(radial, palm)
    return np.asarray(axis / np.linalg.norm(axis), np.float32)
