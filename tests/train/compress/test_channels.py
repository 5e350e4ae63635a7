"""Channels that go together."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from firsthand.errors import ConfigError
from firsthand.train.compress.channels import (
    Channels,
    importance_of,
    magnitudes,
    narrowed,
    sorted_channels,
    taylor_scores,
    trace_channels,
)
from firsthand.train.compress.teacher import ResNet9
from firsthand.train.families.architecture import Architecture
from firsthand.train.families.networks import made_up_network

SIDE = 32


class Wired(nn.Module):
    """Every way that channels are handed on: sums, products, concatenations, a layer for places."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(3, 8, 1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.deep = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.again = nn.Conv2d(8, 8, 1)
        self.c = nn.Conv2d(16, 12, 1)
        self.slope = nn.PReLU(12)
        self.squeeze = nn.Linear(12, 4)
        self.excite = nn.Linear(4, 12)
        self.out = nn.Linear(12 * 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        a = self.norm(self.a(x)) + self.b(x)
        a = self.again(self.again(functional.relu(self.deep(a)))) + a
        x = torch.cat([functional.relu(a), functional.max_pool2d(a, 3, 1, 1)], dim=1)
        x = self.slope(self.c(x))
        weights = self.excite(functional.relu(self.squeeze(x.mean((2, 3)))))
        x = x * weights.view(x.size(0), -1, 1, 1) * 0.5
        x = functional.adaptive_avg_pool2d(x, 2)
        return self.out(torch.flatten(x, 1))


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    found: dict[str, nn.Module] = {"resnet9": ResNet9(5, width=0.125), "wired": Wired()}
    for kind in ("mobilenet_v1", "mobilenet_v2", "nasnet"):
        found[kind] = made_up_network(Architecture(kind, 0.25, 0.34, SIDE, 5))
    for network in found.values():
        for unit in network.modules():
            if isinstance(unit, nn.BatchNorm2d):
                unit.running_mean.normal_(0, 0.1)
                nn.init.uniform_(unit.weight, 0.5, 1.5)
    return {name: network.double().eval() for name, network in found.items()}


NETWORKS = networks()
SEEN = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)).double()
CHANNELS = {name: trace_channels(network, SEEN[:1]) for name, network in NETWORKS.items()}


def silenced(network: nn.Module, channels: Channels, stays: np.ndarray) -> nn.Module:
    """Return the network with the weights that make what does not stay set to nothing."""
    quiet = copy.deepcopy(network)
    state = quiet.state_dict()
    for slot in channels.slots:
        if slot.axis == 0 and not slot.tensor.endswith(("running_mean", "running_var")):
            state[slot.tensor][torch.from_numpy(~stays[slot.labels])] = 0
    return quiet


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(sorted(NETWORKS)), seed=st.integers(0, 1000))
def test_a_narrowed_network_computes_what_the_whole_does_with_silent_channels(name, seed) -> None:
    network, channels = NETWORKS[name], CHANNELS[name]
    rng = np.random.default_rng(seed)
    stays = np.ones(channels.count, np.bool_)
    for group in channels.groups:
        stays[rng.choice(group, rng.integers(0, len(group)), replace=False)] = False
    narrow = narrowed(network, channels, stays)
    with torch.no_grad():
        wanted = silenced(network, channels, stays)(SEEN)
        torch.testing.assert_close(narrow(SEEN), wanted)
    before, after = (sum(p.numel() for p in each.parameters()) for each in (network, narrow))
    assert after <= before
    assert (after < before) or stays.all()


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_sorted_channels_compute_the_same_and_begin_with_the_best(name) -> None:
    network, channels = NETWORKS[name], CHANNELS[name]
    importance = importance_of(channels, magnitudes(network))
    ordered, known = sorted_channels(network, channels, importance)
    with torch.no_grad():
        torch.testing.assert_close(ordered(SEEN), network(SEEN))
    stays = channels.kept(0.5, importance)
    with torch.no_grad():
        torch.testing.assert_close(
            narrowed(ordered, known, stays)(SEEN),
            narrowed(network, channels, stays)(SEEN),
        )


