import numpy as np
import pytest
from fake_models import FakeScene, blank
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError
from firsthand.hands.anchors import LAYOUTS, MEDIAPIPE
from firsthand.hands.api import Hands
from firsthand.hands.search import DIVISORS, search_tiles, tiles
from firsthand.hands.tracking import TrackerOptions


@given(st.integers(1, 2000), st.integers(1, 2000), st.floats(0, 1), st.floats(0, 1))
def test_every_spot_lies_whole_in_a_tile_of_each_size(width, height, x, y) -> None:
    boxes = list(tiles(width, height, DIVISORS[MEDIAPIPE]))
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for divisor in DIVISORS[MEDIAPIPE]:
        side = -(-max(width, height) // divisor)
        if side < 48:
            continue
        spot = (side - 2) // 2
        u, v = x * max(width - spot, 0), y * max(height - spot, 0)
        assert any(
            left <= u and u + min(spot, width) <= right and top <= v
            and v + min(spot, height) <= bottom
            for left, top, right, bottom in boxes
            if max(right - left, bottom - top) <= side
        )  # fmt: skip


def test_tiny_images_have_no_tiles() -> None:
    assert list(tiles(1, 1, (2, 4, 8))) == []
    assert list(tiles(90, 40, (2, 4, 8))) == []


def test_every_layout_has_its_tiles() -> None:
    assert set(DIVISORS) == set(LAYOUTS)


@pytest.mark.parametrize("ours", [False, True])
def test_a_palm_in_every_tile_is_found_in_place(ours: bool) -> None:
    scene = FakeScene(palms=[(0.5, 0.5)], ours=ours)
    found = search_tiles(scene.models.palm, blank(640, 640), 0.5)
    middle = found.boxes[:, :2] + found.boxes[:, 2:] / 2
    assert np.abs(middle - 0.5).max(axis=1).min() < 1e-4
    assert scene.palm.calls == 1 + len(list(tiles(640, 640, DIVISORS[scene.models.palm.layout])))
    assert ((middle > 0) & (middle < 1)).all()


def test_a_palm_cut_by_a_tile_is_left_to_its_neighbour() -> None:
    scene = FakeScene(palms=[(0.0, 0.5)])  # half outside every tile's left edge
    found = search_tiles(scene.models.palm, blank(640, 640), 0.5)
    left = found.boxes[:, 0]
    assert len(found)
    assert (left < 0).all()  # what is left is cut by the image itself


def test_searches() -> None:
    scene = FakeScene(palms=[(0.5, 0.5)])
    hands = Hands(scene.models, TrackerOptions(max_hands=3))
    assert len(hands.detect(blank()).hands) == 1
    assert scene.palm.calls == 1
    assert len(hands.detect(blank(), search="auto").hands) == 1
    assert scene.palm.calls == 2
    ids = [hand.track_id for hand in hands.detect(blank(), search="tiles").hands]
    assert ids == [0, 1, 2]
    empty = FakeScene(palms=[])
    assert Hands(empty.models).detect(blank(), search="auto").hands == ()
    assert empty.palm.calls > 10
    with pytest.raises(ConfigError, match="'whole', 'tiles' or 'auto'"):
        hands.detect(blank(), search="everywhere")
