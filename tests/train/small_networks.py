"""A network that has, in small, all that the recipes' networks are made of."""

import torch
from torch import Tensor, nn


def conv(into: int, out: int, size: int = 3, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and batch norm, with padding that costs the file nothing."""
    padding = nn.ZeroPad2d((0, 1, 0, 1)) if stride == 2 else nn.Identity()
    inside = 0 if stride == 2 else size // 2
    return nn.Sequential(
        padding,
        nn.Conv2d(into, out, size, stride, inside, groups=groups, bias=False),
        nn.BatchNorm2d(out),
    )


class Expectation(nn.Module):
    """Mean place under a softmax over all places."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.register_buffer("place", torch.arange(float(cells))[:, None])

    def forward(self, heat: Tensor) -> Tensor:
        return (torch.softmax(heat.flatten(2), -1) @ self.place).flatten(1)


class SmallNetwork(nn.Module):
    """Takes (n, 3, 16, 16); gives (n, 5), (n, 1) and (n, 2)."""

    def __init__(self, seed: int = 3) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem = nn.Sequential(conv(3, 8, stride=2), nn.ReLU6())
            self.wide = nn.Sequential(conv(8, 8, groups=8), nn.ReLU(), conv(8, 8, 1))
            self.down = nn.Sequential(conv(8, 12, stride=2), nn.ReLU())
            self.up = nn.Upsample(scale_factor=2, mode="nearest")
            self.mix = nn.Sequential(conv(20, 8, 1), nn.ReLU())
            self.heat = nn.Conv2d(8, 2, 1)
            self.expectation = Expectation(64)
            self.points = nn.Linear(12, 5)
            self.presence = nn.Linear(12, 1)
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean.normal_(0, 0.1)
                    module.running_var.uniform_(0.5, 2)
                    nn.init.uniform_(module.weight, 0.5, 1.5)
                    nn.init.normal_(module.bias, 0, 0.1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = self.stem(image)
        fine = torch.relu(fine + self.wide(fine))
        coarse = self.down(fine)
        mixed = self.mix(torch.cat([fine, self.up(coarse)], 1))
        pooled = coarse.mean((2, 3))
        return (
            self.points(pooled),
            torch.sigmoid(self.presence(pooled)),
            self.expectation(self.heat(mixed)),
        )
