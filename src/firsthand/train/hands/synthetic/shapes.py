"""Hands of other people: a mesh with longer, thicker, broader bones."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.mesh import Floats, SkinnedMesh
from firsthand.train.hands.synthetic.webxr import webxr_hand


def varied_webxr_hand(rng: np.random.Generator) -> SkinnedMesh:
    """Draw a person's right hand from the WebXR mesh."""
    return varied(webxr_hand(), rng)


def varied(mesh: SkinnedMesh, rng: np.random.Generator) -> SkinnedMesh:
    """Draw proportions: of the whole, the palm, every finger and each of its bones."""
    size = float(np.clip(rng.normal(1, 0.09), 0.72, 1.25))
    plump = float(np.clip(rng.normal(1, 0.09), 0.8, 1.3))
    keypoints = mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets
    along = _unit(keypoints[9] - keypoints[0])
    across = keypoints[5] - keypoints[17]
    across = _unit(across - along * (across @ along))
    axes = np.stack([across, along, np.cross(across, along)])
    palm = size * np.array([rng.normal(1, 0.06) * plump, rng.normal(1, 0.05), plump])
    stretches: list[NDArray[np.float64]] = [np.eye(3)] * len(mesh.joints)
    fingers_long = rng.normal(1, 0.05)
    chain = {}
    for number, finger in enumerate(mesh.fingers):
        long, thick = fingers_long * rng.normal(1, 0.035), plump * rng.normal(1, 0.05)
        points = keypoints[1 + 4 * number : 5 + 4 * number]
        for bone, start, end in zip(finger.bones, points[:-1], points[1:], strict=True):
            way = _unit(end - start)
            width = size * thick * rng.normal(1, 0.02)
            length = size * long * rng.normal(1, 0.025)
            chain[bone] = width * np.eye(3) + (length - width) * np.outer(way, way)
    moved = np.array(mesh.joints, np.float64)
    for joint, parent in enumerate(mesh.parents):
        if parent < 0:
            stretches[joint] = np.asarray(axes.T @ np.diag(palm) @ axes, np.float64)
            continue
        step = mesh.joints[joint] - mesh.joints[parent]
        moved[joint] = moved[parent] + stretches[parent] @ step
        stretches[joint] = chain.get(joint, stretches[parent])
    stretch = np.stack(stretches)
    from_joints = mesh.vertices[:, None] - mesh.joints[mesh.bones]
    places = np.einsum("vkab,vkb->vka", stretch[mesh.bones], from_joints) + moved[mesh.bones]
    unstretched = np.linalg.inv(stretch)
    normals = np.einsum("vk,vkab,vb->va", mesh.weights, unstretched[mesh.bones], mesh.normals)
    return replace(
        mesh,
        vertices=np.einsum("vk,vka->va", mesh.weights, places).astype(np.float32),
        normals=(normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
        joints=moved.astype(np.float32),
        keypoint_offsets=np.einsum(
            "kab,kb->ka", stretch[mesh.keypoint_joints], mesh.keypoint_offsets
        ).astype(np.float32),
    )


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
