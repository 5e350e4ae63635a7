"""Hands in each other's company: alone, holding something, shaking hands, one over another."""

from dataclasses import replace
from typing import Literal

import numpy as np

from firsthand.train.hands.synthetic.hand_model import HandModel, hand_model, moved, owned
from firsthand.train.hands.synthetic.looks import random_skin, random_stuff
from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.named_poses import named_pose, random_pose
from firsthand.train.hands.synthetic.people import People
from firsthand.train.hands.synthetic.poses import HandPose, blended, jittered, random_wrist
from firsthand.train.hands.synthetic.renderer import Part
from firsthand.train.hands.synthetic.skinning import turn
from firsthand.train.hands.synthetic.solids import Solid, ball, box, cylinder
from firsthand.train.hands.synthetic.surface import plain_surface
from firsthand.train.hands.synthetic.viewpoints import random_view

Pair = Literal["handshake", "clasp", "overlap"]

_X, _Y, _Z = np.eye(3, dtype=np.float32)


def alone(rng: np.random.Generator, who: People) -> tuple[HandModel, ...]:
    """Draw one hand, holding something now and then."""
    right = bool(rng.random() < 0.5)
    if rng.random() < 0.16:
        return (_holding(rng, who, right=right),)
    return (hand_model(who.draw(rng), random_pose(rng), rng, right=right),)


def pair(kind: Pair, rng: np.random.Generator, who: People) -> tuple[HandModel, ...]:
    """Draw two hands that touch or cover one another."""
    if kind == "overlap":
        return _overlapping(rng, who)
    right = bool(rng.random() < 0.5)
    first_skin = random_skin(rng)
    apart = rng.uniform(0.038, 0.054)
    if kind == "handshake":
        pose = blended(named_pose("grip"), named_pose("edge"), float(rng.uniform(0.5, 0.9)))
        first = hand_model(who.draw(rng), _like(pose, rng), rng, right=right, skin=first_skin)
        second = hand_model(who.draw(rng), _like(pose, rng), rng, right=right)
        facing = turn(_Z, float(rng.normal(0, 0.3))) @ np.diag([1, -1, -1]).astype(np.float32)
        by = np.array([rng.normal(0.0, 0.008), rng.normal(0.015, 0.012), apart], np.float32)
    else:
        bent = named_pose("bent") if rng.random() < 0.5 else named_pose("stop")
        pose = blended(named_pose("stop"), bent, float(rng.uniform(0, 0.8)))
        mesh = who.draw(rng)
        first = hand_model(mesh, _like(pose, rng), rng, right=right, skin=first_skin)
        second = hand_model(mesh, _like(pose, rng), rng, right=not right, skin=first_skin)
        facing = turn(_Z, float(rng.normal(0, 0.15))) @ np.diag([-1, 1, -1]).astype(np.float32)
        shift = rng.normal(0, 0.008, 2)
        by = np.array([shift[0], shift[1] - 0.02 * rng.random(), apart], np.float32)
    return first, owned(moved(second, facing, by), 2)


def in_front(rng: np.random.Generator, hand: HandModel) -> Part:
    """Draw a thing between the camera and some part of a placed hand."""
    solid, _ = _thing(rng)
    target = hand.keypoints[int(rng.integers(21))]
    nearer = rng.uniform(0.6, 0.93)
    span = float(np.linalg.norm(np.ptp(hand.keypoints, axis=0)))
    size = float(np.abs(solid.vertices).max()) * 2
    scale = span * rng.uniform(0.25, 0.9) * nearer / size
    turned = random_view(rng, upright=0)
    away = np.append(rng.normal(0, 0.12, 2) * span, 0)
    return _placed(solid, turned * np.float32(scale), (target + away) * nearer, rng)


def clutter(rng: np.random.Generator) -> Part:
    """Draw a thing of the size of a hand or a head, at the origin."""
    solid, _ = _thing(rng)
    part = _placed(solid, random_view(rng, upright=0), np.zeros(3, np.float32), rng)
    if rng.random() < 0.35:
        head = ball(float(rng.uniform(0.05, 0.1)), float(rng.uniform(1.0, 1.4)))
        part = _placed(head, random_view(rng), np.zeros(3, np.float32), rng)
        part = replace(part, look=random_skin(rng))
    return part


