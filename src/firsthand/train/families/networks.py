"""From a description to a network, untrained or made up for timing alone."""

from typing import Final

import torch
from torch import nn

from firsthand.train.families.architecture import Architecture, plan
from firsthand.train.families.mobilenets import mobilenet_v1, mobilenet_v2
from firsthand.train.families.nasnet import NasNet

_MAKERS: Final = {"mobilenet_v1": mobilenet_v1, "mobilenet_v2": mobilenet_v2, "nasnet": NasNet}


def network(architecture: Architecture, *, seed: int = 0) -> nn.Module:
    """Return an untrained network: (b, 3, h, w) in 0..1 to (b, classes) logits.

    Convolutions begin as He et al. 2015 (arXiv:1502.01852) have it, from `seed` alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = _MAKERS[architecture.kind](plan(architecture), architecture.classes)
        for unit in made.modules():
            if isinstance(unit, nn.Conv2d):
                nn.init.kaiming_normal_(unit.weight, mode="fan_in", nonlinearity="relu")
            elif isinstance(unit, nn.Linear):
                nn.init.normal_(unit.weight, 0, 0.01)
                nn.init.zeros_(unit.bias)
        return made


def made_up_network(architecture: Architecture, *, seed: int = 0) -> nn.Module:
    """Return a network only to be timed, in evaluation mode.

    Its batch norms hold the statistics of random images, so that values neither vanish (numbers
    near 0 take longer to compute with) nor overflow.
    """
    made = network(architecture, seed=seed)
    norms = [unit for unit in made.modules() if isinstance(unit, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        made.train()(torch.rand(2, 3, *architecture.size_px, generator=rng))
    for norm in norms:
        norm.momentum = 0.1
    return made.eval()
