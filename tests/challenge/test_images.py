"""The challenge's images: where they are, and how models see them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.challenge.images import Prepared, open_images, prepared_for
from firsthand.errors import InputError, ModelError
from firsthand.media import write_image
from firsthand.runtime import ModelCard, TensorCard


def picture(path: Path, value: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.full((40, 60, 3), value, np.uint8))
    return path


def card(meaning: str = "", preprocessing: str = "") -> ModelCard:
    tensors = (TensorCard("x", (1, 8, 8, 3), "float32", meaning),) if meaning else ()
    return ModelCard(
        *("a", "1", "t", "d", "tflite", "0" * 64, 1, "x"),
        inputs=tensors,
        preprocessing=preprocessing,
    )


def spec(shape=(1, 8, 8, 3), dtype="float32", scale=None, zero_point=None):
    return {"shape": shape, "dtype": dtype, "scale": scale, "zero_point": zero_point}


def test_folders_are_classes(tmp_path) -> None:
    for kind in ("cat", "dog"):
        for n in range(3):
            picture(tmp_path / kind / f"{n}.png")
    (tmp_path / "dog" / "notes.txt").write_text("no image")
    found = open_images(tmp_path, seed=1)
    assert (len(found), found.classes, found.names) == (6, 2, ("cat", "dog"))
    for path, label in zip(found.files, found.labels, strict=True):
        assert path.parent.name == found.names[label]
    assert open_images(tmp_path, seed=1) == found
    assert len(open_images(tmp_path, most=4)) == 4


def test_a_table_tells_the_classes(tmp_path) -> None:
    picture(tmp_path / "images" / "a.png")
    picture(tmp_path / "b.png")
    (tmp_path / "labels.csv").write_text("file,class_index\na.png,7\nb.png,0\n")
    found = open_images(tmp_path)
    assert {path.name: label for path, label in zip(found.files, found.labels, strict=True)} == {
        "a.png": 7,
        "b.png": 0,
    }
    assert found.classes == 8


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("file,class_index\na.png,-1\n", "line 2: a class is a number from 0 on, not '-1'"),
        ("file,class_index\na.png,cat\n", "not 'cat'"),
        ("file,class_index\na.png,1e9\n", "not '1e9'"),
        ("file,class_index\na.png\n", "not ''"),
        ("file,class_index\nb.png,1\n", "there is no image 'b.png'"),
        ("file,class_index\n../outside.png,1\n", "there is no image '../outside.png'"),
        ("name,kind\na.png,1\n", "needs the columns file"),
        ("", "needs the columns file"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, table, why) -> None:
    picture(tmp_path / "data" / "a.png")
    picture(tmp_path / "outside.png")
    (tmp_path / "data" / "labels.csv").write_text(table)
    with pytest.raises(InputError, match=why):
        open_images(tmp_path / "data")


def test_a_folder_without_images_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="has no images"):
        open_images(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        open_images(tmp_path / "none")


@given(st.integers(0, 255), st.sampled_from([(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0)]))
def test_values_are_what_the_model_wants(value, limits) -> None:
    low, high = limits
    pixels = np.full((60, 80, 3), value, np.uint8)
    real = low + value / 255 * (high - low)
    assert Prepared(8, 6, np.dtype("f4"), low, high)(pixels) == pytest.approx(real, abs=1e-4)
    scale = (high - low) / 255
    for dtype, least in (("u1", 0), ("i1", -128)):
        zero = round(least - low / scale)
        whole = Prepared(8, 6, np.dtype(dtype), low, high, scale, zero)(pixels)
        assert scale * (whole.astype(float) - zero) == pytest.approx(real, abs=1.01 * scale)
    assert Prepared(8, 6, np.dtype("u1"))(pixels).max() == value


def test_another_scale_is_kept_to() -> None:
    """The model's whole numbers are coarser than pixels."""
    pixels = np.full((60, 80, 3), 255, np.uint8)
    seen = Prepared(8, 8, np.dtype("i1"), 0.0, 1.0, 0.02, -10)(pixels)
    assert set(seen.ravel()) == {40}


def test_the_middle_is_seen() -> None:
    pixels = np.zeros((80, 160, 3), np.uint8)
    pixels[5:75, 45:115] = 255
    assert Prepared(70, 70, np.dtype("u1"))(pixels).min() == 255


def test_the_card_tells_the_range() -> None:
    for given_card in (card("pixels, 0..1, RGB"), card(preprocessing="scale to 0.0 .. 1.0")):
        assert prepared_for([spec()], given_card).low == 0
    assert prepared_for([spec()], card()).low == -1
    assert prepared_for([spec()], card("0..1"), (0.0, 255.0)).high == 255


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ([], "0 inputs"),
        ([spec(), spec()], "2 inputs"),
        ([spec((1, -1, -1, 3))], "open shape"),
        ([spec((1, 3, 8, 8))], r"\(1, height, width, 3\) is wanted"),
        ([spec((8, 8))], "is wanted"),
        ([spec((2, 8, 8, 3))], "is wanted"),
        ([spec((1, 2000, 8, 3))], "1 to 1000"),
        ([spec(dtype="int64")], "its input is int64"),
    ],
)
def test_what_takes_no_image_is_refused(inputs, why) -> None:
    with pytest.raises(ModelError, match=why):
        prepared_for(inputs, card())


def test_a_range_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(InputError, match="from a lower to a higher"):
        prepared_for([spec()], card(), (1.0, 0.0))
