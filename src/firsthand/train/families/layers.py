"""Layers of the families, padded and pooled in the ways that .tflite files have at no cost."""

from torch import nn


def same_padding(kernel: int, stride: int) -> tuple[list[nn.Module], int]:
    """Return what comes before a convolution that keeps maps' sides, or halves even ones.

    Beside it, its own `padding`. A 3x3 of stride 2 pads right and below only, as files do at no
    cost (see `export.to_tflite`). Larger ones pad all around, which costs an operation: where maps
    have several readers, as in NASNet's cells, the converter would add transpositions to it.
    """
    if kernel == 3 and stride == 2:
        return [nn.ZeroPad2d((0, 1, 0, 1))], 0
    return [], kernel // 2


def conv_norm(
    before: int, after: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return a convolution, and batch normalisation, which folds into it."""
    pads, padding = same_padding(kernel, stride)
    return [
        *pads,
        nn.Conv2d(before, after, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(after),
    ]


def average_pool(stride: int) -> nn.AvgPool2d:
    """Return 3x3 averages that leave the padding out, as the file's own "SAME" does."""
    padding = 1 if stride == 1 else 0
    return nn.AvgPool2d(3, stride, padding, ceil_mode=stride == 2, count_include_pad=False)


def maximum_pool() -> nn.MaxPool2d:
    """Return 3x3 maxima at stride 2, for maps of even sides, as the file's own "SAME"."""
    return nn.MaxPool2d(3, 2, ceil_mode=True)
