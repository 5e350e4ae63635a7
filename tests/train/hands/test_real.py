import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.train.hands.real import DIGITS, is_held_out, people_of, shippable


def photograph(path: Path, value: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 8, 3), value, np.uint8))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two people's ten digits, the second without 3, and a photograph of handpose_x."""
    signs = tmp_path / "hands" / "sign_digits"
    for person in (1000, 1010):
        for digit in range(10):
            if (person, digit) != (1010, 3):
                photograph(signs / str(digit) / f"IMG_{person + digit}.JPG")
    photograph(tmp_path / "hands" / "handpose_x" / "unlabelled" / "a hand.jpg")
    photograph(tmp_path / "hands" / "handpose_x" / "labelled.jpg")
    return tmp_path


def test_people_are_told_apart_by_digit_and_number(data: Path) -> None:
    found = shippable(data)
    assert found.unreadable == ()
    assert len(found.photographs) == 20
    people = {photograph.person for photograph in found.photographs}
    assert people == {"sign_digits 1000", "sign_digits 1010", "handpose_x"}
    for photo in found.photographs:
        assert photo.held_out == is_held_out(photo.person)
        assert photo.image.shape == (8, 8, 3)


def test_labelled_photographs_are_left_for_measuring(data: Path) -> None:
    names = [photo.name for photo in shippable(data).photographs]
    assert "hands/handpose_x/unlabelled/a hand.jpg" in names
    assert not any("labelled.jpg" in name.replace("unlabelled/", "") for name in names)


def test_a_person_ends_where_digits_fall_or_numbers_leap() -> None:
    digits = {"IMG_0100.JPG": 0, "IMG_0104.JPG": 4, "IMG_0114.JPG": 5, "IMG_0115.JPG": 2}
    assert people_of(digits) == {
        "IMG_0100.JPG": 100,
        "IMG_0104.JPG": 100,
        "IMG_0114.JPG": 114,
        "IMG_0115.JPG": 115,
    }


def test_numbers_are_ordered_as_numbers() -> None:
    assert people_of({"IMG_10000.JPG": 1, "IMG_9999.JPG": 0})["IMG_10000.JPG"] == 9999


def test_a_fifth_of_many_people_is_held_out_and_always_the_same() -> None:
    held = [number for number in range(2000) if is_held_out(f"sign_digits {number}")]
    assert 340 < len(held) < 460
    assert held[:6] == [
        2,
        6,
        19,
        24,
        26,
        30,
    ]  # must never change: it would train on what was measured with


def test_an_unreadable_photograph_is_named(data: Path) -> None:
    bad = data / "hands" / "sign_digits" / "4" / "IMG_1004.JPG"
    bad.write_bytes(b"\xff\xd8\xff\xe0 no more of it")
    found = shippable(data)
    assert len(found.photographs) == 19
    (unused,) = found.unreadable
    assert unused.name == "hands/sign_digits/4/IMG_1004.JPG"
    assert "IMG_1004.JPG" in unused.reason


def test_an_unreadable_photograph_still_tells_whose_the_next_ones_are(data: Path) -> None:
    (data / "hands" / "sign_digits" / "0" / "IMG_1000.JPG").write_bytes(b"")
    people = {photograph.person for photograph in shippable(data).photographs}
    assert "sign_digits 1000" in people


@pytest.mark.parametrize("digit", ["0", "3", "9"])
def test_an_empty_class_folder_is_named(data: Path, digit: str) -> None:
    folder = data / "hands" / "sign_digits" / digit
    for path in folder.iterdir():
        path.unlink()
    (folder / "notes.txt").write_text("nothing here")
    with pytest.raises(InputError, match=rf"sign_digits/{digit} is empty"):
        shippable(data)


def test_a_missing_folder_is_named(data: Path) -> None:
    shutil.rmtree(data / "hands" / "handpose_x")
    with pytest.raises(InputError, match=r"unlabelled is missing; --data"):
        shippable(data)


def test_a_class_of_which_nothing_can_be_read_is_named(data: Path) -> None:
    for path in (data / "hands" / "sign_digits" / "7").iterdir():
        path.write_bytes(b"none")
    with pytest.raises(InputError, match=r"sign_digits/7: none of its 2 photographs"):
        shippable(data)


@pytest.mark.parametrize("name", ["hand.jpg", "IMG_.jpg", "IMG_12x.jpg", "IMG_9999999999.jpg"])
def test_a_name_that_tells_no_person_is_refused(data: Path, name: str) -> None:
    photograph(data / "hands" / "sign_digits" / "0" / name)
    with pytest.raises(InputError, match="whose hand"):
        shippable(data)


@pytest.mark.data
def test_the_real_set(data_root: Path) -> None:
    found = shippable(data_root)
    assert found.unreadable == ()
    assert len(found.photographs) == 1650
    assert {photo.digit for photo in found.photographs} == {None, *map(int, DIGITS)}
    people = {photo.person for photo in found.photographs}
    held = {photo.person for photo in found.photographs if photo.held_out}
    assert (len(people), len(held)) == (217, 50)
    assert sum(photo.held_out for photo in found.photographs) == 403
    assert "handpose_x" not in held
