"""The landmark model's network: one trunk; keypoints, depth, presence, handedness, world.

Blocks are inverted residuals (Sandler et al. 2018, "MobileNetV2", arXiv:1801.04381). Keypoints are
expected positions under a softmax over a coarse map (Sun et al. 2018, "Integral human pose
regression", arXiv:1711.08229), which learns from fewer images than regressing numbers from pooled
features; depth is read from maps of its own at the same positions (Mehta et al. 2017, "VNect").
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from firsthand.hands.skeleton import JOINTS

INPUT_PX: Final = 128
_N: Final = len(JOINTS)
_STRIDE: Final = 8
_PEAK_UNITS: Final = 10.0  # sharp maps peak at about 0.2: near 1, a layer learns from it sooner
_MAP: Final = INPUT_PX // _STRIDE + 2  # one ring of cells around the picture: joints leave crops


@dataclass(frozen=True, slots=True)
class LandmarkSize:
    """Channels at strides 2, 4, 8 and 16, blocks at the last three, and hidden units.

    At strides 2 and 4 come plain convolutions: they cost less time there than blocks do.
    """

    stem: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    expansion: int
    neck: int
    hidden: int


SIZES: Final = {
    "small": LandmarkSize(16, (32, 64, 128), (1, 3, 7), 4, 64, 256),
    "tiny": LandmarkSize(12, (24, 32, 64), (1, 3, 3), 3, 48, 128),
}


class LandmarkOutputs(NamedTuple):
    """What the network says of a batch of b crops.

    `points` (b, 21, 3) in pixels of the input; `presence`, `left` (b, 1) logits; `world`
    (b, 21, 3) metres; `heat` (b, 21, cells): log-probabilities of the maps, for the loss alone.
    """

    points: Tensor
    presence: Tensor
    left: Tensor
    world: Tensor
    heat: Tensor | None


class InvertedResidual(nn.Module):
    """Expand by 1x1, filter by depthwise 3x3, project by 1x1; add the input where shapes allow."""

    def __init__(self, before: int, after: int, expansion: int, stride: int = 1) -> None:
        super().__init__()
        inner = before * expansion
        self.expand = conv(before, inner, 1)
        self.filter = conv(inner, inner, 3, stride, groups=inner)
        self.project = conv(inner, after, 1, active=False)
        self.adds = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, before, h, w) to (b, after, h / stride, w / stride)."""
        y: Tensor = self.project(self.filter(self.expand(x)))
        return x + y if self.adds else y

    def begin_as_identity(self) -> None:
        """See `firsthand.train.growing`."""
        norm = self.project[-1]
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.zeros_(norm.weight)


