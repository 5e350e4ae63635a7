"""Networks for `firsthand compress run examples/resnet9.py:make`: ResNet-9, untrained."""

from torch import nn

from firsthand.train.compress.teacher import ResNet9


def make(classes: int) -> nn.Module:
    """Return it for pictures of 32 x 32 pixels."""
    return ResNet9(classes)


def make_wide(classes: int) -> nn.Module:
    """Return one of 80 MB for photographs of 64 x 64."""
    return ResNet9(classes, width=1.75, side_px=64)
