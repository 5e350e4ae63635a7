"""A network that begins as a smaller one that has learnt: what that computes, with room to grow.

Wider layers keep the smaller one's channels first and add nothing to them at the start, deeper
stages get blocks that hand on what they are given (Chen et al. 2016, "Net2Net: accelerating
learning via knowledge transfer", arXiv:1511.05641; here new channels begin at random, not as
copies, so they differ without noise).
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from firsthand.errors import InputError


@runtime_checkable
class Residual(Protocol):
    """A block that may add its input to what it computes."""

    adds: bool

    def begin_as_identity(self) -> None:
        """Make what is added to the input zero, in a way that learning undoes."""
        ...


def grow(net: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Make `net`, untrained, compute what the smaller network computes whose weights these are.

    Both have the same modules by the same names, but for residual blocks that only `net` has; a
    tensor of the smaller one is the first part of `net`'s along every axis. The first two axes of
    a filter are its outputs and inputs. Raises `InputError` where that is not so.
    """
    own = net.state_dict()
    for name, small in weights.items():
        if name not in own:
            raise InputError(f"{name} is in the weights but not in the network")
        large = own[name]
        if small.ndim != large.ndim or any(
            few > many for few, many in zip(small.shape, large.shape, strict=True)
        ):
            raise InputError(
                f"{name} of shape {tuple(small.shape)} is no part of the network's, "
                f"{tuple(large.shape)}"
            )
    added = _added_blocks(net, weights)
    unexplained = [
        name for name in own if name not in weights and not name.startswith(tuple(added))
    ]
    if unexplained:
        raise InputError(f"the weights lack {', '.join(unexplained[:5])}")
    with torch.no_grad():
        for name, small in weights.items():
            large = own[name]  # shares its memory with the network
            if small.ndim >= 2:
                large[: small.shape[0]] = 0.0  # what is kept hears nothing of what is new
            large[tuple(slice(size) for size in small.shape)] = small.to(large.dtype)
        for block in added.values():
            block.begin_as_identity()


def _added_blocks(net: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Residual]:
    """Return the residual blocks of which `weights` has nothing, by their names and a dot."""
    return {
        f"{name}.": module
        for name, module in net.named_modules()
        if isinstance(module, Residual)
        and module.adds
        and not any(key.startswith(f"{name}.") for key in weights)
    }
