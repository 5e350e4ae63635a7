"""What the single-stage network is to say, what its losses ask, and that it learns."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made_meshes import block, glb, renderer_or_skip

from firsthand.errors import ConfigError, InputError
from firsthand.geometry import Box, Camera
from firsthand.geometry.boxes import SIGNS
from firsthand.objects.single_stage import PLACES, STRIDE, TURNS, decoded
from firsthand.runtime import Model
from firsthand.train.export import check_export, to_tflite
from firsthand.train.loop import fit
from firsthand.train.making import Lessons
from firsthand.train.objects import recipe as recipes
from firsthand.train.objects.categories import own
from firsthand.train.objects.composing import Composed
from firsthand.train.objects.lessons import Lesson, Making, lesson_of, make_lessons, read_lessons
from firsthand.train.objects.network import FLOAT_PARTS, BoxNet, BoxShape
from firsthand.train.objects.recipe import BoxRecipe, train_objects
from firsthand.train.objects.targets import targets
from firsthand.train.objects.training import (
    BoxTask,
    heat_loss,
    of_turn,
    places_loss,
    stacked,
    turn_loss,
)
from firsthand.train.objects.views import view
from firsthand.train.quantise import fold_batch_norms, prepare
from firsthand.train.run import Run
from firsthand.train.schedule import Schedule

SIDE = 64
CELLS = SIDE // STRIDE
CAMERA = Camera(80.0, 80.0, 32.0, 32.0)
TINY = BoxShape((8, 8, 8, 16, 16), (1, 1, 1, 1), 2, 16)


def box(x=0.0, y=0.0, z=3.0) -> Box:
    cos, sin = np.cos(0.5), np.sin(0.5)
    turn = np.array([[cos, 0, sin], [0, -1, 0], [sin, 0, -cos]])
    return Box(np.array([x, y, z]), turn, np.array([0.5, 0.9, 0.6]))


def lesson(*boxes: Box, clear=None) -> Lesson:
    """A grey picture in which each box's silhouette is white."""
    places = np.array([CAMERA.project(np.vstack([b.middle, b.corners])) for b in boxes])
    image = np.full((SIDE, SIDE, 3), 60, np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for nine in places:
        low, high = np.clip(np.rint([nine.min(0), nine.max(0)]), 0, SIDE).astype(int)
        image[low[1] : high[1], low[0] : high[0]] = 220
        mask[low[1] : high[1], low[0] : high[0]] = 255
    asked = np.ones(len(boxes), np.bool_) if clear is None else np.array(clear)
    return Lesson(image, places.reshape(-1, 9, 2).astype(np.float32), asked, mask)


@given(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7))
@settings(max_examples=30)
def test_what_is_to_be_said_is_decoded_to_what_is_there(x, y):
    one = lesson(box(x, y))
    wanted = targets(one)
    logits = np.log(np.clip(wanted.heat, 1e-4, 1 - 1e-4) / (1 - np.clip(wanted.heat, 1e-4, 0.9999)))
    turns = np.eye(TURNS, dtype=np.float32)[wanted.turns]
    places = (turns[..., None] * wanted.places[:, :, None] / 32).reshape(CELLS, CELLS, -1)
    ((nine, score),) = decoded(logits, places, turns, 0.9)
    np.testing.assert_allclose(nine, one.places[0], atol=1e-3)
    assert score > 0.99
    assert (wanted.heat == 1).sum() == 1


def test_larger_boxes_have_wider_hills():
    def four_times(one: Lesson) -> Lesson:
        large = np.zeros((4 * SIDE, 4 * SIDE, 3), np.uint8)
        return Lesson(large, 4 * one.places, one.clear, large[:, :, 0])

    near, far = (targets(four_times(lesson(box(z=z)))) for z in (1.5, 6.0))
    assert near.heat.sum() > far.heat.sum()
    assert near.sizes[near.weights > 0].min() > far.sizes[far.weights > 0].max()


def test_of_hidden_things_nothing_is_asked():
    wanted = targets(lesson(box(), clear=[False]))
    assert (wanted.heat <= 0).all()
    assert (wanted.heat == -1).any()
    assert (wanted.weights == 0).all()
    both = targets(lesson(box(), box(0.1, 0.05), clear=[True, False]))
    assert (both.heat == 1).sum() == 1


def test_a_middle_outside_is_no_target():
    assert (targets(lesson(box(x=3.0))).heat == 0).all()


def test_an_empty_picture_has_targets():
    wanted = targets(lesson())
    assert not wanted.heat.any()
    assert not wanted.mask.any()


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_view_keeps_places_with_their_pixels(seed):
    one = lesson(box(0.1, -0.1))
    seen = view(one, np.random.default_rng(seed), 96)
    assert seen.image.shape == (96, 96, 3)
    rows, columns = np.nonzero(seen.mask > 127)
    if not len(rows):
        return
    low, high = seen.places[0].min(0), seen.places[0].max(0)
    inside = np.clip([low, high], 0, 96)
    np.testing.assert_allclose(
        [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1],
        inside.ravel(),
        atol=2.5,
    )


