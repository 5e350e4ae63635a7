"""What would fail after hours of training, tried in seconds before it."""

import re
from typing import Final

import torch
from torch import Tensor, nn

from firsthand.errors import ConfigError
from firsthand.train.export import to_tflite

_PLACE: Final = re.compile(r'File "([^"]+)", line (\d+), in \w+\n\s*(\S.*)')


def rehearse(model: nn.Module, example: Tensor, classes: int, *, half: bool) -> None:
    """See that a network takes pictures such as `example` (1, 3, h, w) and can become a file.

    With `half` it must compute in bfloat16, too. Raises `ConfigError` saying what it does not do,
    the operation and its place where the converter knows none for it.
    """
    name, was_training = type(model).__name__, model.training
    try:
        out = _answer(model.eval(), example, f"{name} takes no pictures of")
        if not isinstance(out, Tensor) or tuple(out.shape) != (1, classes):
            shape = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
            raise ConfigError(
                f"{name} gives {shape} for one picture; (1, {classes}) is wanted, a number for "
                f"each of the {classes} classes"
            )
        if half:
            with torch.autocast("cpu", torch.bfloat16):
                _answer(
                    model,
                    example,
                    f"{name} does not compute in bfloat16 (leave it to float by --no-half, or "
                    "half=False), given",
                )
        _convert(model, (example.shape[2], example.shape[3]))
    finally:
        model.train(was_training)


def _answer(model: nn.Module, example: Tensor, told: str) -> object:
    try:
        with torch.no_grad():
            return model(example)
    except Exception as error:  # a user's own network may raise anything
        raise ConfigError(f"{told} shape {tuple(example.shape)}: {error}") from error


def _convert(model: nn.Module, size_px: tuple[int, int]) -> None:
    try:
        to_tflite(model, size_px)
    except Exception as error:  # the converter may, too
        words = str(error)
        places = _PLACE.findall(words)
        where = ""
        if places:
            path, line, source = places[-1]
            where = f" at {path}, line {line}: {source.strip()}"
        raise ConfigError(
            f"{type(model).__name__} cannot become a .tflite file: "
            f"{words.splitlines()[0] if words else type(error).__name__}{where}. Write it with "
            "another operation, or leave it out of the classifier"
        ) from error
