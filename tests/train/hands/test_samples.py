"""What is written is read back; what is damaged is named."""

from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.samples import (
    HandTruth,
    Sample,
    SampleFolder,
    write_sample_file,
    write_samples,
)


def sample(number: int, hands: int = 1) -> Sample:
    rng = np.random.default_rng(number)
    truths = tuple(
        HandTruth(
            rng.random((21, 3), np.float32) * 90,
            rng.random((21, 3), np.float32) if each % 2 else np.full((21, 3), np.nan, np.float32),
            rng.random(21) < 0.8,
            float(np.float32(rng.random())),
            bool(rng.random() < 0.5),
            ("synthetic", "teacher", "people")[each % 3],
        )
        for each in range(hands)
    )
    image = np.full((40 + number, 60, 3), number * 20, np.uint8)
    return Sample(image, truths, f"made/{number}")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = [sample(number, number % 4) for number in range(7)]
    assert write_samples(tmp_path, made, per_file=3) == 7
    read = SampleFolder.open(tmp_path)
    assert len(read) == 7
    for old, new in zip(made, read, strict=True):
        assert new.name == old.name
        assert new.image.shape == old.image.shape
        assert np.abs(new.image.astype(int) - old.image).max() <= 2  # flat colours survive JPEG
        assert len(new.hands) == len(old.hands)
        for one, other in zip(old.hands, new.hands, strict=True):
            assert np.array_equal(one.keypoints, other.keypoints)
            assert np.array_equal(one.metres, other.metres, equal_nan=True)
            assert np.array_equal(one.known, other.known)
            assert (one.seen, one.right, one.origin) == (other.seen, other.right, other.origin)


def test_more_is_written_after_what_is_there(tmp_path: Path) -> None:
    write_samples(tmp_path, [sample(1)])
    write_samples(tmp_path, [sample(2)])
    assert SampleFolder.open(tmp_path).names == ("made/1", "made/2")
    assert SampleFolder.open(tmp_path).first(1).names == ("made/1",)
    with pytest.raises(InputError, match="3 samples are wanted, there are 2"):
        SampleFolder.open(tmp_path).first(3)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to train on"):
        SampleFolder.open(tmp_path)


def damaged(good: bytes) -> list[bytes]:
    return [b"", b"PK\x03\x04", good[: len(good) // 2], good[:-30], b"\x93NUMPY" + good[6:]]


@pytest.mark.parametrize("number", range(5))
def test_a_damaged_file_is_named(tmp_path: Path, number: int) -> None:
    path = tmp_path / "samples-00000.npz"
    write_sample_file(path, [sample(0), sample(1)])
    path.write_bytes(damaged(path.read_bytes())[number])
    with pytest.raises(InputError, match=r"samples-00000\.npz"):
        SampleFolder.open(tmp_path)


def test_objects_that_would_run_code_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "samples-00000.npz"
    write_sample_file(path, [sample(0)])
    with np.load(path) as file:
        table = {key: file[key] for key in file.files}
    table["names"] = np.array([object()])
    np.savez(path, **table)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="damaged"):
        SampleFolder.open(tmp_path)


def test_bytes_that_are_no_image_are_told_when_decoded(tmp_path: Path) -> None:
    path = tmp_path / "samples-00000.npz"
    write_sample_file(path, [sample(0)])
    with np.load(path) as file:
        table = {key: file[key] for key in file.files}
    table["jpeg"] = np.zeros_like(table["jpeg"])
    np.savez(path, **table)
    with pytest.raises(InputError, match="made/0"):
        SampleFolder.open(tmp_path)[0]


def test_a_mixture_draws_in_its_shares(tmp_path: Path) -> None:
    write_samples(tmp_path / "one", [sample(1)])
    write_samples(tmp_path / "two", [sample(2)])
    folders = SampleFolder.open(tmp_path / "one"), SampleFolder.open(tmp_path / "two")
    rng = np.random.default_rng(0)
    mixture = Mixture(folders, (3.0, 1.0))
    drawn = [mixture.draw(rng).name for _ in range(800)]
    assert drawn.count("made/1") == pytest.approx(600, abs=60)
    for shares in ((1.0,), (1.0, 0.0), (1.0, -1.0)):
        with pytest.raises(InputError, match="shares"):
            Mixture(folders, shares)
