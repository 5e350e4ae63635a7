from pathlib import Path

import cv2
import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.train.hands.preparation import Other, prepare
from firsthand.train.hands.things import SIDE_PX, Things, thing_samples

COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200))


def write(data: Path, **changed: object) -> Path:
    """Three plain photographs in the form of the packed set, some arrays changed."""
    header, payload, offsets = b"", b"", [0]
    for red, green, blue in COLOURS:
        image = np.full((32, 32, 3), (blue, green, red), np.uint8)
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()
        scan = encoded.index(b"\xff\xda")
        start = scan + 2 + int.from_bytes(encoded[scan + 2 : scan + 4], "big")
        header, payload = encoded[:start], payload + encoded[start:-2]
        offsets.append(len(payload))
    arrays = {
        "header": np.frombuffer(header, np.uint8),
        "payload": np.frombuffer(payload, np.uint8),
        "offsets": np.array(offsets),
    }
    path = data / "cifar10" / "cifar10_jpegq75_train.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{**arrays, **changed})
    return path


def test_photographs_are_those_that_were_packed(tmp_path: Path) -> None:
    write(tmp_path)
    things = Things.open(tmp_path)
    assert len(things) == len(COLOURS)
    for index, colour in enumerate(COLOURS):
        assert np.abs(things[index].astype(int) - colour).max() <= 6


def test_pictures_show_no_hand_and_depend_on_seed_and_number(tmp_path: Path) -> None:
    write(tmp_path)
    things = Things.open(tmp_path)
    whole = list(thing_samples(7, 6, things))
    assert all(sample.image.shape == (SIDE_PX, SIDE_PX, 3) for sample in whole)
    assert not any(sample.hands for sample in whole)
    for again, before in zip(thing_samples(7, 2, things, first=4), whole[4:], strict=True):
        assert (again.name, again.image.tobytes()) == (before.name, before.image.tobytes())
    assert len({sample.image.tobytes() for sample in whole}) > 1


def test_recipes_get_a_folder_of_them(tmp_path: Path) -> None:
    write(tmp_path / "data")
    wanted = Other(3, 0)
    opened = prepare(tmp_path / "kitchen", [wanted], tmp_path / "data", processes=1)
    assert len(opened[wanted]) == 3
    with pytest.raises(InputError, match="--data"):
        prepare(tmp_path / "elsewhere", [wanted], None)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"offsets": np.array([0, 5, 5])}, "offsets"),
        ({"offsets": np.array([0, 10**9])}, "offsets"),
        ({"offsets": np.array([0])}, "offsets"),
        ({"header": np.array([None], object)}, "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, changed: dict[str, object], complaint: str
) -> None:
    path = write(tmp_path, **changed)
    with pytest.raises(InputError, match=complaint) as told:
        Things.open(tmp_path)
    assert str(path) in str(told.value)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Things.open(tmp_path)
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be read"):
        Things.open(tmp_path)


def test_a_damaged_photograph_is_named(tmp_path: Path) -> None:
    write(tmp_path, header=np.zeros(20, np.uint8))
    with pytest.raises(InputError, match="photograph 1 is damaged"):
        Things.open(tmp_path)[1]
