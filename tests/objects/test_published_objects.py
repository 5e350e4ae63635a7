"""The published weights on real photographs, and beside MediaPipe itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import ModelError
from firsthand.measure import Peer
from firsthand.media import read_image, read_video
from firsthand.objects import Objects, load_models, open_models
from firsthand.objects.categories import CATEGORIES, DETECTOR
from firsthand.runtime import ModelStore

pytestmark = [pytest.mark.models]

ROOT = Path(__file__).resolve().parents[2]
SETS = Path("objects", "centerpose", "CenterPose")
CLIP = Path("objects", "centerpose", "CenterPoseTrack", "shoe_batch-25_10.mp4")
PHOTOGRAPHS = {
    "chair": ["00000.png", "00001.png", "IMG_20201130_201154.png", "IMG_20201130_201206.png"],
    "cup": ["00000.png", "00007.png", "00023.png", "cup.png"],
}
MOST_PX = 1.0


@pytest.fixture(scope="module")
def mediapipe(mediapipe_python: Path) -> Iterator[Peer]:
    with Peer(mediapipe_python, ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py") as peer:
        yield peer


@pytest.mark.oracle
@pytest.mark.data
@pytest.mark.parametrize("category", sorted(PHOTOGRAPHS))
def test_the_same_points_as_mediapipe(
    mediapipe: Peer, store_models: ModelStore, data_root: Path, category: str
) -> None:
    threshold = 0.3
    ours = Objects.load(category, detector_threshold=threshold, store=store_models)
    mediapipe.call(
        "objectron_open",
        model_name=category.title(),
        detector=str(store_models.get(DETECTOR).path),
        corners=str(store_models.get(CATEGORIES[category].model).path),
        static_image_mode=True,
        min_detection_confidence=threshold,
    )
    count = 0
    for name in PHOTOGRAPHS[category]:
        image = read_image(data_root / SETS / category / name)
        found = ours.detect(image).objects
        reply = mediapipe.call("objectron_process_many", arrays={"frames": image[np.newaxis]})
        theirs = reply["points"] * (image.shape[1], image.shape[0])
        assert len(found) == len(theirs), name
        for points in theirs:
            off = min(float(np.abs(each.points - points).max()) for each in found)
            assert off < MOST_PX, name
            count += 1
    assert count == {"chair": 4, "cup": 5}[category]


@pytest.mark.data
def test_a_chair_stands_upright(store_models: ModelStore, data_root: Path) -> None:
    chairs = Objects.load("chair", store=store_models)
    for name in PHOTOGRAPHS["chair"]:
        (chair,) = chairs.detect(read_image(data_root / SETS / "chair" / name)).objects
        assert chair.score > 0.99
        up = chair.box.rotation[:, 1]
        assert up[1] < -0.6  # its y points up, the camera's down
        assert chair.box.size[1] == chair.box.size.max()


@pytest.mark.data
def test_a_mirrored_photograph_has_the_mirrored_box(
    store_models: ModelStore, data_root: Path
) -> None:
    chairs = Objects.load("chair", store=store_models)
    image = read_image(data_root / SETS / "chair" / "00000.png")
    (one,) = chairs.detect(image).objects
    (other,) = chairs.detect(np.ascontiguousarray(image[:, ::-1])).objects
    there = other.points * (-1, 1) + (image.shape[1], 0)
    far = np.linalg.norm(there[1:, None] - one.points[None, 1:], axis=2).min(axis=1)
    assert np.median(far) < 0.1 * np.ptp(one.points, axis=0).max()
    assert np.linalg.det(other.box.rotation) == pytest.approx(1)


@pytest.mark.data
@pytest.mark.slow
def test_both_shoes_of_a_clip_are_followed(store_models: ModelStore, data_root: Path) -> None:
    frames = list(read_video(data_root / CLIP))[:30]
    shoes = Objects.load("shoe", detector_threshold=0.3, store=store_models)
    results = list(shoes.track(frames))
    assert [[each.track_id for each in result.objects] for result in results] == [[0, 1]] * 30
    assert sum(result.detector_ran for result in results) == 3


def test_no_object_is_found_in_a_plain_picture(store_models: ModelStore) -> None:
    for name in CATEGORIES:
        found = Objects.load(name, store=store_models).detect(np.full((90, 120, 3), 120, np.uint8))
        assert found.objects == ()


def test_another_model_in_place_of_one_is_told(store_models: ModelStore) -> None:
    detector, hand = (store_models.get(name) for name in (DETECTOR, "mediapipe-hand-lite"))
    with pytest.raises(ModelError, match="mediapipe-hand-lite"):
        open_models(CATEGORIES["cup"], detector, hand)
    with pytest.raises(ModelError, match="mediapipe-hand-lite"):
        open_models(CATEGORIES["cup"], hand, store_models.get(CATEGORIES["cup"].model))


def test_cards_are_those_of_both_stages(store_models: ModelStore) -> None:
    cards = load_models("sneakers", store=store_models).cards
    assert [card.name for card in cards] == [DETECTOR, "mediapipe-objectron-shoe"]