def test_a_mirrored_box_is_a_box():
    one = lesson(box(0.2, 0.0))
    mirrored = [view(one, np.random.default_rng(seed), SIDE) for seed in range(12)]
    signs, fronts = set(), set()
    for seen in mirrored:
        corners = seen.places[0][1:]
        x = corners[SIGNS[:, 0] > 0].mean(0) - corners[SIGNS[:, 0] < 0].mean(0)
        z = corners[SIGNS[:, 2] > 0].mean(0) - corners[SIGNS[:, 2] < 0].mean(0)
        signs.add(np.sign(x[0]))
        fronts.add(np.sign(z[0]))
        assert corners[SIGNS[:, 1] > 0][:, 1].mean() < corners[SIGNS[:, 1] < 0][:, 1].mean()
    # Of a mirrored thing the front looks to the other side, and x still points to the same.
    assert len(signs) == 1
    assert fronts == {-1, 1}


def test_the_heat_s_loss_is_least_at_the_truth():
    heat = torch.from_numpy(targets(lesson(box())).heat)[None]
    chance = heat.clamp(1e-4, 1 - 1e-4)
    right = heat_loss(torch.log(chance / (1 - chance)), heat)
    assert float(right) < 0.2
    assert float(heat_loss(torch.full_like(heat, -4.6), heat)) > 1
    assert float(heat_loss(torch.full_like(heat, 4.6), heat)) > 1
    unasked = torch.full_like(heat, -1)
    assert float(heat_loss(torch.randn(heat.shape), unasked)) == 0


def test_the_places_loss_is_in_box_sizes():
    wanted = torch.zeros(1, 2, 2, PLACES)
    weights = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    sizes = torch.full((1, 2, 2), 50.0)
    assert float(places_loss(wanted, wanted, weights, sizes)) == 0
    off = float(places_loss(wanted + 5, wanted, weights, sizes))
    assert off == pytest.approx(0.1 - 0.05 / 2)
    assert float(places_loss(wanted + 5, wanted, weights * 0, sizes)) == 0


@pytest.mark.parametrize("quarter", range(4))
def test_a_turn_is_the_way_that_z_points_in_the_picture(quarter):
    ways = [(1.0, 0.1), (-0.1, 1.0), (-1.0, -0.1), (0.1, -1.0)]
    way = np.array(ways[quarter])
    flat = np.array([SIDE / 2, SIDE / 2]) + 8 * SIGNS[:, 2:] * way
    nine = np.vstack([[SIDE / 2, SIDE / 2], flat]).astype(np.float32)
    one = Lesson(
        np.zeros((SIDE, SIDE, 3), np.uint8),
        nine[None],
        np.ones(1, np.bool_),
        np.zeros((SIDE, SIDE), np.uint8),
    )
    wanted = targets(one)
    assert set(wanted.turns[wanted.weights > 0].tolist()) == {quarter * TURNS // 4}


def test_places_are_those_of_the_turn():
    places = torch.arange(2 * TURNS * PLACES).float().reshape(1, 1, 2, -1)
    found = of_turn(places, torch.tensor([[[0, 5]]]))
    assert found[0, 0, 0].tolist() == list(range(PLACES))
    assert found[0, 0, 1].tolist() == [(TURNS + 5) * PLACES + n for n in range(PLACES)]


def test_the_turn_s_loss_counts_where_boxes_are():
    weights = torch.tensor([[[1.0, 0.0]]])
    turns = torch.tensor([[[3, 0]]])
    logits = torch.zeros(1, 1, 2, TURNS)
    assert float(turn_loss(logits, turns, weights)) == pytest.approx(np.log(TURNS))
    logits[0, 0, 0, 3] = 20
    assert float(turn_loss(logits, turns, weights)) < 1e-4
    assert float(turn_loss(logits, turns, weights * 0)) == 0


def made() -> BoxTask:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = BoxNet(TINY)
    lessons = [lesson(box(x, y)) for x in (-0.4, 0.0, 0.4) for y in (-0.2, 0.3)]
    return BoxTask(net, "a test", lessons, 0, 4, SIDE, lessons[:2])


def test_it_learns(tmp_path):
    losses: list[float] = []
    plan = Schedule(steps=24, peak_rate=1e-2, warmup_steps=2, preview_at=(24,), threads=1)
    fit(made(), plan, tmp_path, seed=0, tell=lambda p: losses.append(p.losses.get("total", 0)))
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    assert (tmp_path / "preview-000024.jpg").stat().st_size > 500


def test_batches_are_the_same_again():
    one, other = made().batch(3), made().batch(3)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["image"], made().batch(4)["image"])
    assert stacked([lesson()])["heat"].shape == (1, CELLS, CELLS)