def test_of_plain_networks_the_best_channels_come_first() -> None:
    network, channels = NETWORKS["mobilenet_v2"], CHANNELS["mobilenet_v2"]
    importance = importance_of(channels, magnitudes(network))
    _, known = sorted_channels(network, channels, importance)
    stays = known.kept(0.5, importance)
    for slot in known.slots:
        kept = stays[slot.labels]
        assert kept[: kept.sum()].all()


def test_what_a_wider_one_lacks_a_narrower_lacks_too() -> None:
    channels = CHANNELS["wired"]
    importance = np.random.default_rng(0).random(channels.count)
    widths = (1.0, 0.8, 0.5, 0.3, 0.01)
    kept = [channels.kept(width, importance) for width in widths]
    assert kept[0].all()
    for wide, narrow in pairwise(kept):
        assert (wide | ~narrow).all()
    for group in channels.groups:
        assert kept[-1][group].sum() == min(4, len(group))


def test_groups_are_the_layers_that_go_together() -> None:
    sizes = sorted(len(group) for group in CHANNELS["wired"].groups)
    assert sizes == [4, 8, 12]  # the squeezed ones; the sum of a, b, and again; c and excite
    assert CHANNELS["wired"].opaque == ()


def test_the_loss_tells_which_channels_matter() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 2))
    network.double()
    with torch.no_grad():
        network[3].weight[:, 16:48] = 0  # nobody reads channels 1 and 2
    channels = trace_channels(network, SEEN[:1, :, :4, :4])

    def loss(model: nn.Module) -> Tensor:
        return functional.cross_entropy(model(SEEN[:, :, :4, :4]), torch.tensor([0, 1]))

    importance = importance_of(channels, taylor_scores(network, [loss]))
    (group,) = channels.groups
    assert set(np.argsort(importance[group])[:2]) == {1, 2}


class Shuffled(nn.Module):
    """Shuffles channels, which nobody follows."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)
        self.c, self.out = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        x = x.view(x.shape[0], 2, 4, SIDE, SIDE).transpose(1, 2).reshape(-1, 8, SIDE, SIDE)
        return self.out(self.c(self.b(x)))


def test_what_is_not_followed_stays_and_is_named() -> None:
    network = Shuffled().double()
    channels = trace_channels(network, SEEN[:1])
    assert "view" in channels.opaque
    assert len(channels.groups) == 2  # of b and c
    narrow = narrowed(network, channels, channels.kept(0.5, np.zeros(channels.count)))
    assert narrow(SEEN).shape == (2, 2, SIDE, SIDE)
    assert narrow.a.out_channels == 8
    assert narrow.b.out_channels == 4


def test_around_grouped_convolutions_channels_stay() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 16, 1), nn.GroupNorm(4, 16), nn.Conv2d(16, 32, 1, groups=4),
        nn.Conv2d(32, 24, 1), nn.ReLU(), nn.Conv2d(24, 2, 1),
    ).double()  # fmt: skip
    channels = trace_channels(network, SEEN[:1])
    assert [len(group) for group in channels.groups] == [24]
    assert channels.opaque == ("1 (GroupNorm)", "2 (Conv2d)")
    narrow = narrowed(network, channels, channels.kept(0.5, np.zeros(channels.count)))
    assert narrow(SEEN).shape == (2, 2, SIDE, SIDE)


class Branching(nn.Module):
    """Cannot be traced."""

    def forward(self, x: Tensor) -> Tensor:
        """Branch on a value."""
        return x if x.sum() > 0 else -x


def test_what_cannot_be_traced_or_narrowed_is_told_of() -> None:
    with pytest.raises(ConfigError, match="Branching cannot be traced"):
        trace_channels(Branching(), SEEN)
    with pytest.raises(ConfigError, match="no channels that could be taken out"):
        trace_channels(nn.Conv2d(3, 2, 1).double(), SEEN)
    with pytest.raises(ConfigError, match=r"width=0 must be above 0"):
        CHANNELS["wired"].kept(0, np.zeros(100))
