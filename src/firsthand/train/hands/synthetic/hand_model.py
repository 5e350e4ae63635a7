"""One hand with its arm, clothes and jewellery, standing upright at the origin."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from firsthand.train.hands.synthetic.limbs import Wrist, dressed_arm
from firsthand.train.hands.synthetic.looks import random_skin
from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.people import Person
from firsthand.train.hands.synthetic.poses import HandPose
from firsthand.train.hands.synthetic.renderer import Look, Part
from firsthand.train.hands.synthetic.skinning import posed

_MIRROR: Final = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class HandModel:
    """Parts and keypoints (21, 3), metres.

    The middle of the palm is the origin, the fingers point along +y, the palm looks along +z; the
    thumb of a right hand is at +x, of a left one at -x.
    """

    parts: tuple[Part, ...]
    keypoints: Floats
    right: bool
    skin: Look


def hand_model(
    person: Person,
    pose: HandPose,
    rng: np.random.Generator,
    *,
    right: bool,
    skin: Look | None = None,
    owner: int = 1,
) -> HandModel:
    """Pose a person's hand and dress it."""
    skin = skin or random_skin(rng)
    mesh = person.mesh
    hand = posed(mesh, pose)
    axes = upright(hand.keypoints).T * (1 if right else _MIRROR)
    origin = hand.keypoints[[0, 5, 9, 13, 17]].mean(0)
    keypoints = (hand.keypoints - origin) @ axes
    flesh = Part(
        (hand.vertices - origin) @ axes,
        hand.normals @ axes,
        mesh.triangles if right else mesh.triangles[:, ::-1],
        person.surface,
        skin,
        owner,
    )
    wrist = Wrist(keypoints, flesh, pose.wrist, right=right, armed=not mesh.hand.all())
    return HandModel((flesh, *dressed_arm(wrist, rng)), keypoints, right, skin)


def upright(keypoints: Floats) -> Floats:
    """Rows (3, 3) of a right hand's axes: to the thumb's side, to the fingers, out of the palm."""
    wrist, index, middle, pinky = keypoints[[0, 5, 9, 17]]
    along = (middle - wrist) / np.linalg.norm(middle - wrist)
    across = index - pinky
    across = across - along * (across @ along)
    across = across / np.linalg.norm(across)
    return np.stack([across, along, np.cross(across, along)]).astype(np.float32)


def moved(model: HandModel, turned: Floats, by: Floats) -> HandModel:
    """Rotate by a matrix (3, 3), then shift by (3,)."""
    parts = tuple(
        replace(
            part,
            vertices=np.asarray(part.vertices @ turned.T + by, np.float32),
            normals=np.asarray(part.normals @ turned.T, np.float32),
        )
        for part in model.parts
    )
    return replace(
        model, parts=parts, keypoints=np.asarray(model.keypoints @ turned.T + by, np.float32)
    )


def owned(model: HandModel, owner: int) -> HandModel:
    """Give a hand another number."""
    parts = tuple(replace(part, owner=owner if part.owner else 0) for part in model.parts)
    return replace(model, parts=parts)
