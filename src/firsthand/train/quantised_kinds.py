"""What each operation of a network does to the range of the values that pass through it."""

import operator
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

import torch
from torch import fx, nn
from torch.nn import functional


class Kind(Enum):
    """How int8 files treat an operation."""

    INPUT = auto()  # the network's input
    WEIGHTED = auto()  # has weights to round, and a range of its own
    CLAMP = auto()  # has a range of its own, and is one with a WEIGHTED or SUM before it
    SUM = auto()  # has a range of its own, and is one with a CLAMP after it
    OWN = auto()  # has a range of its own
    SAME = auto()  # its output has its input's range
    UNIT = auto()  # its output lies in 0..1, and files use that whole range
    NORM = auto()  # must have been folded
    UNKNOWN = auto()  # computed in float


_MODULES: Final[Mapping[type[nn.Module], Kind]] = {
    nn.Conv2d: Kind.WEIGHTED,
    nn.Linear: Kind.WEIGHTED,
    nn.ReLU: Kind.CLAMP,
    nn.ReLU6: Kind.CLAMP,
    nn.AdaptiveAvgPool2d: Kind.OWN,
    nn.Identity: Kind.SAME,
    nn.Dropout: Kind.SAME,
    nn.Dropout2d: Kind.SAME,
    nn.Flatten: Kind.SAME,
    nn.Unflatten: Kind.SAME,
    nn.Upsample: Kind.SAME,
    nn.UpsamplingNearest2d: Kind.SAME,
    nn.MaxPool2d: Kind.SAME,
    nn.AvgPool2d: Kind.SAME,
    nn.ZeroPad2d: Kind.SAME,
    nn.Sigmoid: Kind.UNIT,
    nn.Softmax: Kind.UNIT,
    nn.BatchNorm2d: Kind.NORM,
}

_FUNCTIONS: Final[Mapping[Any, Kind]] = {
    functional.relu: Kind.CLAMP,
    torch.relu: Kind.CLAMP,
    functional.relu6: Kind.CLAMP,
    operator.add: Kind.SUM,
    operator.iadd: Kind.SUM,
    torch.add: Kind.SUM,
    operator.sub: Kind.SUM,
    torch.sub: Kind.SUM,
    operator.mul: Kind.SUM,
    torch.mul: Kind.SUM,
    torch.cat: Kind.OWN,
    torch.mean: Kind.OWN,
    functional.adaptive_avg_pool2d: Kind.OWN,
    torch.flatten: Kind.SAME,
    torch.reshape: Kind.SAME,
    torch.permute: Kind.SAME,
    torch.transpose: Kind.SAME,
    functional.interpolate: Kind.SAME,
    functional.max_pool2d: Kind.SAME,
    functional.avg_pool2d: Kind.SAME,
    functional.pad: Kind.SAME,
    functional.dropout: Kind.SAME,
    operator.getitem: Kind.SAME,
    torch.sigmoid: Kind.UNIT,
    functional.sigmoid: Kind.UNIT,
    torch.softmax: Kind.UNIT,
    functional.softmax: Kind.UNIT,
}

_METHODS: Final[Mapping[str, Kind]] = {
    "relu": Kind.CLAMP,
    "add": Kind.SUM,
    "sub": Kind.SUM,
    "mul": Kind.SUM,
    "mean": Kind.OWN,
    "sigmoid": Kind.UNIT,
    "softmax": Kind.UNIT,
    "flatten": Kind.SAME,
    "unflatten": Kind.SAME,
    "reshape": Kind.SAME,
    "view": Kind.SAME,
    "permute": Kind.SAME,
    "transpose": Kind.SAME,
    "contiguous": Kind.SAME,
    "squeeze": Kind.SAME,
    "unsqueeze": Kind.SAME,
}


def kind_of(node: fx.Node, modules: Mapping[str, nn.Module]) -> Kind:
    """Return what an operation of a traced network is; `modules` by their paths."""
    if node.op == "placeholder":
        return Kind.INPUT
    if node.op == "call_module":
        return _MODULES.get(type(modules[str(node.target)]), Kind.UNKNOWN)
    if node.op == "call_function":
        return _FUNCTIONS.get(node.target, Kind.UNKNOWN)
    if node.op == "call_method":
        return _METHODS.get(str(node.target), Kind.UNKNOWN)
    return Kind.UNKNOWN
