"""Sleeves: a second skin over an arm, some way off the first, from a hem upwards."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firsthand.train.hands.synthetic.makehuman_piece import triangulated
from firsthand.train.hands.synthetic.mesh import Floats, Ints, SkinnedMesh

_UNDER = 0.12  # how far skin goes on under a sleeve, in the units of `along`
_CLOTHING = 2


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A sleeve's cut.

    - `hem`: where it begins, along the arm: 0 at the wrist, 1 at the elbow, 2 at the shoulder.
    - `ease_m`: how far the cloth is off the skin; `flare_m`: by how much more at the hem.
    - `folds_m`: how deep its folds are. `folds`: how many along half of the arm; `turn`: their
      phase in radians.
    """

    hem: float
    ease_m: float
    flare_m: float
    folds_m: float
    folds: float
    turn: float


def draw_sleeve(rng: np.random.Generator) -> Sleeve | None:
    """Draw a sleeve, long, half or short; None, for a bare arm, four times of ten."""
    if rng.random() < 0.4:
        return None
    hem = (rng.uniform(0.02, 0.2), rng.uniform(0.2, 1.0), rng.uniform(1.15, 1.5))
    loose = rng.random() < 0.6
    return Sleeve(
        hem=float(hem[rng.choice(3, p=[0.55, 0.25, 0.2])]),
        ease_m=float(rng.uniform(0.004, 0.014) if loose else rng.uniform(0.0015, 0.004)),
        flare_m=float(rng.uniform(0.0, 0.012) if loose else 0.0),
        folds_m=float(rng.uniform(0.0, 0.004) if loose else rng.uniform(0.0, 0.001)),
        folds=float(rng.uniform(4, 14)),
        turn=float(rng.uniform(0, 2 * np.pi)),
    )


def sleeved(
    mesh: SkinnedMesh, quads: Ints, along: Floats, axes: tuple[Floats, Floats], sleeve: Sleeve
) -> SkinnedMesh:
    """Put a sleeve on an arm.

    Args:
        mesh: an arm; its vertices past those of `quads` close it.
        quads: int32 (f, 4) of its skin.
        along: float32 (v,): how far along the arm each vertex of the skin is, as `Sleeve.hem`.
        axes: vectors from the wrist to the elbow and from there to the shoulder, in metres.
        sleeve: its cut.

    Returns:
        The arm, closed with cloth; skin that nobody can see has no triangles any more.
    """
    covered = quads[(along > sleeve.hem)[quads].all(axis=1)]
    if not len(covered):
        return mesh
    used, numbers = np.unique(covered, return_inverse=True)
    local: Ints = numbers.reshape(-1, 4).astype(np.int32)
    at, skin, out = along[used], mesh.vertices[used], mesh.normals[used]
    border = border_sides(local)
    lower = at[border].max(axis=1) < 0.5 * (sleeve.hem + float(at.max()))
    hem, upper = border[lower], border[~lower]
    rim = np.unique(hem)
    axis = np.where(at[rim, None] < 1, axes[0], axes[1])
    cloth = skin + out * _off(sleeve, at, skin)[:, None]
    cloth[rim] -= (at[rim] - sleeve.hem)[:, None] * axis
    inner = skin[rim] - (at[rim] - sleeve.hem - 0.02)[:, None] * axis
    top = cloth[np.unique(upper)].mean(axis=0, keepdims=True)
    of_inner = np.zeros(len(used), np.int32)
    of_inner[rim] = len(used) + np.arange(len(rim))
    close = len(used) + len(rim)
    wall = np.stack([hem[:, 1], hem[:, 0], of_inner[hem[:, 0]], of_inner[hem[:, 1]]], axis=1)
    fan = np.stack([upper[:, 1], upper[:, 0], np.full(len(upper), close)], axis=1)
    shell = np.concatenate([triangulated(np.concatenate([local, wall])), fan])
    source = np.concatenate([used, used[rim], used[np.unique(upper)[:1]]])
    bare = np.append(along, np.full(len(mesh.vertices) - len(along), np.inf))
    shown = mesh.triangles[(bare <= sleeve.hem + _UNDER)[mesh.triangles].any(axis=1)]
    materials = np.zeros((len(source), mesh.materials.shape[1]), np.float32)
    materials[:, _CLOTHING] = 1
    seen, numbers = np.unique(shown, return_inverse=True)
    source = np.concatenate([seen, source])
    return replace(
        mesh,
        vertices=np.concatenate([mesh.vertices[seen], cloth, inner, top]).astype(np.float32),
        normals=mesh.normals[source],
        triangles=np.concatenate([numbers.reshape(-1, 3), shell + len(seen)]).astype(np.int32),
        bones=mesh.bones[source],
        weights=mesh.weights[source],
        materials=np.concatenate([mesh.materials[seen], materials]),
        hand=np.concatenate([mesh.hand[seen], np.zeros(len(materials), np.bool_)]),
    )


def border_sides(quads: Ints) -> Ints:
    """Sides int32 (n, 2) that only one quad has, in its direction."""
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
    low, high = sides.min(axis=1).astype(np.int64), sides.max(axis=1)
    _, first, count = np.unique((low << 32) | high, return_index=True, return_counts=True)
    return np.asarray(sides[first[count == 1]], np.int32)


def _off(sleeve: Sleeve, along: Floats, skin: Floats) -> NDArray[np.float32]:
    flare = sleeve.flare_m * np.exp(-(((along - sleeve.hem) / 0.15) ** 2))
    slant = 30.0 * (skin @ np.array([0.6, 0.3, 0.7], np.float32))
    wave = np.sin(2 * np.pi * sleeve.folds * along + slant + sleeve.turn)
    wave += 0.6 * np.sin(3.7 * np.pi * sleeve.folds * along - 1.7 * slant + 2 * sleeve.turn)
    folds = sleeve.folds_m * (0.5 + 0.3 * wave)
    return np.asarray(sleeve.ease_m + flare + folds, np.float32)
