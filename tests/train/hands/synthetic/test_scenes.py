from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from firsthand.hands.skeleton import BONES
from firsthand.media.frame import RgbImage
from firsthand.train.hands.samples import Sample, SampleFolder
from firsthand.train.hands.synthetic.__main__ import app
from firsthand.train.hands.synthetic.hand_model import hand_model, moved
from firsthand.train.hands.synthetic.named_poses import named_pose
from firsthand.train.hands.synthetic.people import people
from firsthand.train.hands.synthetic.scenes import (
    CROP_PX,
    HAND_SIZES_PX,
    MAKERS,
    SCENE_PX,
    Kind,
    render_samples,
)
from firsthand.train.hands.synthetic.sheet import contact_sheet
from firsthand.train.hands.synthetic.viewpoints import any_rotation, random_view

from .gl import renderer_or_skip

KINDS: tuple[Kind, ...] = ("crop", "scene", "handshake", "overlap", "clasp", "people")
LARGE: tuple[Kind, ...] = ("scene", "people")


@pytest.fixture(scope="module")
def rendered() -> dict[Kind, list[Sample]]:
    renderer_or_skip()
    return {kind: list(render_samples(4, 16 if kind in LARGE else 8, kind)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_depends_on_seed_and_number_alone(
    rendered: dict[Kind, list[Sample]], kind: Kind
) -> None:
    for index in (5, 2):
        (again,) = render_samples(4, 1, kind, first=index)
        before = rendered[kind][index]
        assert again.name == before.name == f"synthetic/{kind}/4/{index}"
        assert again.image.tobytes() == before.image.tobytes()
        assert len(again.hands) == len(before.hands)
        for hand, other in zip(again.hands, before.hands, strict=True):
            assert hand.keypoints.tobytes() == other.keypoints.tobytes()
            assert (hand.seen, hand.right) == (other.seen, other.right)
    (other_seed,) = render_samples(5, 1, kind, first=2)
    assert other_seed.image.tobytes() != rendered[kind][2].image.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_truth_is_a_hand_s(rendered: dict[Kind, list[Sample]], kind: Kind) -> None:
    for sample in rendered[kind]:
        side = SCENE_PX if kind in LARGE else CROP_PX
        assert sample.image.shape == (side, side, 3)
        assert len(sample.hands) <= 4
        for hand in sample.hands:
            assert hand.origin == "synthetic"
            assert hand.known.all()
            assert 0 < hand.seen <= 1.05
            assert np.isfinite(hand.keypoints).all()
            assert (hand.metres[:, 2] > 0.03).all()
            assert hand.keypoints[0, 2] == 0
            lengths = [np.linalg.norm(hand.metres[a] - hand.metres[b]) for a, b in BONES]
            assert 0.005 < min(lengths) < max(lengths) < 0.14


@pytest.mark.parametrize("kind", KINDS)
def test_depth_has_the_picture_s_scale(rendered: dict[Kind, list[Sample]], kind: Kind) -> None:
    for hand in (hand for sample in rendered[kind] for hand in sample.hands):
        metres = hand.metres - hand.metres.mean(0)
        focal_px = np.ptp(hand.keypoints[:, 0]) / np.ptp(hand.metres[:, 0] / hand.metres[:, 2])
        expected = (hand.metres[:, 2] - hand.metres[0, 2]) * focal_px / hand.metres[:, 2].mean()
        assert np.allclose(hand.keypoints[:, 2], expected, rtol=2e-2, atol=0.05)
        assert np.abs(metres).max() < 0.2


def test_a_crop_s_main_hand_is_large_and_seen(rendered: dict[Kind, list[Sample]]) -> None:
    for kind in ("crop", "handshake", "overlap", "clasp"):
        for sample in rendered[kind]:
            main = sample.hands[0]
            share = np.ptp(main.keypoints[:, :2], axis=0).max() / CROP_PX
            assert 0.34 < share < 0.76
            assert main.seen >= 0.25


def test_pairs_have_two_hands_and_clasped_ones_are_left_and_right(
    rendered: dict[Kind, list[Sample]],
) -> None:
    for kind in ("handshake", "overlap", "clasp"):
        assert np.mean([len(sample.hands) == 2 for sample in rendered[kind]]) > 0.7
    for sample in rendered["clasp"]:
        assert len({hand.right for hand in sample.hands}) == len(sample.hands)
    for sample in rendered["handshake"]:
        assert len({hand.right for hand in sample.hands}) == 1


def test_scenes_span_sizes_and_some_are_empty(rendered: dict[Kind, list[Sample]]) -> None:
    sizes = [
        float(np.ptp(hand.keypoints[:, :2], axis=0).max())
        for sample in rendered["scene"]
        for hand in sample.hands
    ]
    assert min(sizes) < 40
    assert max(sizes) > 120
    assert max(sizes) < HAND_SIZES_PX[1] * 3
    assert any(not sample.hands for sample in rendered["scene"])


def test_both_hands_have_their_thumb_on_their_side() -> None:
    rng = np.random.default_rng(0)
    person = people(0, 0, MAKERS).draw(rng)
    for right in (True, False):
        hand = hand_model(person, named_pose("open"), rng, right=right)
        side = hand.keypoints[4, 0]
        assert side > 0.03 if right else side < -0.03
        assert hand.keypoints[12, 1] > 0.08
        assert hand.keypoints[0, 1] < 0
        curled = hand_model(person, named_pose("fist"), rng, right=right)
        assert curled.keypoints[12, 2] > 0.01  # the palm looks along +z
        bones = hand.keypoints[[5, 17]] - hand.keypoints[0]
        normal = np.cross(bones[0], bones[1])[2]
        assert (normal > 0) == right


def test_moving_a_hand_moves_all_of_it() -> None:
    rng = np.random.default_rng(1)
    hand = hand_model(people(0, 0, MAKERS).draw(rng), named_pose("ok"), rng, right=False)
    view, by = random_view(rng), np.array([0.1, 0.2, 0.5], np.float32)
    placed = moved(hand, view, by)
    assert np.allclose(placed.keypoints, hand.keypoints @ view.T + by, atol=1e-6)
    for before, after in zip(hand.parts, placed.parts, strict=True):
        assert np.allclose(after.vertices, before.vertices @ view.T + by, atol=1e-6)


def test_views_are_rotations_and_cover_the_sphere() -> None:
    rng = np.random.default_rng(2)
    views = np.stack([random_view(rng) for _ in range(400)])
    assert np.allclose(views @ views.transpose(0, 2, 1), np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.det(views), 1, atol=1e-5)
    palm = views[:, :, 2]  # where the palm looks, in camera axes
    towards = (palm[:, 2] < -0.7).mean()
    away = (palm[:, 2] > 0.7).mean()
    assert 0.2 < towards < 0.6
    assert 0.2 < away < 0.6
    assert 0.1 < (np.abs(palm[:, 0]) > 0.7).mean() < 0.4
    fingers = views[:, :, 1]
    octants = {tuple(np.sign(way).astype(int)) for way in fingers}
    assert len(octants) == 8
    even = np.stack([any_rotation(rng) for _ in range(600)])
    assert np.abs(even.mean(0)).max() < 0.12


def test_people_of_a_block_are_the_same_and_of_another_are_not() -> None:
    first = people(3, 0, MAKERS).draw(np.random.default_rng(0)).mesh.vertices
    same = people(3, 63, MAKERS).draw(np.random.default_rng(0)).mesh.vertices
    other = people(3, 64, MAKERS).draw(np.random.default_rng(0)).mesh.vertices
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_the_command_writes_samples_and_a_sheet(tmp_path: Path) -> None:
    renderer_or_skip()
    folder, sheet = tmp_path / "out", tmp_path / "sheet.png"
    options = ["--kind", "scene", "--count", "3", "--seed", "9", "--first", "2"]
    done = CliRunner().invoke(
        app, [*options, "--output", str(folder), "--contact-sheet", str(sheet)]
    )
    assert done.exit_code == 0, done.output
    kept = SampleFolder.open(folder)
    assert kept.names == tuple(f"synthetic/scene/9/{index}" for index in (2, 3, 4))
    assert sheet.stat().st_size > 10_000


def test_the_command_wants_somewhere_to_write_to() -> None:
    done = CliRunner().invoke(app, ["--count", "1"])
    assert done.exit_code == 2
    assert "-o FOLDER" in done.output


def test_a_sheet_shows_the_truth_on_some_tiles(rendered: dict[Kind, list[Sample]]) -> None:
    samples = rendered["crop"][:3]
    plain, marked = contact_sheet(samples, 3, 10**6), contact_sheet(samples, 3, 1)
    assert plain.shape == marked.shape == (192, 576, 3)
    assert (plain != marked).any(2).sum() > 300


def wall(rng: np.random.Generator, width: int, height: int) -> RgbImage:
    return np.full((height, width, 3), rng.integers(90, 220, 3), np.uint8)


@pytest.mark.models
def test_mediapipe_s_models_see_the_same_hands() -> None:
    from firsthand.hands import Hands

    renderer_or_skip()
    finder = Hands.load("full", max_hands=4)
    errors, sides, depths, clear = [], [], [], 0
    for sample in render_samples(1234, 60, "crop", background=wall):
        if len(sample.hands) != 1 or sample.hands[0].seen < 0.8:
            continue
        clear += 1
        truth = sample.hands[0]
        palm_px = np.linalg.norm(truth.keypoints[9, :2] - truth.keypoints[0, :2])
        for hand in finder.detect(sample.image).hands[:1]:
            off = np.linalg.norm(hand.keypoints[:, :2] - truth.keypoints[:, :2], axis=1)
            errors.append(np.median(off) / palm_px)
            sides.append((hand.handedness == "right") == truth.right)
            depths.append(np.corrcoef(hand.keypoints[:, 2], truth.keypoints[:, 2])[0, 1])
    assert clear >= 24
    assert len(errors) > clear / 2
    assert np.median(errors) < 0.1
    assert np.mean(sides) > 0.85
    assert np.mean(np.array(depths) > 0) > 0.8
