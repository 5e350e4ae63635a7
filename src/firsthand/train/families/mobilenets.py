"""MobileNetV1 (arXiv:1704.04861) and MobileNetV2 (arXiv:1801.04381) after a plan."""

from torch import Tensor, nn

from firsthand.train.families.architecture import Plan
from firsthand.train.families.layers import conv_norm


class MobileNet(nn.Module):
    """A stem, blocks, perhaps a last 1x1 convolution, the mean over all places, and a layer.

    Maps images (b, 3, h, w) in 0..1, sides multiples of 32, to (b, classes) logits.
    """

    def __init__(self, stem: nn.Module, blocks: nn.Module, head: nn.Module, out: nn.Linear) -> None:
        super().__init__()
        self.stem, self.blocks, self.head = stem, blocks, head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = out

    def forward(self, image: Tensor) -> Tensor:
        """Return logits; see the class."""
        maps = self.head(self.blocks(self.stem(image)))
        logits: Tensor = self.classifier(self.pool(maps).flatten(1))
        return logits


class InvertedResidual(nn.Module):
    """Expand by 1x1, filter by depthwise 3x3, project by 1x1; add the input where shapes allow."""

    def __init__(self, before: int, after: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = before * expansion
        expand = [*conv_norm(before, inner, 1), nn.ReLU6(inplace=True)] if expansion > 1 else []
        self.inside = nn.Sequential(
            *expand,
            *conv_norm(inner, inner, 3, stride, groups=inner),
            nn.ReLU6(inplace=True),
            *conv_norm(inner, after, 1),
        )
        self.adds = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, before, h, w) to (b, after, h / stride, w / stride)."""
        y: Tensor = self.inside(x)
        return x + y if self.adds else y


def mobilenet_v1(plan: Plan, classes: int) -> MobileNet:
    """Return depthwise separable convolutions, each with ReLU6 after both of its halves."""
    blocks: list[nn.Module] = []
    before = plan.stem
    for stage in plan.stages:
        for at in range(stage.blocks):
            stride = stage.stride if at == 0 else 1
            blocks.append(
                nn.Sequential(
                    *conv_norm(before, before, 3, stride, groups=before),
                    nn.ReLU6(inplace=True),
                    *conv_norm(before, stage.channels, 1),
                    nn.ReLU6(inplace=True),
                )
            )
            before = stage.channels
    return MobileNet(_stem(plan), nn.Sequential(*blocks), nn.Identity(), nn.Linear(before, classes))


def mobilenet_v2(plan: Plan, classes: int) -> MobileNet:
    """Return inverted residuals with linear bottlenecks."""
    blocks: list[nn.Module] = []
    before = plan.stem
    for stage in plan.stages:
        for at in range(stage.blocks):
            stride = stage.stride if at == 0 else 1
            blocks.append(InvertedResidual(before, stage.channels, stage.expansion, stride))
            before = stage.channels
    head = nn.Sequential(*conv_norm(before, plan.head, 1), nn.ReLU6(inplace=True))
    return MobileNet(_stem(plan), nn.Sequential(*blocks), head, nn.Linear(plan.head, classes))


def _stem(plan: Plan) -> nn.Sequential:
    return nn.Sequential(*conv_norm(3, plan.stem, 3, plan.stem_stride), nn.ReLU6(inplace=True))
