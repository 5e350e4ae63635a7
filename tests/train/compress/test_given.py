"""What users give to be compressed."""

import cv2
import numpy as np
import pytest
import torch
from colours import SIDE, Small, colours

from firsthand.errors import ConfigError, FirsthandError, InputError, MediaError
from firsthand.train.compress.given import made_by, read_arrays, read_pictures
from firsthand.train.compress.kept import read_kept, write_kept

CODE = """
from torch import nn

class Own(nn.Module):
    pass

def make(classes):
    return nn.Linear(3, classes)

def plain():
    return nn.Linear(3, 2)

def optional(classes=7):
    return nn.Linear(3, classes)

def wrong():
    return 3

def raising():
    raise RuntimeError("no weights")
"""


def write_folder(folder, count: int = 12) -> None:
    pictures = colours(count)
    for at, (pixels, label) in enumerate(zip(pictures.pixels, pictures.labels, strict=True)):
        place = folder / pictures.names[label]
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{at}.png"), pixels[..., ::-1])


def test_a_function_of_a_file_makes_the_network(tmp_path) -> None:
    path = tmp_path / "own.py"
    path.write_text(CODE)
    assert made_by(f"{path}:make", 5).out_features == 5
    assert made_by(f"{path}:plain", 5).out_features == 2
    assert made_by(f"{path}:optional", 5).out_features == 7
    for name, told in (
        ("wrong", "returned a int"),
        ("raising", "RuntimeError: no weights"),
        ("absent", "no function 'absent'"),
    ):
        with pytest.raises(ConfigError, match=told):
            made_by(f"{path}:{name}", 5)
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_this_name")
    with pytest.raises(ConfigError, match="ModuleNotFoundError"):
        made_by(f"{broken}:make", 5)
    for text in ("own.py", "own.txt:make", ":make", f"{tmp_path}/absent.py:make", "own.py:1"):
        with pytest.raises(ConfigError):
            made_by(text, 5)


def test_folders_for_classes_are_read_and_a_fifth_is_held_out(tmp_path) -> None:
    write_folder(tmp_path, 30)
    first, second = read_pictures(tmp_path, None, 0)
    assert (len(first), len(second)) == (24, 6)
    assert first.size_px == (SIDE, SIDE)
    assert first.names == ("blue", "green", "red")
    assert (np.bincount(second.labels) == 2).all()
    brightest = first.pixels.mean((1, 2)).argmax(1)
    assert (2 - brightest == first.labels).all()
    small, _ = read_pictures(tmp_path, (8, 8), 0)
    assert small.size_px == (8, 8)


def test_two_parts_or_two_files_are_taken_as_they_are(tmp_path) -> None:
    write_folder(tmp_path / "a" / "train")
    write_folder(tmp_path / "a" / "test", 6)
    first, second = read_pictures(tmp_path / "a", None, 0)
    assert (len(first), len(second)) == (12, 6)
    (tmp_path / "b").mkdir()
    pictures = colours(9)
    for part in ("train", "test"):
        np.savez(tmp_path / "b" / f"own_{part}.npz", pixels=pictures.pixels, labels=pictures.labels)
    first, second = read_pictures(tmp_path / "b", None, 0)
    np.testing.assert_array_equal(first.pixels, pictures.pixels)
    assert second.classes == 3


def test_what_is_wrong_with_pictures_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_pictures(tmp_path / "absent", None, 0)
    with pytest.raises(InputError, match="has no pictures in folders"):
        read_pictures(tmp_path, None, 0)
    write_folder(tmp_path)
    cv2.imwrite(str(tmp_path / "red" / "wide.png"), np.zeros((8, 30, 3), np.uint8))
    with pytest.raises(InputError, match=r"several sizes .*30x8.* say --size"):
        read_pictures(tmp_path, None, 0)
    (tmp_path / "red" / "wide.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(MediaError, match=r"wide\.png"):
        read_pictures(tmp_path, (8, 8), 0)


@pytest.mark.parametrize(
    "arrays",
    [
        {"pixels": np.zeros((2, 4, 4, 3), np.float32), "labels": np.zeros(2, int)},
        {"pixels": np.zeros((2, 4, 4, 3), np.uint8), "labels": np.zeros(3, int)},
        {"pixels": np.zeros((2, 4, 4, 3), np.uint8), "labels": np.array([0, -1])},
        {"pixels": np.zeros((0, 4, 4, 3), np.uint8), "labels": np.zeros(0, int)},
        {"labels": np.zeros(3, int)},
    ],
)
def test_arrays_that_are_no_pictures_are_refused(tmp_path, arrays) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(InputError):
        read_arrays(tmp_path / "x.npz")


def test_torn_arrays_are_refused(tmp_path) -> None:
    whole = tmp_path / "x.npz"
    pictures = colours(4)
    np.savez(whole, pixels=pictures.pixels, labels=pictures.labels)
    data = whole.read_bytes()
    for cut in (0, 10, len(data) // 2, len(data) - 30):
        whole.write_bytes(data[:cut])
        with pytest.raises(FirsthandError):
            read_arrays(whole)


def test_kept_weights_are_nearly_those_that_were_given(tmp_path) -> None:
    torch.manual_seed(0)
    given, read = Small(3), Small(3)
    write_kept(tmp_path / "w.npz", given)
    read_kept(tmp_path / "w.npz", read)
    for (name, a), b in zip(given.state_dict().items(), read.state_dict().values(), strict=True):
        limit = float(a.abs().max()) / 127 / 2 if a.ndim > 1 else 0
        assert float((a - b).abs().max()) <= limit + 1e-7, name
    with pytest.raises(InputError, match="does not fit Small"):
        read_kept(tmp_path / "w.npz", Small(4))
    (tmp_path / "w.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="holds no weights"):
        read_kept(tmp_path / "w.npz", Small(3))
