"""The single-stage network: an encoder of MobileNetV2's blocks, a way back up, heads.

After MobilePose (Hou et al. 2020, arXiv:2003.03522, section 3): detection, as a heat map of boxes'
middles; regression, as the way from a cell to the box's places in the picture; shape, as the mask
of what is seen, which is learnt where there is a truth for it. A fourth says which of a few ways a
thing is turned, and places are told for each of these ways: see `objects.single_stage`. Only
convolutions, ReLU6, addition and nearest-neighbour enlargement: all of it runs in int8.
"""

from dataclasses import dataclass
from math import log
from typing import Final

from torch import Tensor, nn

from firsthand.objects.single_stage import PLACES, TURNS
from firsthand.train.families.layers import conv_norm
from firsthand.train.families.mobilenets import InvertedResidual

FLOAT_PARTS: Final = ("^order$",)
"""What `firsthand.train.quantise.prepare` is to keep in float."""

_FIRST_CHANCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class BoxShape:
    """Channels at strides 2 (one convolution), 4, 8, 16 and 32, and blocks at the last four.

    `expansion` is of each block's inner channels, but for the very first, which has none: there,
    where maps are large, it costs the most. The heads see `after` channels at stride 8.
    """

    widths: tuple[int, int, int, int, int] = (16, 24, 40, 64, 96)
    blocks: tuple[int, int, int, int] = (1, 2, 3, 3)
    expansion: int = 3
    after: int = 48


SMALL: Final = BoxShape()


class BoxNet(nn.Module):
    """RGB (b, 3, n, n) in 0..1, n a multiple of 32, to four maps of n/8 x n/8 cells.

    Logits of middles (b, h, w, 1), places (b, h, w, 8 * 18) from the cell's middle, in units of
    `single_stage.UNIT_PX`, for one turn after the other, logits of turns (b, h, w, 8) and of the
    mask (b, h, w, 1).
    """

    def __init__(self, shape: BoxShape = SMALL) -> None:
        super().__init__()
        first, *widths = shape.widths
        self.stem = nn.Sequential(*conv_norm(3, first, 3, 2), nn.ReLU6(inplace=True))
        self.encoder = nn.ModuleList()
        before = first
        for width, blocks in zip(widths, shape.blocks, strict=True):
            stage = [InvertedResidual(before, width, shape.expansion if self.encoder else 1, 2)]
            stage += [InvertedResidual(width, width, shape.expansion, 1) for _ in range(blocks - 1)]
            self.encoder.append(nn.Sequential(*stage))
            before = width
        self.up_16 = Rise(widths[3], widths[2], widths[2], shape.expansion)
        self.up_8 = Rise(widths[2], widths[1], shape.after, shape.expansion)
        self.heat = _head(shape.after, 1, log(_FIRST_CHANCE / (1 - _FIRST_CHANCE)))
        self.places = _head(shape.after, TURNS * PLACES, 0.0)
        self.turns = _head(shape.after, TURNS, 0.0)
        self.mask = _head(shape.after, 1, -2.0)
        self.order = Order()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return logits of middles, places, logits of turns and of the mask."""
        x = self.stem(images)
        levels: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            levels.append(x)
        x = self.up_8(self.up_16(levels[3], levels[2]), levels[1])
        heat, places, turns, mask = self.order(
            self.heat(x), self.places(x), self.turns(x), self.mask(x)
        )
        return heat, places, turns, mask


class Rise(nn.Module):
    """Features of the coarser level, enlarged twice, added to a level's own, and a block."""

    def __init__(self, coarse: int, fine: int, after: int, expansion: int) -> None:
        super().__init__()
        self.narrow = nn.Sequential(*conv_norm(coarse, after, 1))
        self.side = nn.Sequential(*conv_norm(fine, after, 1))
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.block = InvertedResidual(after, after, expansion, 1)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:  # noqa: D102 # the class says it
        joined: Tensor = self.block(self.side(fine) + self.enlarge(self.narrow(coarse)))
        return joined


class Order(nn.Module):
    """The heads' maps with channels last; stays in float in an int8 file."""

    def forward(  # noqa: D102 # the class says it
        self, heat: Tensor, places: Tensor, turns: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return (
            heat.permute(0, 2, 3, 1),
            places.permute(0, 2, 3, 1),
            turns.permute(0, 2, 3, 1),
            mask.permute(0, 2, 3, 1),
        )


def _head(inputs: int, outputs: int, start: float) -> nn.Sequential:
    last = nn.Conv2d(inputs, outputs, 1)
    nn.init.normal_(last.weight, std=0.01)
    assert last.bias is not None
    nn.init.constant_(last.bias, start)
    first = [*conv_norm(inputs, inputs, 3, groups=inputs), *conv_norm(inputs, inputs, 1)]
    return nn.Sequential(*first, nn.ReLU6(inplace=True), last)
