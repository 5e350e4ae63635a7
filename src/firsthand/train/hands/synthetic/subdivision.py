"""Catmull-Clark subdivision as a plan that any values on the vertices can be put through.

Catmull and Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes" (1978).
One step of it is linear in the vertices, so morph targets and skin weights are refined by the very
plan that refines the positions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.mesh import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """One step for one arrangement of quads.

    The refined vertices are the old ones, then one for each edge, then one for each face.

    - `quads` int32 (4 * f, 4): the refined faces. `count`: how many refined vertices there are.
    - The rest is the plan's own: ends and faces of each edge, faces and edges of each vertex.
    """

    quads: Ints
    count: int
    coarse: Ints
    edges: Ints
    edge_faces: Ints
    corner_order: NDArray[np.int64]
    corner_starts: NDArray[np.int64]
    end_order: NDArray[np.int64]
    end_starts: NDArray[np.int64]
    valence: Ints
    on_border: NDArray[np.bool_]


def plan(quads: Ints, count: int) -> Refinement:
    """Plan a step for `quads` int32 (f, 4) over `count` vertices, each of them used."""
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1)
    edges, edge_of = np.unique(np.sort(sides.reshape(-1, 2), axis=1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(-1, 4)
    faces = np.repeat(np.arange(len(quads)), 4)
    edge_faces = np.full((len(edges), 2), -1, np.int64)
    edge_faces[edge_of.ravel(), 0] = faces  # the last face of each edge, then the first one
    edge_faces[edge_of.ravel()[::-1], 1] = faces[::-1]
    border = edge_faces[:, 0] == edge_faces[:, 1]
    on_border = np.zeros(count, np.bool_)
    on_border[edges[border].ravel()] = True
    corner_order, corner_starts = _groups(quads.ravel(), count)
    end_order, end_starts = _groups(edges.ravel(), count)
    e, f = count + edge_of, count + len(edges) + np.arange(len(quads))[:, None]
    corners = np.arange(4)
    refined = np.stack(
        [quads, e, np.broadcast_to(f, quads.shape), e[:, corners - 1]],
        axis=-1,
    ).reshape(-1, 4)
    return Refinement(
        quads=refined.astype(np.int32),
        count=count + len(edges) + len(quads),
        coarse=quads,
        edges=edges.astype(np.int32),
        edge_faces=edge_faces.astype(np.int32),
        corner_order=corner_order,
        corner_starts=corner_starts,
        end_order=end_order,
        end_starts=end_starts,
        valence=np.bincount(edges.ravel(), minlength=count).astype(np.int32),
        on_border=on_border,
    )


def refine(step: Refinement, values: Floats) -> Floats:
    """Put float32 (v, c) values of the vertices through a step: float32 (count, c).

    Border edges are halved and border vertices stay where they are.
    """
    faces = values[step.coarse].mean(axis=1)
    halves = values[step.edges].mean(axis=1)
    inner = (step.edge_faces[:, 0] != step.edge_faces[:, 1])[:, None]
    edges = np.where(inner, (halves + faces[step.edge_faces].mean(axis=1)) / 2, halves)
    n = step.valence[:, None].astype(np.float32)
    # A border vertex has fewer faces than edges; its sums are thrown away below.
    face_mean = np.add.reduceat(faces[step.corner_order // 4], step.corner_starts) / n
    half_mean = np.add.reduceat(halves[step.end_order // 2], step.end_starts) / n
    vertices = (face_mean + 2 * half_mean + (n - 3) * values) / n
    vertices[step.on_border] = values[step.on_border]
    return np.concatenate([vertices, edges, faces]).astype(np.float32)


def refine_corners(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Texture coordinates (f, 4, 2) of faces' corners to those of the refined: (4 * f, 4, 2)."""
    halves = (corners + np.roll(corners, -1, axis=1)) / 2
    middle = np.broadcast_to(corners.mean(axis=1, keepdims=True), corners.shape)
    return np.stack([corners, halves, middle, np.roll(halves, 1, axis=1)], axis=2).reshape(-1, 4, 2)


def _groups(of: Ints, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(of, kind="stable")
    return order, np.searchsorted(of[order], np.arange(count))
