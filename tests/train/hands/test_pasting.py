from itertools import islice

import numpy as np
import pytest

from firsthand.errors import ConfigError
from firsthand.media.frame import RgbImage
from firsthand.train.hands.cutouts import Cutout
from firsthand.train.hands.palm_boxes import palm_size
from firsthand.train.hands.pasting import Kind, pasted_samples
from firsthand.train.hands.samples import Sample

from .drawn_hands import SKIN, cutout


@pytest.fixture(scope="module")
def hands() -> tuple[Cutout, ...]:
    return (cutout(), cutout(1.5))


def blue(rng: np.random.Generator, width: int, height: int) -> RgbImage:
    return np.broadcast_to(np.array([20, 40, 200], np.uint8), (height, width, 3)).copy()


def drawn(hands: tuple[Cutout, ...], kind: Kind, count: int, seed: int = 0) -> list[Sample]:
    return list(pasted_samples(seed, count, kind, hands, blue))


@pytest.fixture(scope="module")
def portraits(hands: tuple[Cutout, ...]) -> list[Sample]:
    return drawn(hands, "landmarks", 30)


@pytest.fixture(scope="module")
def scenes(hands: tuple[Cutout, ...]) -> list[Sample]:
    return drawn(hands, "scenes", 70)


@pytest.mark.parametrize("kind", ["landmarks", "scenes"])
def test_a_sample_depends_on_seed_and_number_only(hands: tuple[Cutout, ...], kind: Kind) -> None:
    all_at_once = drawn(hands, kind, 5)
    later = list(pasted_samples(0, 2, kind, hands, blue, first=3))
    for once, again in zip(all_at_once[3:], later, strict=True):
        np.testing.assert_array_equal(once.image, again.image)
        assert once.name == again.name
        assert [h.keypoints.tolist() for h in once.hands] == [
            h.keypoints.tolist() for h in again.hands
        ]
    other = drawn(hands, kind, 3, seed=1)
    assert any((a.image != b.image).any() for a, b in zip(all_at_once, other, strict=False))
    assert len({sample.name for sample in all_at_once + other}) == 8


def test_samples_are_drawn_as_they_are_asked_for(hands: tuple[Cutout, ...]) -> None:
    assert len(list(islice(pasted_samples(0, 10**9, "scenes", hands, blue), 2))) == 2


def test_pictures_have_their_kinds_size(portraits: list[Sample], scenes: list[Sample]) -> None:
    for samples, side in ((portraits, 224), (scenes, 320)):
        for sample in samples:
            assert sample.image.shape == (side, side, 3)
            assert sample.image.dtype == np.uint8
            for hand in sample.hands:
                assert np.isfinite(hand.keypoints).all()
                assert 0.02 <= hand.seen <= 1
                assert hand.origin == "teacher"


def test_joints_lie_on_the_pasted_hand(portraits: list[Sample]) -> None:
    on_skin = []
    for sample in portraits:
        if len(sample.hands) != 1 or sample.hands[0].seen < 0.98:
            continue
        (hand,) = sample.hands
        x, y = np.clip(hand.keypoints[[0, 5, 9, 13, 17, 6, 10], :2].T.astype(int), 0, 223)
        red, _, blue_ = sample.image[y, x].astype(int).T
        on_skin.append((red > blue_).mean())
    assert len(on_skin) > 10
    assert np.mean(on_skin) > 0.95


def test_shapes_are_kept_and_metres_turn_along(
    hands: tuple[Cutout, ...], scenes: list[Sample]
) -> None:
    own = hands[0].truth
    for sample in scenes[:12]:
        for hand in sample.hands:
            size = palm_size(hand.keypoints) / palm_size(own.keypoints)
            flat = hand.keypoints[:, :2] - hand.keypoints[9, :2]
            np.testing.assert_allclose(
                np.linalg.norm(flat, axis=1),
                np.linalg.norm(own.keypoints[:, :2] - own.keypoints[9, :2], axis=1) * size,
                rtol=1e-3,
                atol=1e-3,
            )
            # metres are the keypoints on another scale in these drawings
            per_px = np.linalg.norm(hand.metres[:, :2], axis=1).sum()
            per_px /= np.linalg.norm(flat, axis=1).sum()
            np.testing.assert_allclose(hand.metres[:, :2], flat * per_px, atol=1e-4)
            turned = np.linalg.det(np.stack([flat[5], flat[17]]))
            right = np.linalg.det(
                np.stack(
                    [
                        own.keypoints[5, :2] - own.keypoints[9, :2],
                        own.keypoints[17, :2] - own.keypoints[9, :2],
                    ]
                )
            )
            assert hand.right == (np.sign(turned) == np.sign(right))


def test_scenes_hold_none_to_four_hands_of_all_sizes(scenes: list[Sample]) -> None:
    counts = np.bincount([len(sample.hands) for sample in scenes], minlength=5)
    assert len(counts) == 5
    assert (counts[:4] > 0).all()
    found = [hand for sample in scenes for hand in sample.hands]
    sizes = np.array([palm_size(hand.keypoints) for hand in found])
    assert 6.9 < sizes.min() < 10 < 100 < sizes.max() < 141
    assert 0.3 < np.mean([hand.right for hand in found]) < 0.7
    assert any(hand.seen < 0.8 for hand in found)
    assert any(hand.seen > 0.99 for hand in found)


def test_an_empty_scene_is_background(scenes: list[Sample]) -> None:
    empty = [sample for sample in scenes if not sample.hands]
    assert any((sample.image == [20, 40, 200]).all() for sample in empty)


def test_skin_comes_in_many_tones(portraits: list[Sample]) -> None:
    tones = []
    for sample in portraits:
        x, y = np.clip(sample.hands[0].keypoints[[0, 5, 17], :2].mean(axis=0), 0, 223).astype(int)
        tones.append(sample.image[y, x].mean())
    assert np.std(tones) > 20
    assert min(tones) < 0.75 * np.mean(SKIN)


def test_unknown_kinds_and_no_hands_are_refused(hands: tuple[Cutout, ...]) -> None:
    with pytest.raises(ConfigError, match="landmarks"):
        next(pasted_samples(0, 1, "faces", hands, blue))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no cut-out"):
        next(pasted_samples(0, 1, "scenes", (), blue))


def test_skin_without_a_hand_is_pasted_too_and_has_no_truth(scenes: list[Sample]) -> None:
    reds = [sample.image[..., 0].max() > 90 for sample in scenes if not sample.hands]
    assert any(reds)
    assert not all(reds)
