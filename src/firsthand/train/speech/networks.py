"""The networks of speech representations: a residual teacher, and a small student.

Both map a patch of a log-mel spectrogram (Shor et al. 2020, arXiv:2002.12764) to a direction and
to moments of an inner layer. All is convolutions in two dimensions, so that a file of it may
compute in eight bits throughout.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from firsthand.speech.own_network import PATCH
from firsthand.train.audio.layers import CHANNELS_LAST, Separable
from firsthand.train.families.layers import conv_norm

MIDDLE: Final = -3.0
SPREAD: Final = 2.0
MOMENTS: Final = 24
"""Moments of a patch: one every 40 ms."""

_BANDS_LEFT: Final = 4
_KERNEL: Final = 5
_DILATIONS: Final = (1, 2, 4, 1, 2)


class Course(nn.Module):
    """A depthwise convolution over time and a pointwise one, added to what came in."""

    def __init__(self, width: int, dilation: int, kernel: int = _KERNEL) -> None:
        super().__init__()
        reach = (kernel - 1) * dilation // 2
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, (kernel, 1), 1, (reach, 0), (dilation, 1), width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, time, 1) to the same."""
        found: Tensor = x + self.layers(x)
        return found


class Residual(nn.Module):
    """Two 3x3 convolutions, added to what came in (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, before: int, after: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.past = nn.Sequential(
            nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, before, time, bands) to (b, after, fewer, fewer)."""
        found: Tensor = torch.relu(self.layers(x) + self.past(x))
        return found


class Ending(nn.Module):
    """From (b, width, MOMENTS, 1) to a direction (b, size) and moments (b, MOMENTS, inner)."""

    def __init__(self, width: int, size: int, inner: int) -> None:
        super().__init__()
        self.moments = nn.Sequential(*conv_norm(width, inner, 1))
        self.gather = nn.Sequential(*conv_norm(width, 2 * size, 1), nn.ReLU())
        self.direct = nn.Conv2d(2 * size, size, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give both."""
        direction = self.direct(self.gather(x).mean(dim=(2, 3), keepdim=True)).flatten(1)
        length = direction.square().sum(dim=1, keepdim=True).add(1e-9).sqrt()
        return direction / length, self.moments(x).flatten(2).transpose(1, 2)


class SpeechNet(nn.Module):
    """The student: depthwise separable convolutions, as MobileNet's (arXiv:1704.04861).

    `kernel` is how many moments each of the layers over time sees: with 1 they see but their own.
    """

    def __init__(
        self, size: int = 192, inner: int = 96, width: float = 1.0, kernel: int = _KERNEL
    ) -> None:
        super().__init__()
        a, b, c, d, e = (max(8, round(width * n / 8) * 8) for n in (24, 48, 64, 96, 192))
        self.look = nn.Sequential(
            nn.Conv2d(1, a, 3, 2, 1, bias=False),
            nn.BatchNorm2d(a),
            nn.ReLU(),
            Separable(a, b, (2, 2)),
            Separable(b, c, (1, 1)),
            Separable(c, d, (1, 2)),
            Separable(d, d, (1, 2)),
            nn.Conv2d(d, e, (1, _BANDS_LEFT), bias=False),
            nn.BatchNorm2d(e),
            nn.ReLU(),
        )
        self.layers = nn.Sequential(*(Course(e, dilation, kernel) for dilation in _DILATIONS))
        self.end = Ending(e, size, inner)

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Map patches (b, 96, 64) to directions (b, size) and moments (b, MOMENTS, inner)."""
        direction, moments = self.end(self.layers(self.look(_pictures(patches))))
        return direction, moments


class ResNetSpeech(nn.Module):
    """The teacher of the article's first path: residual blocks, ten times the student's work."""

    def __init__(
        self, size: int = 192, inner: int = 96, widths: Sequence[int] = (32, 64, 128, 192)
    ) -> None:
        super().__init__()
        a, b, c, d = widths
        self.look = nn.Sequential(
            nn.Conv2d(1, a, 3, 2, 1, bias=False),
            nn.BatchNorm2d(a),
            nn.ReLU(),
            Residual(a, b, (2, 2)),
            Residual(b, c, (1, 2)),
            Residual(c, d, (1, 2)),
            nn.Conv2d(d, d, (1, _BANDS_LEFT), bias=False),
            nn.BatchNorm2d(d),
            nn.ReLU(),
        )
        self.layers = nn.Sequential(*(Course(d, dilation) for dilation in _DILATIONS))
        self.end = Ending(d, size, inner)

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Map patches (b, 96, 64) to directions (b, size) and moments (b, MOMENTS, inner)."""
        direction, moments = self.end(self.layers(self.look(_pictures(patches))))
        return direction, moments


def _pictures(patches: Tensor) -> Tensor:
    """Return patches (b, PATCH, 64) as pictures of one channel."""
    scaled = (patches - MIDDLE) * (1 / SPREAD)
    return scaled.reshape(-1, 1, PATCH, 64).contiguous(memory_format=CHANNELS_LAST)