def _holding(rng: np.random.Generator, who: People, *, right: bool) -> HandModel:
    solid, kind = _thing(rng)
    if kind == "pen":
        hand = hand_model(who.draw(rng), _like(named_pose("pen"), rng), rng, right=right)
        tips, web = hand.keypoints[[4, 8]].mean(0), hand.keypoints[[2, 5]].mean(0)
        way = web - tips
        turned = _y_along(way / np.linalg.norm(way))
        return _with(hand, _placed(solid, turned, tips + way * rng.uniform(0.1, 0.8), rng))
    radius = float(np.ptp(solid.vertices[:, 2])) / 2
    grip = np.clip(1.2 - radius / 0.05, 0, 1)
    closed = blended(named_pose("grip"), named_pose("fist beside"), float(grip * 0.6))
    if kind == "card":
        closed = blended(named_pose("grip"), named_pose("flat"), float(rng.uniform(0.2, 0.7)))
    hand = hand_model(who.draw(rng), _like(closed, rng), rng, right=right)
    across = turn(_Z, float(rng.normal(0, 0.35)))
    if kind == "bar":
        across = across @ _y_along(_X)
    middle = np.array([0, rng.uniform(0.005, 0.035), radius + 0.016])
    return _with(hand, _placed(solid, across, middle, rng))


def _overlapping(rng: np.random.Generator, who: People) -> tuple[HandModel, ...]:
    same = rng.random() < 0.6
    skin = random_skin(rng)
    right = bool(rng.random() < 0.5)
    first = hand_model(who.draw(rng), random_pose(rng), rng, right=right, skin=skin)
    second = hand_model(
        who.draw(rng),
        random_pose(rng),
        rng,
        right=not right if same else bool(rng.random() < 0.5),
        skin=skin if same else None,
    )
    toward = turn(_X, float(rng.normal(0, 0.4))) @ turn(_Z, float(rng.uniform(-np.pi, np.pi)))
    if rng.random() < 0.5:
        toward = toward @ np.diag([-1, 1, -1]).astype(np.float32)
    by = np.append(rng.normal(0, 0.045, 2), rng.choice([-1, 1]) * rng.uniform(0.03, 0.07))
    return first, owned(moved(second, toward, by.astype(np.float32)), 2)


def _thing(rng: np.random.Generator) -> tuple[Solid, str]:
    kind = rng.random()
    if kind < 0.2:
        return cylinder(rng.uniform(0.0035, 0.006), rng.uniform(0.11, 0.16)), "pen"
    if kind < 0.55:
        taper = rng.uniform(0.8, 1.25)
        return cylinder(rng.uniform(0.012, 0.04), rng.uniform(0.09, 0.24), taper), "bar"
    if kind < 0.75:
        return ball(rng.uniform(0.02, 0.045), rng.uniform(0.8, 1.4)), "ball"
    size = rng.uniform(0.8, 1.2)
    return box(0.072 * size, 0.148 * size, rng.uniform(0.004, 0.02)), "card"


def _placed(solid: Solid, turned: Floats, by: Floats, rng: np.random.Generator) -> Part:
    return Part(
        np.asarray(solid.vertices @ turned.T + by, np.float32),
        np.asarray(solid.normals @ turned.T, np.float32),
        solid.triangles,
        plain_surface(solid.rest),
        random_stuff(rng, cloth=False),
    )


def _with(hand: HandModel, part: Part) -> HandModel:
    return replace(hand, parts=(*hand.parts, part))


def _like(pose: HandPose, rng: np.random.Generator) -> HandPose:
    pose = HandPose(pose.flexion, pose.abduction, pose.opposition, random_wrist(rng) * 0.5)
    return jittered(pose, rng, 4.5)


def _y_along(way: Floats) -> Floats:
    """Return a rotation (3, 3) that takes +y to a unit vector."""
    other = _X if abs(float(way[0])) < 0.8 else _Z
    x = other - way * (other @ way)
    x = x / np.linalg.norm(x)
    return np.stack([x, way, np.cross(x, way)], 1).astype(np.float32)
