"""Checkpoints: all that a training run needs to go on as if it had never stopped.

A file is the SHA-256 of the rest, then what `torch.save` wrote of plain dictionaries, numbers and
tensors. It is read without executing anything in it.
"""

import hashlib
import io
import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from firsthand.core import damage, locking
from firsthand.errors import InputError, TrainingError
from firsthand.runtime.place import replace_bytes
from firsthand.train.growing import grow

KEPT: Final = 2
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_NAME: Final = re.compile(r"step-(\d{8})\.pt")
_UNREAD: Final[tuple[type[Exception], ...]] = (
    pickle.UnpicklingError,
    AssertionError,
    UserWarning,
    *damage.ARRAYS,
)
"""What the restricted unpickler raises, depending on where the bytes are wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A run after `step` steps.

    `identity` says which run this is (recipe, seed, schedule, structure of the network).
    `weights` and `average` are state dictionaries of the network, the second empty where weights
    are not averaged; `optimiser` is the optimiser's.
    """

    step: int
    identity: Mapping[str, str]
    weights: Mapping[str, Tensor]
    average: Mapping[str, Tensor]
    optimiser: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """The newest whole checkpoint of a folder, where there is one, and the files passed over."""

    checkpoint: Checkpoint | None
    path: Path | None
    damaged: tuple[str, ...]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a run's folder; `InputError` at once if another process or thread holds it.

    The kernel frees it when its holder dies, however that comes about.
    """
    with locking.held(folder / ".lock", wait=False) as mine:
        if not mine:
            raise InputError(f"{folder}: another process is training there")
        yield


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint in one step and remove all but the newest `KEPT`.

    Raises `TrainingError`, and replaces nothing, where a weight is no finite number or the disk
    takes no more.
    """
    for name, value in checkpoint.weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise TrainingError(
                f"step {checkpoint.step}: {name} holds values that are no finite numbers, so no "
                f"checkpoint is written; the last good one is {newest_name(folder)}"
            )
    path = folder / f"step-{checkpoint.step:08}.pt"
    try:
        replace_bytes(path, _packed(checkpoint))
        for old in checkpoint_paths(folder)[:-KEPT]:
            old.unlink()
    except OSError as error:
        raise TrainingError(
            f"{path}: cannot be written: {error.strerror}; the last good checkpoint is "
            f"{newest_name(folder)}"
        ) from error
    return path


def write_weights(path: Path, weights: Mapping[str, Tensor], identity: Mapping[str, str]) -> None:
    """Write the weights that a run ended with, for `read_weights`: filters in half precision.

    Raises `TrainingError` where the disk takes no more.
    """
    kept = {name: value.half() if value.ndim > 1 else value for name, value in weights.items()}
    try:
        replace_bytes(path, _packed(Checkpoint(0, identity, kept, {}, {})))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error


def read_weights(path: Path, net: nn.Module) -> str:
    """Load what `write_weights` wrote into `net`; return the start of the file's SHA-256.

    Those of a smaller network of the same kind will do too: `net` then grows out of it, see
    `firsthand.train.growing`. So will a checkpoint, its averaged weights, where it has them.
    Raises `InputError` for what is no such file, or is of another network.
    """
    found = read_checkpoint(path)
    try:
        grow(net, found.average or found.weights)
    except InputError as error:
        raise InputError(f"{path} is of another network: {error}") from error
    return path.read_bytes()[:_DIGEST_BYTES].hex()[:16]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint from hostile bytes; `InputError` says what is wrong with them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    payload = data[_DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != data[:_DIGEST_BYTES]:
        raise InputError(f"{path} is half-written or damaged: its bytes differ from their SHA-256")
    _check_sizes(path, payload)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Detected pickle protocol")  # not of our writing
            table = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except _UNREAD as error:
        raise InputError(f"{path} is no checkpoint: {_first_line(error)}") from error
    return _checked(path, table)


def newest_checkpoint(folder: Path) -> Found:
    """Find the newest whole checkpoint; damaged ones are passed over and told of."""
    damaged: list[str] = []
    for path in reversed(checkpoint_paths(folder)):
        try:
            return Found(read_checkpoint(path), path, tuple(damaged))
        except InputError as error:
            damaged.append(str(error))
    return Found(None, None, tuple(damaged))


def checkpoint_paths(folder: Path) -> list[Path]:
    """Return a folder's checkpoints, oldest first."""
    return sorted(path for path in folder.glob("step-*.pt") if _NAME.fullmatch(path.name))


def newest_name(folder: Path) -> str:
    """Return the newest checkpoint's path for a message, or "none"."""
    paths = checkpoint_paths(folder)
    return str(paths[-1]) if paths else "none: it was before the first"


def _packed(checkpoint: Checkpoint) -> bytes:
    buffer = io.BytesIO()
    torch.save(
        {
            "step": checkpoint.step,
            "identity": dict(checkpoint.identity),
            "weights": dict(checkpoint.weights),
            "average": dict(checkpoint.average),
            "optimiser": dict(checkpoint.optimiser),
        },
        buffer,
    )
    payload = buffer.getvalue()
    return hashlib.sha256(payload).digest() + payload


def _check_sizes(path: Path, payload: bytes) -> None:
    # torch.save compresses nothing: what claims to be larger than the file is a bomb.
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            unpacked_bytes = sum(entry.file_size for entry in archive.infolist())
    except damage.ZIP as error:
        raise InputError(f"{path} is no checkpoint: {error}") from error
    if unpacked_bytes > len(payload):
        raise InputError(
            f"{path} is no checkpoint: {len(payload)} bytes that unpack to {unpacked_bytes}"
        )


def _checked(path: Path, table: object) -> Checkpoint:
    if not isinstance(table, dict) or set(table) != {
        "step",
        "identity",
        "weights",
        "average",
        "optimiser",
    }:
        raise InputError(f"{path} is no checkpoint of this program")
    step, identity, optimiser = table["step"], table["identity"], table["optimiser"]
    good = (
        type(step) is int
        and step >= 0
        and isinstance(identity, dict)
        and all(type(k) is str and type(v) is str for k, v in identity.items())
        and isinstance(optimiser, dict)
        and all(_is_state(table[key]) for key in ("weights", "average"))
    )
    if not good:
        raise InputError(f"{path} is no checkpoint of this program: its fields have wrong types")
    return Checkpoint(step, identity, table["weights"], table["average"], optimiser)


def _is_state(value: object) -> bool:
    return isinstance(value, dict) and all(
        type(k) is str and isinstance(v, Tensor) for k, v in value.items()
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
