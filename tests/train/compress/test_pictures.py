"""Labelled pictures, and how training sees them."""

import io

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, MediaError
from firsthand.media import write_image
from firsthand.train.compress.pictures import (
    Batches,
    Disturbance,
    Pictures,
    as_input,
    gathered,
    read_folder,
    read_packed,
)


def made(count: int = 12, classes: int = 3, side: int = 8, seed: int = 0) -> Pictures:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, side, side, 3), np.uint8)
    return Pictures(pixels, np.arange(count) % classes, classes)


@given(st.integers(0, 4), st.booleans(), st.integers(0, 1_000))
def test_a_disturbed_picture_is_a_part_of_it_mirrored_around(shift_px, mirrored, seed) -> None:
    pixels = made(4).pixels
    seen = Disturbance(shift_px, mirrored, 0)(pixels, np.random.default_rng(seed))
    assert seen.shape == pixels.shape
    for one, whole in zip(seen, pixels, strict=True):
        wide = np.pad(whole, ((shift_px,) * 2, (shift_px,) * 2, (0, 0)), mode="reflect")
        ways = (one, one[:, ::-1]) if mirrored else (one,)
        side = whole.shape[0]
        assert any(
            np.array_equal(way, wide[top : top + side, left : left + side])
            for way in ways
            for top in range(2 * shift_px + 1)
            for left in range(2 * shift_px + 1)
        )


def test_a_square_is_hidden() -> None:
    pixels = np.zeros((50, 16, 16, 3), np.uint8)
    seen = Disturbance(0, False, 6)(pixels, np.random.default_rng(1))
    hidden = (seen == 128).all(axis=3).sum(axis=(1, 2))
    assert hidden.max() == 7 * 7
    assert hidden.min() >= 4 * 4


def test_an_epoch_has_every_picture_once_and_repeats() -> None:
    pictures = made(12)
    batches = Batches(pictures, 4, Disturbance(0, False, 0), seed=3)
    for epoch in range(2):
        parts = [batches(3 * epoch + n) for n in range(3)]
        seen = np.concatenate([part["pictures"].numpy() for part in parts])
        whole = as_input(pictures.pixels).numpy()
        assert sorted(map(bytes, seen)) == sorted(map(bytes, whole))
    again = Batches(pictures, 4, Disturbance(0, False, 0), seed=3)(4)
    np.testing.assert_array_equal(batches(4)["pictures"], again["pictures"])
    with pytest.raises(InputError, match="batches of 13 of 12"):
        Batches(pictures, 13, Disturbance(), seed=3)


def test_a_split_has_a_share_of_each_class() -> None:
    first, second = made(30).split(0.2, seed=0)
    assert np.bincount(first.labels).tolist() == [8, 8, 8]
    assert np.bincount(second.labels).tolist() == [2, 2, 2]


def test_packed_pictures_are_read(tmp_path) -> None:
    pixels = np.full((3, 16, 16, 3), [200, 40, 90], np.uint8)
    bodies = [cv2.imencode(".jpg", each[..., ::-1])[1].tobytes() for each in pixels]
    at = next(
        n for n in range(1, len(bodies[0])) if len({body[:n] for body in bodies}) > 1 or n == 100
    )
    header, parts = bodies[0][:at], [body[at:-2] for body in bodies]
    offsets = np.cumsum([0, *map(len, parts)])
    path = tmp_path / "a.npz"
    np.savez(
        path,
        header=np.frombuffer(header, np.uint8),
        payload=np.frombuffer(b"".join(parts), np.uint8),
        offsets=offsets,
        labels=np.array([0, 1, 1], np.uint8),
    )
    found = read_packed(path)
    assert (found.classes, found.size_px) == (2, (16, 16))
    assert np.abs(found.pixels.astype(int) - pixels).max() < 6
    with pytest.raises(InputError, match="no packed pictures"):
        read_packed(tmp_path / "none.npz")
    buffer = io.BytesIO()
    np.savez(buffer, header=np.zeros(2, np.uint8))
    path.write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="no packed pictures"):
        read_packed(path)


def test_a_folder_for_each_class_is_read(tmp_path) -> None:
    for n, kind in enumerate(("cat", "dog")):
        (tmp_path / kind).mkdir()
        write_image(tmp_path / kind / "a.png", np.full((20, 10, 3), 100 * n, np.uint8))
    found = read_folder(tmp_path, (8, 12))
    assert found.pixels.shape == (2, 8, 12, 3)
    assert found.names == ("cat", "dog")
    (tmp_path / "dog" / "b.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"b\.png"):
        read_folder(tmp_path, (8, 8))
    with pytest.raises(InputError, match="has no pictures"):
        read_folder(tmp_path / "cat", (8, 8))


def test_labels_out_of_range_are_refused() -> None:
    pixels = np.zeros((2, 4, 4, 3), np.uint8)
    with pytest.raises(InputError, match="picture 1 has label 3; there are 3 classes"):
        Pictures(pixels, np.array([0, 3]), 3)
    with pytest.raises(InputError, match="uint8"):
        Pictures(pixels.astype(np.float32), np.array([0, 1]), 3)
    with pytest.raises(InputError, match="2 pictures and labels"):
        Pictures(pixels, np.array([0, 1, 2]), 3)


def test_a_loader_gives_what_its_pictures_are() -> None:
    whole = made(10)
    tensors = as_input(whole.pixels), torch.from_numpy(whole.labels)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*tensors), batch_size=4)
    found = gathered(loader, 3)
    np.testing.assert_array_equal(found.pixels, whole.pixels)
    np.testing.assert_array_equal(found.labels, whole.labels)
    octets = [(whole.pixels.transpose(0, 3, 1, 2), whole.labels)]
    np.testing.assert_array_equal(gathered(octets, 3).pixels, whole.pixels)


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([], "has no batches"),
        ([3], "batch 0 is no pair"),
        ([(torch.rand(2, 1, 8, 8), torch.zeros(2).long())], r"not \(2, 1, 8, 8\)"),
        ([(torch.rand(2, 3, 8, 8), torch.zeros(2))], "labels are float32"),
        ([(torch.rand(2, 3, 8, 8), torch.zeros(3).long())], r"\(3,\), of 2"),
        ([(torch.rand(2, 3, 8, 8) - 2, torch.zeros(2).long())], "leave normalisation"),
        ([(torch.full((2, 3, 8, 8), torch.nan), torch.zeros(2).long())], "from nan to nan"),
        ([(torch.rand(2, 3, n, 8), torch.zeros(2).long()) for n in (8, 9)], "batch 1: pictures"),
        ([(torch.rand(2, 3, 8, 8), torch.tensor([0, 3]))], "picture 1 has label 3"),
    ],
)
def test_what_is_no_loader_of_pictures_is_named(batches, words) -> None:
    with pytest.raises(InputError, match=words):
        gathered(batches, 3)
