"""Samples are made once, the same wherever and in however many turns."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import InputError
from firsthand.train.hands import preparation
from firsthand.train.hands.cutouts import open_cutouts
from firsthand.train.hands.preparation import Backdrops, Pasted, Rendered, Taught, prepare


def test_what_is_missing_is_made_and_the_rest_kept(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    wanted = Backdrops(preparation.PER_FILE + 20, 3)
    made = prepare(tmp_path, [wanted], None, tell=lambda *args: told.append(args))[wanted]
    assert len(made) == wanted.count
    assert not any(made.hands)
    assert told[0] == ("backdrops-3", 0, wanted.count)
    assert told[-1] == ("backdrops-3", wanted.count, wanted.count)

    first, second = sorted((tmp_path / "backdrops-3").glob("samples-*.npz"))
    kept, lost = first.stat().st_mtime_ns, second.read_bytes()
    second.unlink()
    (tmp_path / "backdrops-3" / "samples-00001.77.part").write_bytes(lost[:1000])
    again = prepare(tmp_path, [wanted], None, processes=1)[wanted]
    assert first.stat().st_mtime_ns == kept
    assert second.read_bytes() == lost
    assert again.names == made.names

    fewer = Backdrops(5, 3)
    assert prepare(tmp_path, [fewer], None)[fewer].names == made.names[:5]


@pytest.mark.parametrize("wanted", [Taught(), Pasted("scenes", 10, 0)])
def test_photographs_need_their_folder(tmp_path: Path, wanted: Taught | Pasted) -> None:
    with pytest.raises(InputError, match="--data"):
        prepare(tmp_path, [wanted], None)
    with pytest.raises(InputError, match="sign_digits"):
        prepare(tmp_path, [wanted], tmp_path)


def test_photographs_are_labelled_alike_by_one_process_and_by_two(
    tmp_path: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = tmp_path / "data"
    for folder in (*(f"sign_digits/{digit}" for digit in range(10)), "handpose_x/unlabelled"):
        photographs = sorted((data_root / "hands" / folder).iterdir())
        (few / "hands" / folder).mkdir(parents=True)
        shutil.copy(photographs[0], few / "hands" / folder)
    monkeypatch.setattr(preparation, "_AT_ONCE", 4)
    made = []
    for processes in (1, 2):
        told: list[tuple[str, int, int]] = []
        kitchen = tmp_path / f"by {processes}"
        folder = prepare(
            *(kitchen, [Taught()], few),
            processes=processes,
            tell=lambda *args, told=told: told.append(args),
        )[Taught()]
        made.append((folder.names, open_cutouts(kitchen / "cutouts")))
        assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
        assert told[-1][1] == told[-1][2]
    (names, one), (again, two) = made
    assert names == again
    assert len(one) >= 4
    for first, second in zip(one, two, strict=True):
        assert np.array_equal(first.alpha, second.alpha)
        assert np.array_equal(first.truth.keypoints, second.truth.keypoints)


def test_each_ingredient_has_a_folder_of_its_own() -> None:
    each = [
        *(Rendered(kind, 1, seed) for kind in ("crop", "scene") for seed in (0, 1)),
        *(Pasted(kind, 1, 0, out) for kind in ("landmarks", "scenes") for out in (True, False)),
        *(Taught(out) for out in (True, False)),
        Backdrops(1, 0),
    ]
    assert len({one.folder for one in each}) == len(each)
