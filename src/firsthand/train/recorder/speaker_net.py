"""The recorder's speaker network: 1.6 s of speech to a direction, alike for one voice.

Depthwise separable convolutions (Howard et al. 2017, arXiv:1704.04861) make numbers of every 40 ms,
residual depthwise ones in time join them, and their mean and deviation over the window (Snyder et
al. 2018, "X-vectors") become the direction. How loud a window is makes no difference.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.train.audio.layers import CHANNELS_LAST, InTime, Separable

_SPREAD: Final = 2.0
_DILATIONS: Final = (1, 2, 3, 1, 2)


class SpeakerNet(nn.Module):
    """From log-mel windows (b, frames, bands) to directions (b, size) of length one."""

    def __init__(self, size: int, width: int = 192) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(1, 24, 3, (2, 2), 1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            Separable(24, 48, (1, 2)),
            Separable(48, 96, (2, 2)),
            Separable(96, 128, (1, 2)),
        )
        self.gather = nn.Conv1d(128 * 4, width, 1)
        self.layers = nn.Sequential(*(InTime(width, dilation) for dilation in _DILATIONS))
        self.judge = nn.Linear(2 * width, size)

    def forward(self, windows: Tensor) -> Tensor:
        """Judge windows."""
        level = windows.mean(dim=(1, 2), keepdim=True)
        pictures = ((windows - level) / _SPREAD)[:, None].contiguous(memory_format=CHANNELS_LAST)
        x = self.look(pictures)
        x = x.permute(0, 1, 3, 2).flatten(1, 2)
        x = self.layers(functional.relu(self.gather(x)))
        mean = x.mean(dim=2)
        deviation = ((x - mean[:, :, None]) ** 2).mean(dim=2).add(1e-4).sqrt()
        found: Tensor = self.judge(torch.cat([mean, deviation], dim=1))
        length: Tensor = found.square().sum(dim=1, keepdim=True).add(1e-9).sqrt()
        return found / length
