"""A network for `firsthand compress run examples/resnet9.py:make`: ResNet-9, untrained."""

from torch import nn

from firsthand.train.compress.teacher import ResNet9


def make(classes: int) -> nn.Module:
    """Return it for pictures of 32 x 32 pixels."""
    return ResNet9(classes)
