from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.train.hands.cutouts import Cutout, cut_out, cut_outs, open_cutouts, write_cutouts
from firsthand.train.hands.samples import Sample

from .drawn_hands import SKIN, WALL, cutout, drawn, truth


def test_a_cut_out_is_opaque_inside_and_clear_outside() -> None:
    found = cutout()
    x, y = found.truth.keypoints[9, :2].astype(int)
    assert found.alpha[y, x] == 255
    assert found.alpha[2, 2] == 0
    assert found.alpha.shape == found.image.shape[:2]
    assert ((found.alpha > 0) & (found.alpha < 255)).any()


def test_the_edge_has_the_hands_colour() -> None:
    found = cutout()
    edge = (found.alpha > 40) & (found.alpha < 220)
    colours = found.image[edge].astype(int)
    assert np.abs(colours - SKIN).sum(axis=1).mean() < 0.2 * np.abs(np.subtract(SKIN, WALL)).sum()


def test_the_arm_points_from_the_knuckle_over_the_wrist() -> None:
    found = cutout()
    assert np.hypot(*found.arm) == pytest.approx(1, abs=1e-5)
    assert found.arm[1] > 0.99


def test_what_cannot_be_cut_out_is_told() -> None:
    image = drawn().image
    samples = [
        drawn(seed=1),
        Sample(image, (), "nobody"),
        Sample(image, (truth(), truth()), "two"),
        Sample(drawn(wall=SKIN).image, (truth(),), "camouflage"),
    ]
    found = cut_outs(samples)
    assert [each.name for each in found.cutouts] == ["drawn 1"]
    assert [name for name, _ in found.dropped] == ["nobody", "two", "camouflage"]
    assert sum(found.reasons().values()) == 3
    assert found.reasons()["2 hands, not one"] == 1
    assert cut_out(samples[1]) == "0 hands, not one"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cutouts = [cutout(), cutout(1.5)]
    write_cutouts(tmp_path / "new", cutouts)
    for wrote, read in zip(cutouts, open_cutouts(tmp_path / "new"), strict=True):
        assert wrote.name == read.name
        np.testing.assert_array_equal(wrote.alpha, read.alpha)
        np.testing.assert_array_equal(wrote.truth.keypoints, read.truth.keypoints)
        np.testing.assert_allclose(wrote.arm, read.arm)
        assert np.abs(wrote.image.astype(int) - read.image).mean() < 5
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_what_an_interruption_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "new.part").mkdir()
    (tmp_path / "new.part" / "samples-00000.npz").write_bytes(b"half")
    write_cutouts(tmp_path / "new", [cutout()])
    assert len(open_cutouts(tmp_path / "new")) == 1


def test_folders_in_use_and_nothing_to_write_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cut-out"):
        write_cutouts(tmp_path / "new", [])
    write_cutouts(tmp_path / "new", [cutout()])
    with pytest.raises(InputError, match="not empty"):
        write_cutouts(tmp_path / "new", [cutout()])


def damaged(folder: Path, **changes: np.ndarray) -> None:
    with np.load(folder / "alphas.npz") as file:
        table = {key: file[key] for key in file.files}
    np.savez(folder / "alphas.npz", **{**table, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"sizes": np.array([3])},
        {"sizes": np.array([3, 1000000])},
        {"sizes": np.array(["a", "b"])},
        {"png": np.zeros(0, np.uint8)},
        {"png": np.zeros(5000, np.uint8)},
        {"arms": np.zeros((1, 2))},
        {"arms": np.zeros(3)},
        {"arms": np.array([{}], dtype=object)},
    ],
)
def test_damaged_alphas_are_refused(tmp_path: Path, changes: dict[str, np.ndarray]) -> None:
    write_cutouts(tmp_path / "new", [cutout(), cutout()])
    damaged(tmp_path / "new", **changes)
    with pytest.raises(InputError, match="alpha"):
        open_cutouts(tmp_path / "new")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no archive"])
def test_missing_or_broken_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    write_cutouts(tmp_path / "new", [cutout()])
    path = tmp_path / "new" / "alphas.npz"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="missing or damaged"):
        open_cutouts(tmp_path / "new")


def test_a_cut_out_is_what_cut_out_gives() -> None:
    assert isinstance(cut_out(drawn()), Cutout)
