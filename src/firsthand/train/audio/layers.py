"""Layers of small audio networks: over time and bands, and over time alone."""

from typing import Final

import torch
from torch import Tensor, nn

CHANNELS_LAST: Final = torch.channels_last
"""In which small convolutions take a third less time."""

_KERNEL: Final = 5


class Separable(nn.Module):
    """A depthwise convolution 3x3 and a pointwise one, each normalised and rectified."""

    def __init__(self, before: int, after: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False),
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.Conv2d(before, after, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, before, time, bands) to (b, after, fewer, fewer)."""
        found: Tensor = self.layers(x)
        return found


class InTime(nn.Module):
    """A depthwise convolution over time, a pointwise one, added to the input."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        reach = (_KERNEL - 1) * dilation // 2
        self.layers = nn.Sequential(
            nn.Conv1d(width, width, _KERNEL, 1, reach, dilation, groups=width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 1, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, time) to the same."""
        found: Tensor = x + self.layers(x)
        return found
