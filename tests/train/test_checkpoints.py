"""Checkpoints come back whole, and hostile bytes are refused."""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from firsthand.errors import InputError, TrainingError
from firsthand.train.checkpoints import (
    Checkpoint,
    newest_checkpoint,
    read_checkpoint,
    read_weights,
    write_checkpoint,
    write_weights,
)


def a_checkpoint(step: int = 3) -> Checkpoint:
    weights = {"w": torch.arange(6.0).reshape(2, 3), "n": torch.tensor(4)}
    return Checkpoint(step, {"recipe": "r"}, weights, {}, {"state": {0: {"step": torch.ones(1)}}})


def sealed(path: Path, payload: bytes) -> Path:
    path.write_bytes(hashlib.sha256(payload).digest() + payload)
    return path


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    read = read_checkpoint(write_checkpoint(tmp_path, a_checkpoint()))
    assert read.step == 3
    assert read.identity == {"recipe": "r"}
    assert torch.equal(read.weights["w"], a_checkpoint().weights["w"])
    assert read.optimiser["state"][0]["step"] == 1


def test_weights_come_back_in_half_the_bytes(tmp_path: Path) -> None:
    path, net, other = tmp_path / "weights.pt", nn.Linear(300, 100), nn.Linear(300, 100)
    write_weights(path, net.state_dict(), {"recipe": "r"})
    assert path.stat().st_size < 300 * 100 * 2 + 4000
    assert read_weights(path, other) == path.read_bytes()[:8].hex()
    torch.testing.assert_close(other.weight, net.weight, rtol=1e-3, atol=1e-6)
    assert torch.equal(other.bias, net.bias)


def test_a_checkpoints_averaged_weights_can_be_begun_from(tmp_path: Path) -> None:
    net, average = nn.Linear(2, 2), nn.Linear(2, 2)
    weights, averaged = net.state_dict(), average.state_dict()
    for kept, wanted in ((averaged, average.weight), ({}, net.weight)):
        path = write_checkpoint(tmp_path, Checkpoint(1, {}, weights, kept, {}))
        other = nn.Linear(2, 2)
        read_weights(path, other)
        assert torch.equal(other.weight, wanted)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    write_weights(path, nn.Linear(4, 2).state_dict(), {})
    with pytest.raises(InputError, match=r"of another network: .*weight.*2, 4.*2, 3"):
        read_weights(path, nn.Linear(3, 2))
    (tmp_path / ".weights.pt.part").mkdir()
    with pytest.raises(TrainingError, match="cannot be written"):
        write_weights(path, nn.Linear(3, 2).state_dict(), {})


def test_a_disk_that_takes_no_more_is_told_of_and_costs_nothing(tmp_path: Path) -> None:
    kept = write_checkpoint(tmp_path, a_checkpoint(3))
    (tmp_path / ".step-00000004.pt.part").mkdir()
    with pytest.raises(TrainingError, match=r"cannot be written.*last good.*step-00000003.pt"):
        write_checkpoint(tmp_path, a_checkpoint(4))
    assert newest_checkpoint(tmp_path).path == kept


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    (tmp_path / "step-1.pt").write_bytes(b"not a name of ours")
    found = newest_checkpoint(tmp_path)
    assert found.checkpoint is None
    assert found.damaged == ()


@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_told_of(tmp_path_factory: pytest.TempPathFactory, cut: float) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = write_checkpoint(folder, a_checkpoint())
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    with pytest.raises(InputError, match="half-written or damaged"):
        read_checkpoint(path)
    assert len(newest_checkpoint(folder).damaged) == 1


@given(data=st.data())
def test_any_byte_changed_under_a_right_sum_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    payload = bytearray(write_checkpoint(folder, a_checkpoint()).read_bytes()[32:])
    for _ in range(3):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_checkpoint(sealed(folder / "step-00000009.pt", bytes(payload)))
    except InputError:
        return
    assert read.step >= 0


class Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("attacked"),)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"PK\x03\x04",
        pickle.dumps({"step": 1}),
        saved(Attack()),
        saved({"step": Attack()}),
        saved([1, 2]),
        saved({"step": 1}),
        saved({"step": -1, "identity": {}, "weights": {}, "average": {}, "optimiser": {}}),
        saved({"step": 1, "identity": {}, "weights": {"w": 1}, "average": {}, "optimiser": {}}),
        saved({"step": 1, "identity": {"a": 1}, "weights": {}, "average": {}, "optimiser": {}}),
        saved({"step": 1, "identity": {}, "weights": {}, "average": {}, "optimiser": 3}),
    ],
)
def test_hostile_bytes_are_refused(
    tmp_path: Path, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="is no checkpoint"):
        read_checkpoint(sealed(tmp_path / "step-00000001.pt", payload))
    assert not (tmp_path / "attacked").exists()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1 << 24))
    with pytest.raises(InputError, match="unpack to 16777216"):
        read_checkpoint(sealed(tmp_path / "step-00000001.pt", buffer.getvalue()))


def test_a_missing_file_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_checkpoint(tmp_path / "step-00000001.pt")
