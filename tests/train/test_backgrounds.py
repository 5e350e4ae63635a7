from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ConfigError, MediaError, MissingDependencyError
from firsthand.train.backgrounds import TRAINING_PACKAGES, Backgrounds, Source, sources
from firsthand.train.made_up_backgrounds import made_up, skin_tone


def source(folder: Path, *names: str, **changes: float) -> Source:
    return Source("made-up", folder, names, "CC0", **changes)


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """A photograph that is red above and blue below."""
    image = np.zeros((120, 200, 3), np.uint8)
    image[:60, :, 2], image[60:, :, 0] = 220, 220
    cv2.imwrite(str(tmp_path / "stripes.png"), image)
    return tmp_path


@given(st.integers(0, 2**32), st.integers(1, 90), st.integers(1, 90))
def test_any_size_is_drawn(seed: int, width: int, height: int) -> None:
    photographs = (np.full((40, 70, 3), 90, np.uint8), np.full((1, 3, 3), 200, np.uint8))
    backgrounds = Backgrounds(photographs, ("a", "b"), (1.0, 1.0), ())
    drawn = backgrounds(np.random.default_rng(seed), width, height)
    assert drawn.shape == (height, width, 3)
    assert drawn.dtype == np.uint8
    assert drawn.flags.c_contiguous
    again = backgrounds(np.random.default_rng(seed), width, height)
    np.testing.assert_array_equal(drawn, again)


def test_only_the_top_is_used_where_the_rest_shows_a_hand(stripes: Path) -> None:
    opened = Backgrounds.open([source(stripes, "stripes.png", top=0.5)])
    (image,) = opened.images
    assert image.shape == (60, 200, 3)
    assert (image[..., 0] == 220).all()


def test_large_photographs_are_reduced(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), np.zeros((500, 4000, 3), np.uint8))
    (image,) = Backgrounds.open([source(tmp_path, "large.png")]).images
    assert image.shape == (128, 1024, 3)


def test_weights_say_how_often(stripes: Path) -> None:
    black, white = np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 255, np.uint8)
    backgrounds = Backgrounds((black, white), ("black", "white"), (1.0, 9.0), ())
    rng = np.random.default_rng(0)
    means = np.array([backgrounds(rng, 8, 8).mean() for _ in range(200)])
    assert (means < 1).sum() < 35 < 90 < (means > 150).sum()


def test_what_is_not_installed_is_told(stripes: Path) -> None:
    opened = Backgrounds.open([source(stripes, "stripes.png", "another.png")])
    assert opened.names == ("made-up/stripes.png",)
    assert opened.missing == ("made-up",)


def test_without_any_photograph_the_packages_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDependencyError, match="mate-backgrounds") as caught:
        Backgrounds.open([source(tmp_path, "stripes.png")])
    for package in TRAINING_PACKAGES:
        assert package in str(caught.value)


def test_a_damaged_photograph_is_named(tmp_path: Path) -> None:
    (tmp_path / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(MediaError, match=r"damaged\.jpg"):
        Backgrounds.open([source(tmp_path, "damaged.jpg")])


@pytest.mark.parametrize(("width", "height"), [(0, 4), (4, 0), (-1, 4)])
def test_pictures_without_pixels_are_refused(width: int, height: int) -> None:
    backgrounds = Backgrounds((np.zeros((4, 4, 3), np.uint8),), ("a",), (1.0,), ())
    with pytest.raises(ConfigError, match="at least one pixel"):
        backgrounds(np.random.default_rng(0), width, height)


def test_scikit_image_alone_is_enough() -> None:
    pytest.importorskip("skimage")
    free = [each for each in sources() if each.package == "scikit-image"]
    opened = Backgrounds.open(free)
    assert opened.missing == ()
    assert len(opened.images) == 9
    assert not any("camera" in name for name in opened.names)  # he holds it in his hands


def test_every_source_says_its_licence_and_names_a_file_once() -> None:
    files = [source.folder / name for source in sources() for name in source.names]
    assert len(files) == len(set(files))
    assert all(source.licence for source in sources())
    packages = {source.package for source in sources()}
    assert packages == {"scikit-image", "matplotlib", *TRAINING_PACKAGES}


def test_made_up_pictures_differ() -> None:
    pictures = [made_up(np.random.default_rng(seed), 32, 24) for seed in range(20)]
    assert len({picture.tobytes() for picture in pictures}) == 20
    assert 40 < np.mean([picture.mean() for picture in pictures]) < 215


@given(st.integers(0, 2**32))
def test_skin_is_redder_than_blue(seed: int) -> None:
    red, green, blue = skin_tone(np.random.default_rng(seed))
    assert 250 >= red > green > blue >= 15
