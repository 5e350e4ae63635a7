"""Families of image classifiers: any width, depth, resolution and number of classes.

`Architecture` describes one, `plan` tells its widths and depths, `network` makes it, `float_file`
and `int8_file` give what devices run.
"""

from firsthand.train.families.architecture import KINDS, Architecture, Kind, Plan, Stage, plan
from firsthand.train.families.files import float_file, int8_file
from firsthand.train.families.networks import made_up_network, network

__all__ = [
    "KINDS",
    "Architecture",
    "Kind",
    "Plan",
    "Stage",
    "float_file",
    "int8_file",
    "made_up_network",
    "network",
    "plan",
]
