"""Make the stand-ins: .tflite files with our models' inputs and outputs that find red squares.

`python tests/hands/stand_ins/make.py` writes them beside itself; it needs the `train` extra.

- `palm.tflite`: 256 x 256 to 5440 anchors. A cell of stride 16 that is red throughout is a palm of
  64 pixels in the middle of the cell, wrist below and middle knuckle above; all else is none.
- `hand.tflite`: 128 x 128 to 21 joints along the crop's vertical middle, the wrist at 0.8 and the
  middle knuckle at 0.5 of its height; a hand is present where some of the crop is red.
"""

from pathlib import Path

import torch

STRIDES = (4, 8, 16, 32)
FOUND_AT = 16
PALM_PX = 64
RED = torch.tensor([[1.0, -0.5, -0.5]])


class Palm(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.heads = torch.nn.ModuleList(self._head(stride) for stride in STRIDES)

    def _head(self, stride: int) -> torch.nn.Module:
        head = torch.nn.Conv2d(3, 19, 1)
        weight, bias = torch.zeros(19, 3), torch.zeros(19)
        weight[18] = 40 * RED
        bias[18] = -20 if stride == FOUND_AT else -100
        bias[2:4] = PALM_PX
        bias[5], bias[9] = PALM_PX / 2, -PALM_PX / 2  # the wrist's y, the middle knuckle's
        head.weight.data, head.bias.data = weight[:, :, None, None], bias
        return head

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        image = image.permute(0, 3, 1, 2)
        rows = []
        for stride, head in zip(STRIDES, self.heads, strict=True):
            cells = head(torch.nn.functional.avg_pool2d(image, stride))
            rows.append(cells.permute(0, 2, 3, 1).reshape(1, -1, 19))
        values = torch.cat(rows, dim=1)
        return values[..., :18], values[..., 18:]


class Hand(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        points = torch.zeros(21, 3)
        points[:, 0] = 0.5
        points[:, 1] = torch.linspace(0.8, 0.2, 21)
        points[9, 1] = 0.5
        points[[1, 17], 0] = torch.tensor([0.35, 0.65])
        self.register_buffer("points", points.reshape(1, 63) * 128)
        self.register_buffer("red", 200 * RED)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        mean = torch.nn.functional.avg_pool2d(image.permute(0, 3, 1, 2), 128).reshape(1, 3)
        red = (mean * self.red).sum(dim=1, keepdim=True)
        presence = torch.sigmoid(red - 3)
        points = self.points + 0 * red
        return points, presence, presence, points / 1000


def main() -> None:
    import litert_torch

    for name, model, size_px in (("palm", Palm(), 256), ("hand", Hand(), 128)):
        made = litert_torch.convert(model.eval(), (torch.zeros(1, size_px, size_px, 3),))
        made.export(str(Path(__file__).with_name(f"{name}.tflite")))


if __name__ == "__main__":
    main()
