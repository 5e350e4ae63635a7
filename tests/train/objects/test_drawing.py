"""Things drawn into a scene: where the camera sees them, lit, shadowed and hidden as they must."""

import cv2
import numpy as np
import pytest
from made_meshes import FLOOR, LIGHT, block, renderer_or_skip, sight, standing

from firsthand.objects.session import Light, Plane
from firsthand.train.objects.renderer import Sight, Thing

GREY = np.full((72, 96, 3), 160, np.uint8)


def silhouette(thing: Thing, view: Sight) -> np.ndarray:
    """What the camera's own projection says that a box covers."""
    into = np.linalg.inv(view.pose)
    corners = thing.box.corners @ into[:3, :3].T + into[:3, 3]
    pixels = view.camera.project(corners)
    mask = np.zeros((view.height, view.width), np.uint8)
    hull = cv2.convexHull(pixels.astype(np.float32)) - 0.5
    cv2.fillConvexPoly(mask, np.rint(hull * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    return mask > 0


@pytest.mark.parametrize("around", [0.0, 0.7, 2.0])
def test_a_thing_is_drawn_where_its_box_is_seen(around):
    renderer = renderer_or_skip()
    view = sight(width=384, height=288)
    thing = Thing(block(), standing(block(), 0.2, -0.1, around))
    drawn = renderer.draw([thing], view, LIGHT, [FLOOR])
    wanted = silhouette(thing, view)
    found = drawn.owners == 1
    assert (found & wanted).sum() / (found | wanted).sum() > 0.95
    assert drawn.seen == (1.0,)
    cover = drawn.front[:, :, 3] > 127
    assert (cover & wanted).sum() / (cover | wanted).sum() > 0.95


def test_a_nearer_thing_hides_a_farther_one_unless_occlusion_is_left_out():
    renderer = renderer_or_skip()
    view = sight()
    near = Thing(block(colour=(1, 0, 0)), standing(block(), 0, 0.5))
    far = Thing(block(colour=(0, 1, 0)), standing(block(), 0, -0.5))
    solid = renderer.draw([near, far], view, LIGHT, [FLOOR])
    assert solid.seen[0] == 1.0
    assert 0 < solid.seen[1] < 0.7
    flat = renderer.draw([near, far], view, LIGHT, [FLOOR], frozenset({"occlusion"}))
    assert flat.seen[1] == 1.0
    assert flat.seen[0] < 1.0


def test_planes_hide_what_lies_behind_them():
    renderer = renderer_or_skip()
    view = sight()
    thing = Thing(block(), standing(block(), 0, -0.3))
    pose = np.eye(4)
    pose[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]  # y points to +z
    pose[2, 3] = 0.5
    screen = Plane("screen", pose, np.array([[-2.0, -0.8], [2, -0.8], [2, 0.8], [-2, 0.8]]))
    hidden = renderer.draw([thing], view, LIGHT, [FLOOR, screen])
    assert 0.2 < hidden.seen[0] < 0.6
    without = frozenset({"occlusion"})
    assert renderer.draw([thing], view, LIGHT, [FLOOR, screen], without).seen == (1.0,)


def test_a_shadow_falls_away_from_the_sun_and_only_on_planes():
    renderer = renderer_or_skip()
    view = sight((0.0, 3.0, 0.01), (0.0, 0.0, 0.0))
    thing = Thing(block(), standing(block()))
    light = Light((0.3, 0.3, 0.3), (0.7, 0.7, 0.7), (1.0, 1.0, 0.0))  # from +x
    drawn = renderer.draw([thing], view, light, [FLOOR])
    dark = (drawn.factor[:, :, 0] < 200) & (drawn.owners == 0)
    columns = np.nonzero(dark)[1]
    right = view.pose[:3, 0] @ np.array([1.0, 0, 0])
    assert dark.sum() > 50
    assert np.sign(columns.mean() - 48) == -np.sign(right)
    assert (renderer.draw([thing], view, light, []).factor == 255).all()
    without = frozenset({"shadow"})
    assert (renderer.draw([thing], view, light, [FLOOR], without).factor == 255).all()


def test_a_shadow_keeps_the_sky_s_share_of_the_light():
    renderer = renderer_or_skip()
    view = sight((0.0, 3.0, 0.01), (0.0, 0.0, 0.0))
    thing = Thing(block((0.1, 0.1, 0.1)), standing(block((1.0, 3.0, 1.0)), 1.2, 0.0))
    light = Light((0.25, 0.25, 0.25), (0.75, 0.75, 0.75), (1.0, 1.0, 0.0))
    drawn = renderer.draw([thing], view, light, [FLOOR])
    darkest = float(np.percentile(drawn.factor[drawn.owners == 0], 0.05)) / 255
    straight = np.sqrt(0.5)
    assert darkest == pytest.approx((0.25 / (0.25 + 0.75 * straight)) ** (1 / 2.2), abs=0.12)


def test_more_light_makes_brighter_and_light_left_out_makes_even():
    renderer = renderer_or_skip()
    view = sight()
    thing = Thing(block(colour=(0.6, 0.6, 0.6)), standing(block(), around=0.6))

    def shades(light, without=frozenset()):
        drawn = renderer.draw([thing], view, light, [], without)
        return drawn.front[(drawn.owners == 1) & (drawn.front[:, :, 3] == 255)][:, 0]

    dim = Light((0.2, 0.2, 0.2), (0.1, 0.1, 0.1), (0.8, 1.0, 0.3))
    lit = Light((0.4, 0.4, 0.4), (0.6, 0.6, 0.6), (0.8, 1.0, 0.3))
    assert shades(lit).mean() > shades(dim).mean() + 30
    assert shades(lit).std() > 10
    even = shades(lit, frozenset({"light"}))
    assert even.std() < 1
    assert even.mean() == pytest.approx(0.6 * 255, abs=2)


def test_a_thing_over_a_picture_leaves_the_rest_as_it_is():
    renderer = renderer_or_skip()
    thing = Thing(block(), standing(block()))
    drawn = renderer.draw([thing], sight(), None, [])
    over = drawn.over(GREY)
    outside = drawn.front[:, :, 3] == 0
    assert (over[outside] == GREY[outside]).all()
    assert (over[~outside] != 160).any()


def test_nothing_drawn_is_the_picture():
    drawn = renderer_or_skip().draw([], sight(), LIGHT, [FLOOR])
    assert (drawn.over(GREY) == GREY).all()
    assert drawn.seen == ()


def test_the_same_is_drawn_again():
    renderer = renderer_or_skip()
    thing = Thing(block(), standing(block(), 0.3), 1.1)
    first, second = (renderer.draw([thing], sight(), LIGHT, [FLOOR]) for _ in range(2))
    assert (first.front == second.front).all()
    assert (first.factor == second.factor).all()


def test_no_more_things_than_can_be_told_apart():
    thing = Thing(block(), standing(block()))
    with pytest.raises(ValueError, match="254"):
        renderer_or_skip().draw([thing] * 255, sight(), LIGHT, [])
