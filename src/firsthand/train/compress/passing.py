"""How operations without weights hand channels on, as `channels` follows them."""

import operator
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

import torch
from torch import fx, nn
from torch.nn import functional


class Passing(Enum):
    """What becomes of the channels, axis 1, of an operation's inputs."""

    SAME = auto()  # each stays where it is
    JOINED = auto()  # those of all inputs, place by place, become one
    BESIDE = auto()  # those of the second input come after those of the first
    FLATTENED = auto()  # each becomes as many as it has places
    UNKNOWN = auto()


_MODULES: Final[Mapping[type[nn.Module], Passing]] = {
    **dict.fromkeys(
        (
            nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish,
            nn.Hardsigmoid, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Identity, nn.Dropout, nn.Dropout2d,
            nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.ZeroPad2d,
            nn.Upsample, nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d, nn.Softmax,
            nn.LogSoftmax,
        ),
        Passing.SAME,
    ),
    nn.Flatten: Passing.FLATTENED,
}  # fmt: skip

_FUNCTIONS: Final[Mapping[Any, Passing]] = {
    **dict.fromkeys(
        (
            functional.relu, functional.relu6, functional.leaky_relu, functional.gelu,
            functional.silu, functional.hardswish, functional.hardsigmoid, functional.dropout,
            functional.max_pool2d, functional.avg_pool2d, functional.adaptive_avg_pool2d,
            functional.adaptive_max_pool2d, functional.interpolate, functional.pad,
            functional.softmax, functional.log_softmax, torch.relu, torch.sigmoid, torch.tanh,
            torch.mean, torch.amax, torch.sum, torch.clamp, torch.softmax, torch.squeeze,
        ),
        Passing.SAME,
    ),
    **dict.fromkeys(
        (
            operator.add, operator.iadd, operator.sub, operator.mul, operator.imul,
            operator.truediv, torch.add, torch.sub, torch.mul, torch.div,
        ),
        Passing.JOINED,
    ),
    torch.cat: Passing.BESIDE,
    torch.flatten: Passing.FLATTENED,
    torch.reshape: Passing.FLATTENED,
}  # fmt: skip

_METHODS: Final[Mapping[str, Passing]] = {
    **dict.fromkeys(
        (
            "relu", "sigmoid", "tanh", "mean", "amax", "sum", "clamp", "contiguous", "squeeze",
            "softmax", "float", "to",
        ),
        Passing.SAME,
    ),
    **dict.fromkeys(("add", "sub", "mul", "div", "add_", "mul_"), Passing.JOINED),
    **dict.fromkeys(("flatten", "view", "reshape"), Passing.FLATTENED),
}  # fmt: skip

_REDUCTIONS: Final = ("mean", "amax", "sum", "squeeze")


def passing_of(node: fx.Node, unit: nn.Module | None) -> Passing:
    """Return what an operation does to channels; `unit` is its module, if it has one."""
    if unit is not None:
        return _MODULES.get(type(unit), Passing.UNKNOWN)
    if node.op == "call_function":
        found = _FUNCTIONS.get(node.target, Passing.UNKNOWN)
    elif node.op == "call_method":
        found = _METHODS.get(str(node.target), Passing.UNKNOWN)
    else:
        return Passing.UNKNOWN
    name = getattr(node.target, "__name__", str(node.target))
    return Passing.UNKNOWN if name in _REDUCTIONS and not _in_space(node) else found


def _in_space(node: fx.Node) -> bool:
    """Tell whether a reduction is over axes behind the channels only."""
    dims = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    many = dims if isinstance(dims, list | tuple) else [dims]
    return all(isinstance(dim, int) and (dim >= 2 or dim in (-1, -2)) for dim in many)
