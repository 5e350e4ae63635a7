"""Pictures and a network that the tests of compression share."""

import numpy as np
from torch import Tensor, nn

from firsthand.train.compress.pictures import Pictures

SIDE = 16


def colours(count: int = 48, seed: int = 0) -> Pictures:
    """Pictures whose class is their brightest colour."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 120, (count, SIDE, SIDE, 3), np.uint8)
    labels = np.arange(count) % 3
    pixels[np.arange(count), :, :, labels] += 110
    return Pictures(pixels, labels, 3, ("red", "green", "blue"))


class Small(nn.Module):
    """Three convolutions, a way around one, and a layer."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.around = nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.last = nn.Sequential(nn.Conv2d(16, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.out = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, 3, h, w) in 0..1 to (b, classes)."""
        x = self.stem(x)
        return self.out(self.pool(self.last(x + self.around(x))).flatten(1))
