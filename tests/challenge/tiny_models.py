"""Models whose answers are known, exported as users would export theirs."""

from functools import cache

import torch
from torch import Tensor, nn

from firsthand.train.export import arrays_to_tflite

SIDE = 32


class Colours(nn.Module):
    """Tells red, green and blue apart."""

    def forward(self, image: Tensor) -> Tensor:
        return image.mean((1, 2))


class Background(nn.Module):
    """The same with a class before them."""

    def forward(self, image: Tensor) -> Tensor:
        return torch.cat([image.mean((1, 2, 3)).reshape(1, 1) - 10, image.mean((1, 2))], 1)


class Numberless(nn.Module):
    """Gives no number for what is red."""

    def forward(self, image: Tensor) -> Tensor:
        means = image.mean((1, 2))
        return means / torch.clamp(0.5 - means[:, :1], min=0.0)


class Two(nn.Module):
    def forward(self, image: Tensor, other: Tensor) -> Tensor:
        return image.mean((1, 2)) + other.mean((1, 2))


class Both(nn.Module):
    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return image.mean((1, 2)), image.mean((1, 2)) + 1


class Bright(nn.Module):
    """Finds the one bright box."""

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        bright = (image.mean(3) > 0.5).float()  # (1, h, w)
        rows, columns = bright.amax(2), bright.amax(1)
        at = torch.arange(SIDE, dtype=torch.float32).reshape(1, SIDE)
        top, left = (SIDE - ((SIDE - at) * side).amax(1) for side in (rows, columns))
        bottom, right = (((at + 1) * side).amax(1) for side in (rows, columns))
        box = torch.stack([top, left, bottom, right], 1).reshape(1, 1, 4) / SIDE
        one = bright.amax((1, 2)).reshape(1, 1)
        return box, one * 0, one, one.reshape(1)


@cache
def tiny(kind: type[nn.Module]) -> bytes:
    inputs = 2 if kind is Two else 1
    return arrays_to_tflite(kind(), (torch.zeros(1, SIDE, SIDE, 3),) * inputs)
