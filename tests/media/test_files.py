import os

import numpy as np
import pytest

from firsthand.errors import MediaError, ShapeError
from firsthand.media import VideoWriter, as_rgb, write_image
from firsthand.media.files import replacing, require_place, temporary_beside

IMAGE = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("file/x.mp4", "there is no directory"),
        ("gone/x.mp4", "there is no directory"),
        ("folder.mp4", "is a directory"),
        ("pipe.mp4", "is a pipe or a device"),
        ("a\0b.mp4", "zero byte"),
        ("l" * 300 + ".mp4", "File name too long"),
    ],
)
def test_a_place_where_no_file_can_be_is_told(tmp_path, name, problem):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    before = sorted(tmp_path.iterdir())
    path = tmp_path / name
    with pytest.raises(MediaError, match=problem):
        require_place(path)
    with pytest.raises(MediaError, match=problem), replacing(path) as temporary:
        temporary.write_text("x")
    with pytest.raises(MediaError, match=problem):
        VideoWriter(path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_goes_away_meanwhile_hides_no_error(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ZeroDivisionError), replacing(folder / "x") as temporary:
        vanish(temporary, folder)


def vanish(temporary, folder):
    folder.rmdir()
    folder.write_text("a file now")
    raise ZeroDivisionError


def test_the_longest_names_can_be_written(tmp_path):
    path = tmp_path / ("n" * 251 + ".png")
    write_image(path, IMAGE)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert temporary_beside(path).suffix == ".png"


@pytest.mark.parametrize("thing", [None, "x.jpg", [[1, 2], [3, 4]]])
def test_what_is_no_array_is_no_image(thing):
    with pytest.raises(ShapeError, match="NumPy array"):
        as_rgb(thing)
