"""A network for `firsthand compress run examples/digits.py:make --data examples/media/digits`."""

from collections import OrderedDict

from torch import Tensor, nn


class Residual(nn.Module):
    """Adds two convolutions of an image to it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = convolution(channels, channels), convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, channels, h, w) to the same shape."""
        return x + self.second(self.first(x))


def convolution(before: int, after: int, stride: int = 1) -> nn.Module:
    """Return a convolution, normalised and rectified."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


class Digits(nn.Sequential):
    """Two convolutions, two more around which the image also goes, one, and a judgement."""


def make(classes: int) -> nn.Module:
    """Return it for pictures of 16 x 16 pixels, untrained."""
    return Digits(
        OrderedDict(
            look=convolution(3, 32),
            halve=convolution(32, 64, 2),
            think=Residual(64),
            quarter=convolution(64, 128, 2),
            gather=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            judge=nn.Linear(128, classes),
        )
    )
