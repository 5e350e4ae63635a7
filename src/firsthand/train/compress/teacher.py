"""A large network to learn from: ResNet-9, as it won DAWNBench (Coleman et al. 2017)."""

from typing import Final

from torch import Tensor, nn

_WIDTHS: Final = (64, 128, 256, 512)
_SCALE: Final = 0.125
"""Of the logits, so that they begin small; Page 2018, "How to train your ResNet"."""


class ResNet9(nn.Module):
    """Eight convolutions in four sizes, two of them pairs with a way around, and a layer.

    Maps pictures (b, 3, side_px, side_px) in 0..1, a multiple of 8, to (b, classes) logits. `width`
    multiplies all channels.
    """

    def __init__(self, classes: int, width: float = 1.0, side_px: int = 32) -> None:
        super().__init__()
        a, b, c, d = (max(8, round(each * width)) for each in _WIDTHS)
        self.layers = nn.Sequential(
            *_conv(3, a),
            *_conv(a, b),
            nn.MaxPool2d(2),
            Around(b),
            *_conv(b, c),
            nn.MaxPool2d(2),
            *_conv(c, d),
            nn.MaxPool2d(2),
            Around(d),
        )
        self.pool = nn.MaxPool2d(side_px // 8)
        self.out = nn.Linear(d, classes, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.out(self.pool(self.layers(pictures)).flatten(1)) * _SCALE
        return logits


class Around(nn.Module):
    """Two convolutions, and a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inside = nn.Sequential(*_conv(width, width), *_conv(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, h, w) to the same."""
        inside: Tensor = self.inside(x)
        return x + inside


def _conv(before: int, after: int) -> list[nn.Module]:
    return [
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    ]