@pytest.mark.slow
def test_the_file_says_what_the_network_says():
    net = made().model.eval()
    data = to_tflite(net, (SIDE, SIDE))
    probes = np.random.default_rng(0).random((2, SIDE, SIDE, 3), np.float32)
    check_export(net, data, probes, 1e-3)


def test_the_network_can_be_rounded():
    net = made().model.eval()
    fold_batch_norms(net)
    rounded = prepare(net, settle_steps=1, keep_float=FLOAT_PARTS).train()
    found = rounded(torch.rand(1, 3, SIDE, SIDE))
    assert [tuple(each.shape) for each in found] == [
        (1, CELLS, CELLS, 1),
        (1, CELLS, CELLS, TURNS * PLACES),
        (1, CELLS, CELLS, TURNS),
        (1, CELLS, CELLS, 1),
    ]


def test_a_picture_becomes_a_square_lesson():
    image = np.zeros((40, 80, 3), np.uint8)
    owners = np.zeros((40, 80), np.uint8)
    owners[10:30, 20:40] = 1
    camera = Camera(70.0, 70.0, 40.0, 20.0)
    one = lesson_of(Composed(image, camera, (box(), box(0.3)), ("a", "b"), (0.9, 0.1), owners), 80)
    assert one.image.shape == (80, 80, 3)
    np.testing.assert_array_equal(one.clear, [True, False])
    rows = np.nonzero(one.mask.max(1))[0]
    assert (rows.min(), rows.max()) == (30, 49)
    np.testing.assert_allclose(one.places[0, 0], [40, 40], atol=1e-4)


def test_lessons_are_kept_and_read_again(tmp_path, monkeypatch):
    renderer_or_skip()
    monkeypatch.setattr("firsthand.train.objects.lessons.PER_FILE", 4)
    making = Making((block(),), (np.full((30, 30, 3), 99, np.uint8),))
    paths = make_lessons(tmp_path, making, 4, 1)
    before = paths[0].stat().st_mtime_ns
    found = read_lessons(make_lessons(tmp_path, making, 4, 1))
    assert paths[0].stat().st_mtime_ns == before
    assert len(found) == 4
    assert all(each.places.shape == (len(each.clear), 9, 2) for each in found)


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04" + b"\0" * 40])
def test_what_holds_no_lessons_is_told(tmp_path, data):
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(InputError, match="holds no lessons"):
        read_lessons([tmp_path / "a.npz"])


def test_lessons_of_other_shapes_are_told(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.savez(
            file,
            images=np.zeros((2, 8, 8), np.uint8),
            masks=np.zeros((2, 8, 8), np.uint8),
            places=np.zeros((1, 9, 2)),
            clear=np.ones(1, np.bool_),
            starts=np.array([0, 1, 1]),
        )
    with pytest.raises(InputError, match="other shapes"):
        read_lessons([tmp_path / "a.npz"])


def test_recipes_say_what_they_lack(tmp_path):
    run = Run(recipe="own", folder=tmp_path, data=None, seed=0, resume=False, steps=None)
    with pytest.raises(InputError, match="--mesh"):
        train_objects(run)
    with pytest.raises(ConfigError, match="recipes"):
        train_objects(Run(recipe="x", folder=tmp_path, data=None, seed=0, resume=False, steps=None))
    with pytest.raises(InputError, match="no mesh"):
        own(tmp_path)


@pytest.mark.slow
def test_a_recipe_makes_a_model_from_a_mesh(tmp_path, monkeypatch):
    renderer_or_skip()
    mesh = block()
    corners = np.concatenate([piece.triangles for piece in mesh.pieces])
    (tmp_path / "mine.glb").write_bytes(glb(mesh.vertices, corners))
    monkeypatch.setattr("firsthand.train.objects.lessons.PER_FILE", 8)
    monkeypatch.setattr(recipes, "_TESTS", 1)
    tiny = BoxRecipe(Lessons(2, 2, 2, threads=1), 8, TINY)
    monkeypatch.setattr(recipes, "RECIPES", {"own": tiny})
    run = Run(
        recipe="own",
        folder=tmp_path / "out",
        data=tmp_path / "mine.glb",
        seed=0,
        resume=False,
        steps=None,
    )
    model = Model.open(train_objects(run))
    assert model.card.labels == ("mine",)  # as the mesh is called
    assert len(model.card.accuracy) >= 2
    assert all(each.value >= 0 for each in model.card.accuracy)
    assert (tmp_path / "out" / "firsthand-own-boxes.tflite").exists()
