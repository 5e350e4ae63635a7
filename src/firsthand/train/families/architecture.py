"""What an image classifier of a family is: a description, and the stages that follow from it.

Families and their published widths and depths:
MobileNetV1 (Howard et al. 2017, arXiv:1704.04861, table 1), MobileNetV2 (Sandler et al. 2018,
arXiv:1801.04381, table 2), NASNet-A 4 @ 1056 (Zoph et al. 2018, arXiv:1707.07012).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from firsthand.errors import ConfigError

Kind = Literal["mobilenet_v1", "mobilenet_v2", "nasnet"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

DOWNSCALING: Final = 32
"""By how much the last stage's maps are smaller than the image, in all families."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """An image classifier as a point of its family.

    `width` multiplies channels, `depth` the blocks of each stage; 1 and 1 is what was published.
    Takes images of `resolution_px` squared, a multiple of 32, and tells `classes` classes apart.
    Raises `ConfigError` for what there cannot be.
    """

    kind: Kind
    width: float = 1.0
    depth: float = 1.0
    resolution_px: int = 224
    classes: int = 1000

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"there is no kind {self.kind!r}; there are {', '.join(KINDS)}")
        for name, factor in (("width", self.width), ("depth", self.depth)):
            if not (math.isfinite(factor) and 0 < factor <= 64):
                raise ConfigError(f"{name}={factor} must be above 0 and at most 64")
        if self.resolution_px < DOWNSCALING or self.resolution_px % DOWNSCALING:
            raise ConfigError(
                f"resolution_px={self.resolution_px} must be a multiple of {DOWNSCALING}"
            )
        if self.classes < 2:
            raise ConfigError(f"classes={self.classes}: there must be two at least")

    @property
    def name(self) -> str:
        """Its name in tables and files, such as `mobilenet_v2_w0.5_d1_128`."""
        return f"{self.kind}_w{self.width:g}_d{self.depth:g}_{self.resolution_px}"

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width) of the images."""
        return self.resolution_px, self.resolution_px


@dataclass(frozen=True, slots=True)
class Stage:
    """`blocks` blocks of `channels` channels, of which the first has `stride` 1 or 2.

    In MobileNetV2 a block's inner channels are `expansion` times those it is given. In NASNet a
    block is a cell of `channels` filters, and one with stride 2 is a reduction cell.
    """

    channels: int
    blocks: int
    stride: int
    expansion: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """All widths and depths of a network.

    `stem` are the channels after the first convolution, of stride `stem_stride`; `head` those of
    the last 1x1 convolution, 0 where there is none.
    """

    stem: int
    stages: tuple[Stage, ...]
    head: int = 0
    stem_stride: int = 2


_PUBLISHED: Final[Mapping[Kind, Plan]] = {
    "mobilenet_v1": Plan(
        32,
        (Stage(64, 1, 1), Stage(128, 2, 2), Stage(256, 2, 2), Stage(512, 6, 2), Stage(1024, 2, 2)),
    ),
    "mobilenet_v2": Plan(
        32,
        (
            Stage(16, 1, 1, 1),
            Stage(24, 2, 2, 6),
            Stage(32, 3, 2, 6),
            Stage(64, 4, 2, 6),
            Stage(96, 3, 1, 6),
            Stage(160, 3, 2, 6),
            Stage(320, 1, 1, 6),
        ),
        1280,
    ),
    # The first two reduction cells are the paper's ImageNet stem; 1056 = 6 x 4 x 44.
    "nasnet": Plan(
        32, (Stage(11, 1, 2), Stage(22, 1, 2), Stage(44, 4, 1), Stage(88, 5, 2), Stage(176, 5, 2))
    ),
}


_V2: Final = _PUBLISHED["mobilenet_v2"]
SMALL_PICTURES: Final = replace(
    _V2, stages=(_V2.stages[0], replace(_V2.stages[1], stride=1), *_V2.stages[2:]), stem_stride=1
)
"""MobileNetV2 for pictures of 32 pixels: two of its strides are left out."""


def plan(architecture: Architecture) -> Plan:
    """Return all widths and depths of an architecture: the one place where they come from.

    MobileNets' channels are multiples of 8, at least 90% of what the multiplier asks for, and
    their last convolution is never narrower than was published, as in their authors' code.
    """
    published, width = _PUBLISHED[architecture.kind], architecture.width
    divisor = 1 if architecture.kind == "nasnet" else 8
    return Plan(
        stem=_channels(published.stem * width, divisor),
        stages=tuple(
            Stage(
                channels=_channels(each.channels * width, divisor),
                blocks=max(1, math.floor(each.blocks * architecture.depth + 0.5)),
                stride=each.stride,
                expansion=each.expansion,
            )
            for each in published.stages
        ),
        head=_channels(published.head * max(1.0, width), divisor) if published.head else 0,
    )


def _channels(wanted: float, divisor: int) -> int:
    nearest = max(divisor, math.floor(wanted / divisor + 0.5) * divisor)
    return nearest if nearest >= 0.9 * wanted else nearest + divisor
