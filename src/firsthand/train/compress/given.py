"""What a user gives to be compressed: a network that a file of Python makes, and pictures."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from firsthand.core import damage
from firsthand.errors import ConfigError, InputError
from firsthand.media import read_image
from firsthand.media.image import IMAGE_SUFFIXES
from firsthand.train.compress.pictures import Pictures, read_folder, read_packed

_HELD_OUT: Final = 0.2
_FOLDERS: Final = (("train", "test"), ("train", "val"), ("training", "testing"))


def made_by(text: str, classes: int, seed: int = 0) -> nn.Module:
    """Return the network that `FILE.py:FUNCTION` makes.

    The function is called with the number of classes where it takes an argument, torch's random
    numbers being those of `seed`. The file is run as any program of yours is. Raises `ConfigError`
    for what is no such text, file, function or network, and where the file or function raises.
    """
    file, colon, name = text.rpartition(":")
    path = Path(file)
    if not colon or not name.isidentifier() or path.suffix != ".py":
        raise ConfigError(f"{text!r}: FILE.py:FUNCTION is wanted, such as model.py:make")
    make = _function(path, name)
    torch.manual_seed(seed)
    try:
        wants = any(
            each.default is each.empty and each.kind is not each.VAR_KEYWORD
            for each in inspect.signature(make).parameters.values()
        )
        made = make(classes) if wants else make()
    except Exception as error:  # a user's own code may raise anything
        raise ConfigError(f"{text}: {type(error).__name__}: {error}") from error
    if not isinstance(made, nn.Module):
        raise ConfigError(f"{text}: returned a {type(made).__name__}, not a torch.nn.Module")
    return made


def _function(path: Path, name: str) -> Callable[..., object]:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: cannot be run as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses of its own look their module up
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a user's own code may raise anything
        raise ConfigError(f"{path}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parent.resolve()))
    make = getattr(module, name, None)
    if not callable(make):
        raise ConfigError(f"{path}: has no function {name!r}")
    return make  # type: ignore[no-any-return]


def read_pictures(
    folder: Path, size_px: tuple[int, int] | None, seed: int
) -> tuple[Pictures, Pictures]:
    """Return pictures to learn from and pictures held out.

    `folder` has a folder for each class, or two such folders, train and test; or two .npz files
    whose names have `train` and `test` in them, of `pixels` (n, h, w, 3) uint8 and `labels` (n,),
    or of packed JPEG. Where nothing is held out by itself, a fifth of each class is. `size_px`
    (height, width) is what pictures of a folder are scaled to; None for the size they all have.

    Raises `InputError` for a folder that has none of these, or classes that differ, `MediaError`
    naming a picture that is damaged.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    arrays = [_one(folder, part) for part in ("train", "test")]
    if arrays[0] is not None and arrays[1] is not None:
        return read_arrays(arrays[0]), read_arrays(arrays[1])
    for names in _FOLDERS:
        train, test = (folder / name for name in names)
        if train.is_dir() and test.is_dir():
            size = size_px or _common_size(folder)
            first, second = read_folder(train, size), read_folder(test, size)
            if first.names != second.names:
                different = set(first.names) ^ set(second.names)
                raise InputError(f"{folder}: not both parts have {', '.join(sorted(different))}")
            return first, second
    return read_folder(folder, size_px or _common_size(folder)).split(_HELD_OUT, seed)


def read_arrays(path: Path) -> Pictures:
    """Return the pictures of an .npz file: `pixels` and `labels`, or packed JPEG."""
    try:
        with path.open("rb") as file, np.load(file) as held:
            if "payload" not in held:
                labels = held["labels"].astype(np.int64)
                return Pictures(held["pixels"], labels, int(labels.max(initial=0)) + 1)
    except damage.ARRAYS as error:
        raise InputError(f"{path}: holds no pixels and labels: {error}") from error
    return read_packed(path)


def _one(folder: Path, part: str) -> Path | None:
    found = sorted(folder.glob(f"*{part}*.npz"))
    if len(found) > 1:
        raise InputError(f"{folder}: {', '.join(each.name for each in found)}: which is {part}?")
    return found[0] if found else None


def _common_size(folder: Path) -> tuple[int, int]:
    sizes: dict[tuple[int, int], Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            height, width = read_image(path).shape[:2]
            sizes.setdefault((height, width), path)
            if len(sizes) > 1:
                told = ", ".join(f"{each.name} {w}x{h}" for (h, w), each in sizes.items())
                raise InputError(f"{folder}: pictures of several sizes ({told}): say --size")
    if not sizes:
        raise InputError(f"{folder}: has no pictures in folders, one for each class")
    return next(iter(sizes))
