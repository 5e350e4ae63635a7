"""The published weights on the bundled photographs, and on images that nobody foresaw."""

import cv2
import numpy as np
import pytest
from hand_clips import PHOTOGRAPHS, moving

from firsthand.errors import ConfigError
from firsthand.hands import Hands, TrackerOptions, open_models, published_models
from firsthand.media import read_image
from firsthand.runtime import ModelStore

pytestmark = pytest.mark.models


@pytest.fixture(scope="module", params=["lite", "full"])
def hands(request: pytest.FixtureRequest, store_models: ModelStore) -> Hands:
    return Hands.load(request.param, store=store_models)


# The others fill their photograph or are small and dark: these weights find them now and then.
EASY = [p for p in PHOTOGRAPHS if p.stem.startswith("flat")]


@pytest.mark.parametrize("path", EASY, ids=lambda path: path.stem)
def test_a_hand_in_a_photograph(hands: Hands, path) -> None:
    image = read_image(path)
    result = hands.detect(image)
    assert (result.height, result.width) == image.shape[:2]
    assert len(result.hands) == 1
    hand = result.hands[0]
    assert hand.keypoints.shape == hand.world.shape == (21, 3)
    assert hand.presence > 0.5
    size = np.ptp(hand.world, axis=0).max()
    assert 0.05 < size < 0.3
    middle = hand.keypoints[:, :2].mean(axis=0)
    assert np.all((middle > 0) & (middle < (result.width, result.height)))


@pytest.mark.parametrize("path", EASY, ids=lambda path: path.stem)
def test_the_same_hand_in_the_mirror(hands: Hands, path) -> None:
    image = read_image(path)
    mirrored = Hands(hands.models, TrackerOptions(mirrored=True))
    plain = hands.detect(image).hands[0]
    seen = mirrored.detect(image[:, ::-1].copy()).hands[0]
    assert seen.handedness == plain.handedness
    back = seen.keypoints * (-1, 1, 1) + (image.shape[1] - 1, 0, 0)
    away = np.linalg.norm((back - plain.keypoints)[:, :2], axis=1).mean()
    assert away < 0.15 * plain.region.width


@pytest.mark.parametrize("path", EASY, ids=lambda path: path.stem)
def test_a_hand_under_a_moving_camera_is_one_track(hands: Hands, path) -> None:
    one = Hands(hands.models, TrackerOptions(max_hands=1))
    results = list(one.track(moving(path, count=20)))
    assert [[h.track_id for h in r.hands] for r in results] == [[0]] * 20
    assert [r.detector_ran for r in results] == [True] + [False] * 19


def test_tracking_is_repeatable(hands: Hands) -> None:
    frames = list(moving(EASY[0], count=12))
    one, two = list(hands.track(frames)), list(hands.track(frames))
    assert any(r.hands for r in one)
    for a, b in zip(one, two, strict=True):
        assert a.detector_ran == b.detector_ran
        for c, d in zip(a.hands, b.hands, strict=True):
            np.testing.assert_array_equal(c.keypoints, d.keypoints)


NOISE = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
AWKWARD = {
    "1x1": lambda hand: hand[:1, :1],
    "one row": lambda hand: hand[:1],
    "one column": lambda hand: hand[:, :1],
    "black": lambda hand: np.zeros((480, 640, 3), np.uint8),
    "white": lambda hand: np.full((480, 640, 3), 255, np.uint8),
    "noise": lambda hand: NOISE,
    "gray": lambda hand: cv2.cvtColor(hand, cv2.COLOR_RGB2GRAY),
    "alpha": lambda hand: np.dstack([hand, np.full(hand.shape[:2], 255, np.uint8)]),
    "float": lambda hand: hand.astype(np.float32) / 255,
    "16 bits": lambda hand: hand.astype(np.uint16) * 257,
    "not contiguous": lambda hand: hand[::2, ::-1],
    "blurred": lambda hand: cv2.GaussianBlur(hand, (0, 0), 12),
    "dark": lambda hand: hand // 16,
    "cut off": lambda hand: hand[:, : hand.shape[1] // 2],
    "8K": lambda hand: cv2.resize(hand, (7680, 4320)),
    "40,000 wide": lambda hand: np.tile(hand[:40], (1, 130, 1)),
}
FOUND = ("alpha", "float", "16 bits", "8K")
EMPTY = ("1x1", "one row", "one column", "black", "white", "noise")


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_images(hands: Hands, name: str) -> None:
    image = AWKWARD[name](read_image(EASY[0]))
    result = hands.detect(image)
    assert (result.height, result.width) == image.shape[:2]
    for hand in result.hands:
        assert np.isfinite(hand.keypoints).all()
    assert len(result.hands) in ([1] if name in FOUND else [0] if name in EMPTY else [0, 1, 2])


def test_gray_is_the_same_as_three_equal_channels(hands: Hands) -> None:
    gray = cv2.cvtColor(next(moving(EASY[1])), cv2.COLOR_RGB2GRAY)
    one, two = hands.detect(gray), hands.detect(np.dstack([gray] * 3))
    assert one.hands
    for a, b in zip(one.hands, two.hands, strict=True):
        np.testing.assert_array_equal(a.keypoints, b.keypoints)


def test_a_video_of_every_size(hands: Hands) -> None:
    hand = read_image(EASY[0])
    sizes = [(640, 480), (320, 240), (640, 480), (480, 640), (1, 1), (64, 48), (1920, 1080)]
    results = list(hands.track([cv2.resize(hand, size) for size in sizes]))
    assert [(r.width, r.height) for r in results] == sizes
    assert all(len(results[i].hands) == 1 for i in (0, 1, 2))
    assert len({results[i].hands[0].track_id for i in (0, 1, 2)}) == 1


def test_cards_and_names(hands: Hands, store_models: ModelStore) -> None:
    assert [card.task for card in hands.cards] == ["palm detection", "hand landmarks"]
    assert all(card.licence == "Apache-2.0" for card in hands.cards)
    with pytest.raises(ConfigError, match="'full', 'lite'"):
        published_models("huge", store=store_models)
    palm = store_models.get("mediapipe-palm-lite").path
    landmark = store_models.get("mediapipe-hand-lite").path
    assert open_models(palm, landmark).palm.input.size_px == 192
