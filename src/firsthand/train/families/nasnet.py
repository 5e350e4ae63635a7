"""NASNet-A after a plan: Zoph et al. 2018, "Learning Transferable Architectures", figure 4.

Cells are those of arXiv:1707.07012, with separable convolutions applied twice and ReLU before
each, and their inputs fitted as in the authors' code: by 1x1 convolutions, or by two of stride 2,
one place apart, where the cell before the last has larger maps. ReLU comes before the fitting
there and ends each cell here, which computes the same. What is left out are the scheduled paths
and the second classifier, which serve training only.

LiteRT 2.3 has no fast 8-bit kernels for averages or for ReLU that follows no convolution or sum:
an int8 NASNet can take longer than the float one.
"""

import torch
from torch import Tensor, nn

from firsthand.train.families.architecture import Plan
from firsthand.train.families.layers import (
    average_pool,
    conv_norm,
    maximum_pool,
    same_padding,
)


class Separable(nn.Module):
    """Two separable convolutions; the ReLU before the first is the caller's."""

    def __init__(self, filters: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_separable(filters, kernel, stride),
            nn.ReLU(inplace=True),
            *_separable(filters, kernel, 1),
        )

    def forward(self, active: Tensor) -> Tensor:
        """Map (b, filters, h, w) to (b, filters, h / stride, w / stride)."""
        y: Tensor = self.layers(active)
        return y


def _fit(before: int, filters: int) -> nn.Sequential:
    return nn.Sequential(*conv_norm(before, filters, 1))


def _separable(filters: int, kernel: int, stride: int) -> list[nn.Module]:
    pads, padding = same_padding(kernel, stride)
    depthwise = nn.Conv2d(filters, filters, kernel, stride, padding, groups=filters, bias=False)
    return [*pads, depthwise, *conv_norm(filters, filters, 1)]


class HalvingFit(nn.Module):
    """Half of the filters from the even places and half from the odd ones."""

    def __init__(self, before: int, filters: int) -> None:
        super().__init__()
        self.even = nn.Sequential(*conv_norm(before, filters // 2, 1, 2))
        self.odd = nn.Sequential(*conv_norm(before, filters - filters // 2, 1, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, before, h, w), h and w even, to (b, filters, h / 2, w / 2)."""
        shifted = x[:, :, 1:][:, :, :, 1:]  # one by one, so that int8 files have both ranges
        return torch.cat([self.even(x), self.odd(shifted)], 1)


class NormalCell(nn.Module):
    """Five sums of pairs, beside each other with the cell before the last: 6 `filters`."""

    def __init__(self, fit_last: nn.Module, fit_before: nn.Module, filters: int) -> None:
        super().__init__()
        self.fit_last, self.fit_before = fit_last, fit_before
        self.last_5, self.before_3 = Separable(filters, 5), Separable(filters, 3)
        self.before_5, self.before_3_again = Separable(filters, 5), Separable(filters, 3)
        self.last_3 = Separable(filters, 3)
        self.average = average_pool(1)

    def forward(self, last: Tensor, before: Tensor) -> Tensor:
        """Map the outputs of the last cell and of the one before it to (b, 6 filters, h, w)."""
        last, before = self.fit_last(last), self.fit_before(before)
        active, active_before = torch.relu(last), torch.relu(before)
        averaged = self.average(before)
        joined = torch.cat(
            [
                before,
                self.last_5(active) + self.before_3(active_before),
                self.before_5(active_before) + self.before_3_again(active_before),
                self.average(last) + before,
                averaged + averaged,
                self.last_3(active) + last,
            ],
            1,
        )
        return torch.relu(joined)


class ReductionCell(nn.Module):
    """Five sums of pairs at half the resolution, of which four go out: 4 `filters`."""

    def __init__(self, fit_last: nn.Module, fit_before: nn.Module, filters: int) -> None:
        super().__init__()
        self.fit_last, self.fit_before = fit_last, fit_before
        self.last_5, self.before_7 = Separable(filters, 5, 2), Separable(filters, 7, 2)
        self.before_7_again, self.before_5 = Separable(filters, 7, 2), Separable(filters, 5, 2)
        self.sum_3 = Separable(filters, 3)
        self.average, self.halved_average = average_pool(1), average_pool(2)
        self.maximum = maximum_pool()

    def forward(self, last: Tensor, before: Tensor) -> Tensor:
        """Map outputs of the last two cells, h and w even, to (b, 4 filters, h / 2, w / 2)."""
        last, before = self.fit_last(last), self.fit_before(before)
        active_before = torch.relu(before)
        greatest = self.maximum(last)
        first = self.last_5(torch.relu(last)) + self.before_7(active_before)
        second = greatest + self.before_7_again(active_before)
        joined = torch.cat(
            [
                second,
                self.halved_average(last) + self.before_5(active_before),
                second + self.average(first),
                self.sum_3(torch.relu(first)) + greatest,
            ],
            1,
        )
        return torch.relu(joined)


class NasNet(nn.Module):
    """Maps images (b, 3, h, w) in 0..1, sides multiples of 32, to (b, classes) logits."""

    def __init__(self, plan: Plan, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(*conv_norm(3, plan.stem, 3, 2), nn.ReLU(inplace=True))
        cells: list[nn.Module] = []
        last, before, halved = plan.stem, plan.stem, False  # halved: the last cell's maps are
        for stage in plan.stages:
            filters = stage.channels
            for at in range(stage.blocks):
                reduces = stage.stride == 2 and at == 0
                fit_before = HalvingFit(before, filters) if halved else _fit(before, filters)
                cell = ReductionCell if reduces else NormalCell
                cells.append(cell(_fit(last, filters), fit_before, filters))
                last, before, halved = filters * (4 if reduces else 6), last, reduces
        self.cells = nn.ModuleList(cells)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(last, classes)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits; see the class."""
        before = last = self.stem(image)
        for cell in self.cells:
            last, before = cell(last, before), last
        logits: Tensor = self.classifier(self.pool(last).flatten(1))
        return logits
