from dataclasses import replace

import numpy as np
import pytest

from firsthand.errors import MissingDependencyError
from firsthand.train.hands.synthetic.camera import Camera
from firsthand.train.hands.synthetic.looks import random_stuff
from firsthand.train.hands.synthetic.renderer import Light, Look, Part, Renderer
from firsthand.train.hands.synthetic.solids import Solid, ball, box, cylinder
from firsthand.train.hands.synthetic.surface import plain_surface
from firsthand.train.synthetic import context

from .gl import renderer_or_skip

CAMERA = Camera(300.0, 70.0, 50.0, 128, 96)
LIGHT = Light(
    np.array([0, 0, -1], np.float32),
    np.ones(3, np.float32),
    np.concatenate([np.full((1, 3), 0.4), np.zeros((3, 3))]).astype(np.float32),
    np.array([0, -1, 0], np.float32),
    0.01,
    np.ones(3, np.float32),
)


def part(solid: Solid, at: tuple[float, float, float], owner: int = 0) -> Part:
    surface = plain_surface(solid.rest)
    surface.columns[:, 14] = owner > 0
    look = random_stuff(np.random.default_rng(0), cloth=False)
    return Part(
        solid.vertices + np.array(at, np.float32),
        solid.normals,
        solid.triangles,
        surface,
        look,
        owner,
    )


def test_clip_space_is_the_pinhole_s_picture() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 3)).astype(np.float32)
    points[:, 2] = np.abs(points[:, 2]) + 0.05
    clip = np.concatenate([points, np.ones((200, 1))], 1) @ CAMERA.matrix().T
    flat = (clip[:, :2] / clip[:, 3:] + 1) / 2 * (CAMERA.width, CAMERA.height)
    assert np.allclose(flat, CAMERA.project(points), atol=1e-2)
    deep = clip[:, 2] / clip[:, 3]
    assert ((deep > -1) & (deep < 1)).all()
    assert np.array_equal(np.argsort(deep), np.argsort(points[:, 2]))


def test_a_cut_out_of_the_picture_is_the_picture_cut() -> None:
    points = np.array([[0.02, -0.01, 0.5], [-0.03, 0.02, 0.7]], np.float32)
    cut = CAMERA.cut(10, 20, 32, 64).project(points)
    assert np.allclose(cut, (CAMERA.project(points) - (10, 20)) * 2, atol=1e-3)


@pytest.mark.parametrize("smooth", [True, False])
def test_a_ball_is_drawn_where_the_camera_projects_it(smooth: bool) -> None:
    renderer = renderer_or_skip()
    middle, radius = (-0.02, 0.01, 0.6), 0.05
    drawn, _ = renderer.draw([part(ball(radius), middle)], CAMERA, LIGHT, 0, smooth=smooth)
    assert drawn.shape == (96, 128, 4)
    cover = drawn[:, :, 3] / 255
    rows, columns = np.mgrid[:96, :128] + 0.5
    x, y = (cover * columns).sum() / cover.sum(), (cover * rows).sum() / cover.sum()
    assert CAMERA.project(np.array(middle, np.float32)) == pytest.approx([x, y], abs=0.6)
    radius_px = CAMERA.focal_px * radius / np.sqrt(middle[2] ** 2 - radius**2)
    assert cover.sum() == pytest.approx(np.pi * radius_px**2, rel=0.04)
    assert (drawn[:, :, :3] <= drawn[:, :, 3:]).all()


def test_what_is_nearer_hides_what_is_farther() -> None:
    renderer = renderer_or_skip()
    near, far = part(box(0.05, 0.05, 0.05), (0, 0, 0.4)), part(ball(0.2), (0, 0, 1.5))
    alone, _ = renderer.draw([near], CAMERA, LIGHT, 0, smooth=False)
    for order in ([near, far], [far, near]):
        both, _ = renderer.draw(order, CAMERA, LIGHT, 0, smooth=False)
        row, column = 50, 70
        assert np.abs(both[row, column].astype(int) - alone[row, column]).max() < 60
        assert np.array_equal(both, renderer.draw(order, CAMERA, LIGHT, 0, smooth=False)[0])


def test_share_seen_counts_what_is_hidden_and_what_is_outside() -> None:
    renderer = renderer_or_skip()
    hand = part(box(0.1, 0.1, 0.001), (0, 0, 0.6), 1)

    def seen(*others: Part, camera: Camera = CAMERA) -> float:
        (share,) = renderer.draw([hand, *others], camera, LIGHT, 1, smooth=False)[1]
        return share

    assert seen() == pytest.approx(1, abs=0.01)
    behind = part(box(1, 1, 0.01), (0, 0, 1.0))
    assert seen(behind) == pytest.approx(1, abs=0.01)
    half = part(box(0.1, 0.2, 0.001), (0.05, 0, 0.599))
    assert seen(half) == pytest.approx(0.5, abs=0.04)
    assert seen(part(box(1, 1, 0.01), (0, 0, 0.3))) == 0
    outside = replace(CAMERA, x_px=0.0)
    assert seen(camera=outside) == pytest.approx(0.5, abs=0.04)
    assert seen(camera=replace(CAMERA, x_px=-500.0)) == 0


def test_a_shadow_falls_away_from_the_light() -> None:
    renderer = renderer_or_skip()
    way = np.array([-0.8, 0, -0.6], np.float32)
    wall = part(box(2, 2, 0.01), (0, 0, 1.0))
    white = Look("stuff", colour=(0.7, 0.7, 0.7), pattern=(0, 20, 0.0, 0.0))
    scene = [replace(wall, look=white), replace(part(ball(0.03), (0, 0, 0.9)), look=white)]
    drawn, _ = renderer.draw(scene, CAMERA, replace(LIGHT, way=way), 0, smooth=False)
    left, right = CAMERA.project(np.array([[-0.12, 0, 0.995], [0.12, 0, 0.995]], np.float32))
    row = int(left[1])
    darkest = drawn[row, :, 1].argmin()
    assert darkest > right[0] - 18
    assert drawn[row, int(left[0]), 1] > drawn[row, darkest, 1] + 15


def test_nothing_to_draw_is_clear() -> None:
    drawn, shares = renderer_or_skip().draw([], CAMERA, LIGHT, 0, smooth=True)
    assert not drawn.any()
    assert shares == ()


@pytest.mark.parametrize("solid", [ball(0.1, 1.3), cylinder(0.05, 0.2, 0.7), box(0.1, 0.2, 0.3)])
def test_solids_are_closed_and_look_outwards(solid: Solid) -> None:
    a, b, c = (solid.vertices[solid.triangles[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    large = np.linalg.norm(flat, axis=1) > 1e-7
    outwards = (flat * (a + b + c)).sum(1)[large]
    assert (outwards > 0).all()
    volume = (a * np.cross(b, c)).sum() / 6
    around = np.ptp(solid.vertices, axis=0).prod()
    assert 0.4 * around < volume <= 1.001 * around
    assert np.allclose(np.linalg.norm(solid.normals, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("error", [OSError("no libEGL.so.1"), ValueError("eglInitialize failed")])
def test_without_egl_the_debian_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    moderngl = pytest.importorskip("moderngl")

    def fails(**_: object) -> None:
        raise error

    monkeypatch.setattr(moderngl, "create_context", fails)
    with pytest.raises(MissingDependencyError, match="apt-get install libegl1 libgl1-mesa-dri"):
        Renderer()
    assert context.PACKAGES == "libegl1 libgl1-mesa-dri"
