"""The palm detector's network: depthwise blocks, a top-down path, one anchor a cell.

A single-shot detector (Liu et al. 2016, arXiv:1512.02325) of blocks as BlazeFace has them
(Bazarevsky et al. 2019, arXiv:1907.05047) with the feature pyramid (Lin et al. 2017,
arXiv:1612.03144) that BlazePalm adds (Zhang et al. 2020, arXiv:2006.10214, section 2.1). Only
convolutions, ReLU, addition and nearest-neighbour enlargement: all of it runs in int8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import torch
from torch import Tensor, nn

from firsthand.hands.anchors import FIRSTHAND

SIZE_PX: Final = 256
"""Pixels of the input along one side."""

STRIDES: Final = FIRSTHAND.strides
"""Pixels of the input between cells of each level, in the order of the outputs."""

VALUES: Final = 18
"""Centre x, y, width, height of the box and x, y of seven keypoints."""

UNITS_PX: Final = (12.0, 28.0, 64.0, 150.0)
"""What a level's raw output of 1 stands for: about a palm in the middle of its range."""

FLOAT_PARTS: Final = ("^order$",)
"""What `firsthand.train.quantise.prepare` is to keep in float."""

FIRST_CHANCE: Final = 0.01
"""Probability of a palm that an untrained network gives every cell (Lin et al. 2017, 4.1)."""


@dataclass(frozen=True, slots=True)
class DetectorShape:
    """Channels and numbers of blocks at strides 2 (one convolution), 4, 8, 16 and 32.

    `kernels` are the sides of the depthwise filters at strides 4 to 32, `top_down` the blocks
    after each addition on the way back, and whether there is such a way: with 0 the heads look at
    the encoder alone.
    """

    widths: tuple[int, int, int, int, int]
    blocks: tuple[int, int, int, int]
    kernels: tuple[int, int, int, int] = (3, 3, 5, 5)
    top_down: int = 1


SMALL: Final = DetectorShape((16, 32, 64, 128, 256), (2, 4, 6, 6))
TINY: Final = DetectorShape((8, 16, 32, 64, 128), (2, 3, 4, 4))


class Block(nn.Module):
    """A depthwise and a pointwise convolution; the input is added where shapes allow it."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.pad = _padding(kernel) if stride == 2 else nn.Identity()
        self.depthwise = nn.Conv2d(
            *(inputs, inputs, kernel, stride, 0 if stride == 2 else kernel // 2),
            groups=inputs,
            bias=False,
        )
        self.depthwise_norm = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pointwise_norm = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.adds = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102 # the class says it
        y = self.depthwise_norm(self.depthwise(self.pad(x)))
        y = self.pointwise_norm(self.pointwise(y))
        found: Tensor = self.relu(x + y if self.adds else y)
        return found

    def begin_as_identity(self) -> None:
        """See `firsthand.train.growing`: the input was rectified before."""
        nn.init.zeros_(self.pointwise_norm.weight)


class Join(nn.Module):
    """Features of the coarser level, enlarged twice, added to a level's own."""

    def __init__(self, coarse: int, fine: int, kernel: int, blocks: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(coarse, fine, 1, bias=False)
        self.norm = nn.BatchNorm2d(fine)
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.relu = nn.ReLU()
        self.blocks = nn.Sequential(*(Block(fine, fine, kernel) for _ in range(blocks)))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:  # noqa: D102 # the class says it
        joined = self.relu(fine + self.enlarge(self.norm(self.narrow(coarse))))
        found: Tensor = self.blocks(joined)
        return found


class PalmNet(nn.Module):
    """RGB (b, 3, 256, 256) in 0..1 to offsets (b, 5440, 18) in pixels and logits (b, 5440, 1).

    Any side that is a multiple of 32 will do, with as many anchors as it has cells. Anchors are in
    the order of `STRIDES`, along rows; offsets are as `firsthand.hands.palms.PalmModel` has them.
    """

    def __init__(self, shape: DetectorShape = SMALL) -> None:
        super().__init__()
        first, *widths = shape.widths
        self.stem_pad = _padding(3)
        self.stem = nn.Conv2d(3, first, 3, 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(first)
        self.stem_relu = nn.ReLU()
        self.encoder = nn.ModuleList()
        before = first
        for width, blocks, kernel in zip(widths, shape.blocks, shape.kernels, strict=True):
            self.encoder.append(_stage(before, width, kernel, blocks))
            before = width
        self.joins = nn.ModuleList(
            Join(widths[level + 1], widths[level], shape.kernels[level], shape.top_down)
            for level in range(len(widths) - 1 if shape.top_down else 0)
        )
        self.values = nn.ModuleList(nn.Conv2d(width, VALUES, 1) for width in widths)
        self.scores = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in widths)
        self.order = AnchorOrder()
        _start(self)

    def raw(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return of each level its values (b, 18, h, w), in `UNITS_PX`, and logits (b, 1, h, w)."""
        x = self.stem_relu(self.stem_norm(self.stem(self.stem_pad(images))))
        levels: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            levels.append(x)
        for level in reversed(range(len(self.joins))):
            levels[level] = self.joins[level](levels[level + 1], levels[level])
        return [
            (values(x), scores(x))
            for values, scores, x in zip(self.values, self.scores, levels, strict=True)
        ]

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return offsets and logits."""
        offsets, logits = self.order(self.raw(images))
        return offsets, logits


def _padding(kernel: int) -> nn.ZeroPad2d:
    """Pad as TensorFlow's "SAME" does at stride 2 and even sizes: files have that built in."""
    before = (kernel - 2) // 2
    after = kernel - 2 - before
    return nn.ZeroPad2d((before, after, before, after))


class AnchorOrder(nn.Module):
    """Offsets (b, n, 18) in pixels and logits (b, n, 1) of what `PalmNet.raw` gives.

    Stays in float in an int8 file: one grid of 256 values for palms of 6 and of 250 pixels would
    be too coarse for the former.
    """

    def forward(  # noqa: D102 # the class says it
        self, levels: Sequence[tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor]:
        logits = [_cells(scores) for _, scores in levels]
        # One factor after the joining: a converter merges one before it into the convolution,
        # whose output is then no longer the one that a range was learnt for.
        units = [torch.full_like(each, unit) for each, unit in zip(logits, UNITS_PX, strict=True)]
        values = torch.cat([_cells(values) for values, _ in levels], dim=1)
        return values * torch.cat(units, dim=1), torch.cat(logits, dim=1)


def _cells(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def _stage(inputs: int, outputs: int, kernel: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        Block(inputs, outputs, kernel, stride=2),
        *(Block(outputs, outputs, kernel) for _ in range(blocks - 1)),
    )


def _start(net: PalmNet) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, Block) and module.adds:  # residual branches begin small
            nn.init.constant_(module.pointwise_norm.weight, 0.5)
    for head in (*net.values, *net.scores):
        assert isinstance(head, nn.Conv2d)
        assert head.bias is not None
        nn.init.normal_(head.weight, std=0.01)
        first = 0.0 if head.out_channels == VALUES else log(FIRST_CHANCE / (1 - FIRST_CHANCE))
        nn.init.constant_(head.bias, first)
