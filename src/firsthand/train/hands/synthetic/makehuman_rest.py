"""Another rest pose for a skinned mesh, so that angles count from where others count them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from firsthand.train.hands.synthetic.makehuman_piece import vertex_normals
from firsthand.train.hands.synthetic.mesh import Finger, Floats, Ints, SkinnedMesh


def rested(mesh: SkinnedMesh, turns: Mapping[int, Floats], still: int) -> SkinnedMesh:
    """Bend a mesh for good.

    Args:
        mesh: is not changed.
        turns: float32 (3, 3) rotations of joints, in the axes of the rest pose up to now.
        still: the joint whose bone keeps its place, whatever turns above it.
    """
    bones = bone_transforms(mesh.joints, mesh.parents, turns)
    back = bones[still].copy()
    bones[:, :, 3] -= back[:, 3]
    bones = back[:, :3].T @ bones
    blended = np.einsum("vk,vkab->vab", mesh.weights, bones[mesh.bones], optimize=True)
    vertices = np.einsum("vab,vb->va", blended[:, :, :3], mesh.vertices) + blended[:, :, 3]
    own = bones[mesh.keypoint_joints, :, :3]

    def finger(each: Finger) -> Finger:
        above = bones[mesh.parents[each.bones[0]], :, :3]
        return Finger(
            bones=each.bones,
            flexion=np.einsum("kab,kb->ka", bones[list(each.bones), :, :3], each.flexion),
            abduction=above @ each.abduction,
        )

    first, second, third, fourth, fifth = (finger(each) for each in mesh.fingers)
    return replace(
        mesh,
        vertices=vertices,
        normals=vertex_normals(vertices, mesh.triangles),
        joints=np.einsum("jab,jb->ja", bones[:, :, :3], mesh.joints) + bones[:, :, 3],
        keypoint_offsets=np.einsum("kab,kb->ka", own, mesh.keypoint_offsets),
        fingers=(first, second, third, fourth, fifth),
    )


def bone_transforms(joints: Floats, parents: Ints, turns: Mapping[int, Floats]) -> Floats:
    """Where each bone goes when joints turn: float32 (j, 3, 4); parents come first."""
    bones = np.zeros((len(joints), 3, 4), np.float32)
    for joint, parent in enumerate(parents):
        bones[joint] = bones[parent] if parent >= 0 else np.eye(3, 4, dtype=np.float32)
        if joint in turns:
            place = bones[joint, :, :3] @ joints[joint] + bones[joint, :, 3]
            bones[joint, :, :3] = bones[joint, :, :3] @ turns[joint]
            bones[joint, :, 3] = place - bones[joint, :, :3] @ joints[joint]
    return bones
