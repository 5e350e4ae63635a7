"""What the skin's shader wants to know of each vertex, worked out from a mesh at rest."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.train.hands.synthetic.mesh import Floats, SkinnedMesh

COLUMNS: Final = 15
"""rest place 3, material 4, nail 3, marks 4, hand 1: the order in the vertex shader."""

_FAR_M: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """`columns` float32 (v, 15): see `COLUMNS`."""

    columns: Floats


def plain_surface(rest: Floats, palm: Floats | float = 0.0, cloth: float = 0.0) -> Surface:
    """Make a surface without creases and nails that is no hand's: of arms, sleeves, things."""
    columns = np.zeros((len(rest), COLUMNS), np.float32)
    columns[:, 0:3] = rest
    columns[:, 3] = palm
    columns[:, 5] = cloth
    columns[:, 7:10] = (-5, 9, -1)
    columns[:, 10:13] = (_FAR_M, -9, -9)
    return Surface(columns)


def hand_surface(mesh: SkinnedMesh) -> Surface:
    """Find creases, nails, the palm's own axes, and where blood shows through."""
    columns = plain_surface(mesh.vertices).columns
    columns[:, 3:7] = mesh.materials
    columns[:, 14] = mesh.hand
    keypoints = mesh.joints[mesh.keypoint_joints] + mesh.keypoint_offsets
    weights = np.zeros((len(mesh.vertices), len(mesh.joints)), np.float32)
    np.add.at(weights, (np.arange(len(weights))[:, None], mesh.bones), mesh.weights)
    own_nails = bool(mesh.materials[:, 1].max() > 0)
    for number, finger in enumerate(mesh.fingers):
        chain = keypoints[1 + 4 * number : 5 + 4 * number]
        mine = weights[:, list(finger.bones)].sum(1) > 0.3
        flesh = mesh.vertices[mine]
        columns[mine, 10] = _creases(flesh, chain, thumb=number == 0)
        distal = weights[:, finger.bones[2]] > 0.3
        if not own_nails:
            columns[distal, 7:10] = _nail(
                mesh.vertices[distal], mesh.normals[distal], chain, finger.flexion[2]
            )
    wrist, index, middle, pinky = keypoints[[0, 5, 9, 17]]
    along, across = middle - wrist, index - pinky
    columns[:, 11] = (mesh.vertices - pinky) @ across / (across @ across)
    columns[:, 12] = (mesh.vertices - wrist) @ along / (along @ along)
    columns[:, 13] = _warmth(mesh.vertices, keypoints)
    return Surface(columns)


def _creases(flesh: Floats, chain: Floats, *, thumb: bool) -> Floats:
    """Signed distance in metres, along the finger, from the nearest crease."""
    steps = np.diff(chain, axis=0)
    directions = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    root = chain[1] if thumb else chain[0] + 0.45 * steps[0]  # the web lies beyond the knuckle
    places = (root, chain[1], chain[2])
    ways = (directions[0], directions[0] + directions[1], directions[1] + directions[2])
    nearest = np.full(len(flesh), _FAR_M, np.float32)
    for place, way in zip(places, ways, strict=True):
        distance = (flesh - place) @ (way / np.linalg.norm(way))
        nearest = np.where(np.abs(distance) < np.abs(nearest), distance, nearest)
    return np.asarray(nearest, np.float32)


def _nail(flesh: Floats, normals: Floats, chain: Floats, flexion: Floats) -> Floats:
    """Along the nail 0..1, across it -1..1, and how much the surface looks to the back."""
    bone = chain[3] - chain[2]
    length = float(np.linalg.norm(bone)) + 0.006
    along = bone / np.linalg.norm(bone)
    side = flexion - along * (flexion @ along)
    side = side / np.linalg.norm(side)
    from_joint = flesh - chain[2]
    reach = from_joint @ along / length
    across = from_joint @ side
    outer = reach > 0.4
    half = float(np.abs(across[outer]).max()) if outer.any() else 0.008
    back = normals @ np.cross(along, side)
    return np.stack([(reach - 0.44) / 0.5, across / (0.74 * half), back], 1).astype(np.float32)


def _warmth(vertices: Floats, keypoints: Floats) -> Floats:
    tips, knuckles = keypoints[4::4], keypoints[[2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19]]
    from_tips = np.linalg.norm(vertices[:, None] - tips, axis=2).min(1)
    from_knuckles = np.linalg.norm(vertices[:, None] - knuckles, axis=2).min(1)
    warm = np.exp(-((from_tips / 0.011) ** 2)) + 0.6 * np.exp(-((from_knuckles / 0.012) ** 2))
    return np.asarray(np.clip(warm, 0, 1), np.float32)
