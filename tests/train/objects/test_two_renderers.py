"""Hands and objects drawn in turns by one process, each in an OpenGL context of its own."""

import numpy as np
from made_meshes import FLOOR, LIGHT, block, renderer_or_skip, sight, standing

from firsthand.train.hands.synthetic.camera import Camera
from firsthand.train.hands.synthetic.looks import random_stuff
from firsthand.train.hands.synthetic.renderer import Light, Part, Renderer
from firsthand.train.hands.synthetic.solids import ball
from firsthand.train.hands.synthetic.surface import plain_surface
from firsthand.train.objects.renderer import Thing


def test_each_draws_the_same_after_the_other_has_drawn():
    objects, hands = renderer_or_skip(), Renderer()
    solid = ball(0.05)
    look = random_stuff(np.random.default_rng(0), cloth=False)
    at = solid.vertices + np.array([0, 0, 0.6], np.float32)
    part = Part(at, solid.normals, solid.triangles, plain_surface(solid.rest), look)
    up = np.array([0, -1, 0], np.float32)
    grey = np.full((4, 3), 0.3, np.float32)
    light = Light(up, np.ones(3, np.float32), grey, up, 0.01, np.ones(3, np.float32))
    thing = Thing(block(), standing(block(), 0.2, -0.1, 0.0))

    def hand() -> np.ndarray:
        drawn, _ = hands.draw([part], Camera(300.0, 70.0, 50.0, 128, 96), light, 0, smooth=False)
        return drawn[:, :, 3]

    def all_three() -> tuple[np.ndarray, ...]:
        return (
            *(hand(), objects.draw([thing], sight(), LIGHT, [FLOOR]).front[:, :, 3]),
            *(hand(), objects.picture([thing], sight(), LIGHT).max(axis=2)),
        )

    first = all_three()
    assert all(0.02 < (each > 0).mean() < 0.9 for each in first)
    for before, after in zip(first, all_three(), strict=True):
        assert np.array_equal(before, after)