def conv(
    before: int, after: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True
) -> nn.Sequential:
    """Return convolution, batch normalisation and, if `active`, ReLU6.

    Strides of 2 pad right and below only, as files pad at no cost (see `export.to_tflite`).
    """
    layers: list[nn.Module] = [nn.ZeroPad2d((0, 1, 0, 1))] if stride == 2 else []
    padding = 0 if stride == 2 else kernel // 2
    layers += [
        nn.Conv2d(before, after, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(after),
    ]
    if active:
        layers.append(nn.ReLU6(inplace=True))
    return nn.Sequential(*layers)


def stage(before: int, after: int, depth: int, expansion: int) -> nn.Sequential:
    """Return `depth` blocks, of which the first halves the resolution."""
    first = InvertedResidual(before, after, expansion, 2)
    return nn.Sequential(
        first, *(InvertedResidual(after, after, expansion) for _ in range(depth - 1))
    )


class Expectation(nn.Module):
    """The mean place and depth under the softmax of each map, and the softmax's peak.

    Maps are sharp where there is a hand and vague where there is none, so peaks tell presence.
    """

    def __init__(self) -> None:
        super().__init__()
        at = (torch.arange(_MAP, dtype=torch.float32) - 0.5) * _STRIDE
        y, x = torch.meshgrid(at, at, indexing="ij")
        self.places: Tensor
        self.register_buffer("places", torch.stack([x.ravel(), y.ravel()], dim=1))

    def forward(self, heat: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Map two of (b, 21, cells) to (b, 21, 3) in pixels of the input, and (b, 21) tenths."""
        shares = heat.softmax(dim=2)
        flat = shares @ self.places
        deep = (shares * depth).sum(dim=2, keepdim=True) * INPUT_PX
        return torch.cat([flat, deep], dim=2), shares.amax(dim=2) * _PEAK_UNITS


class LandmarkNet(nn.Module):
    """Takes (b, 3, 128, 128) in 0..1."""

    def __init__(self, size: LandmarkSize) -> None:
        super().__init__()
        w4, w8, w16 = size.widths
        d4, d8, d16 = size.depths
        self.stem = conv(3, size.stem, 3, 2)
        self.to_4 = nn.Sequential(
            conv(size.stem, w4, 3, 2), *(InvertedResidual(w4, w4, 2) for _ in range(d4 - 1))
        )
        self.to_8 = stage(w4, w8, d8, size.expansion)
        self.to_16 = stage(w8, w16, d16, size.expansion)
        self.lateral = conv(w8, size.neck, 1, active=False)
        self.deep = conv(w16, size.neck, 1, active=False)
        self.neck = InvertedResidual(size.neck, size.neck, 2)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.heat = nn.Conv2d(size.neck, _N, 3, padding=2)
        self.depth = nn.Conv2d(size.neck, _N, 3, padding=2)
        self.summary = conv(w16, size.hidden, 1)
        self.pool = nn.AvgPool2d(INPUT_PX // 16)
        self.judge = nn.Linear(size.hidden, 2)
        self.sure = nn.Linear(_N, 1, bias=False)
        self.shape = nn.Sequential(
            nn.Linear(3 * _N + size.hidden, size.hidden), nn.ReLU6(), nn.Linear(size.hidden, 3 * _N)
        )
        self.expectation = Expectation()

    def forward(self, image: Tensor) -> LandmarkOutputs:
        """Return all outputs; `LandmarkModule` gives those that the file has."""
        fine = self.to_8(self.to_4(self.stem(image)))
        coarse = self.to_16(fine)
        neck = self.neck(self.lateral(fine) + self.up(self.deep(coarse)))
        heat = self.heat(neck).flatten(2)
        points, peaks = self.expectation(heat, self.depth(neck).flatten(2))
        seen = self.pool(self.summary(coarse)).flatten(1)
        judged = self.judge(seen)
        presence = judged[:, :1] + self.sure(peaks)
        placed = points.flatten(1) / INPUT_PX - 0.5
        world = self.shape(torch.cat([placed, seen], dim=1)).reshape(-1, _N, 3) * 0.1
        return LandmarkOutputs(points, presence, judged[:, 1:], world, heat.log_softmax(dim=2))


class LandmarkModule(nn.Module):
    """The network as a file has it: (b, 63) points, presence and left as probabilities, (b, 63)."""

    def __init__(self, net: LandmarkNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Map (b, 3, 128, 128) in 0..1 to the four outputs of MediaPipe's landmark models."""
        out = self.net(image)
        return (
            out.points.flatten(1),
            out.presence.sigmoid(),
            out.left.sigmoid(),
            out.world.flatten(1),
        )


def outputs_of(said: LandmarkOutputs | tuple[Tensor, ...]) -> LandmarkOutputs:
    """Return what a `LandmarkNet`, or a `LandmarkModule` made ready for int8, says of a batch."""
    if isinstance(said, LandmarkOutputs):
        return said
    points, presence, left, world = said
    return LandmarkOutputs(
        points.reshape(-1, _N, 3),
        torch.logit(presence, eps=1e-6),
        torch.logit(left, eps=1e-6),
        world.reshape(-1, _N, 3),
        None,
    )


KEEP_FLOAT: Final = ("expectation", "sure")
"""What int8 files compute in float: sums of 324 small shares need more than 256 values."""


def landmark_net(size: str) -> LandmarkNet:
    """Return an untrained network of one of `SIZES`."""
    return LandmarkNet(SIZES[size])
