"""A skinned mesh with a hand in it, whatever file it came from.

Linear blend skinning (Lewis, Cordner, Fong 2000). Lengths are metres. Meshes hold a *right* hand;
a left one is its mirror image (`mirrored`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Finger:
    """One finger as a chain of three bones, and how they turn.

    - `bones` (3,): indices of joints, from the one nearest the palm outwards. For the thumb they
      are metacarpal, proximal and distal; for the others proximal, middle and distal.
    - `flexion` float32 (3, 3): for each bone the unit axis, in the rest pose's coordinates, about
      which a positive angle (right-hand rule) bends the finger towards the palm.
    - `abduction` float32 (3,): the axis at the first bone about which a positive angle moves the
      finger towards the thumb's side.
    """

    bones: tuple[int, int, int]
    flexion: Floats
    abduction: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SkinnedMesh:
    """Vertices, triangles and the skeleton that moves them, in the rest pose.

    - `vertices` float32 (v, 3), `normals` float32 (v, 3), `triangles` int32 (t, 3), front faces
      counter-clockwise.
    - `joints` float32 (j, 3): rest positions. `parents` int32 (j,): each less than its index,
      -1 at the root. A bone turns about its joint.
    - `bones` int32 (v, 4) and `weights` float32 (v, 4): of each vertex, weights sum to 1.
    - `keypoint_joints` int32 (21,) and `keypoint_offsets` float32 (21, 3): keypoint k is the point
      `joints[keypoint_joints[k]] + keypoint_offsets[k]`, moving with that joint's bone. Order and
      places as `firsthand.hands.JOINTS`; tips lie inside the fingertip's flesh.
    - `fingers`: thumb, index, middle, ring, pinky.
    - `materials` float32 (v, 4), each 0..1: skin of the palm side, nail, clothing, and the
      rest as its owner likes.
    - `hand` bool (v,): vertices that belong to the hand, from the wrist to the fingertips.
    """

    name: str
    vertices: Floats
    normals: Floats
    triangles: Ints
    joints: Floats
    parents: Ints
    bones: Ints
    weights: Floats
    keypoint_joints: Ints
    keypoint_offsets: Floats
    fingers: tuple[Finger, Finger, Finger, Finger, Finger]
    materials: Floats
    hand: NDArray[np.bool_]
