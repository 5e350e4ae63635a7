"""Widths and depths come from the plan; at 1 and 1 they are what was published."""

import pytest
import torch
from counting import counted_macs
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from firsthand.errors import ConfigError
from firsthand.train.families import KINDS, Architecture, made_up_network, network, plan
from firsthand.train.families.nasnet import NormalCell, ReductionCell, Separable

factors = st.floats(0.05, 4)
kinds = st.sampled_from(KINDS)


@pytest.mark.parametrize(
    ("kind", "parameters", "million_macs"),
    [("mobilenet_v1", 4_231_976, 569), ("mobilenet_v2", 3_504_872, 300), ("nasnet", 5.3e6, 564)],
)
def test_networks_are_as_large_as_published(kind, parameters, million_macs) -> None:
    made = network(Architecture(kind)).eval().to("meta")
    exact = 0 if isinstance(parameters, int) else 0.005
    assert sum(each.numel() for each in made.parameters()) == pytest.approx(parameters, rel=exact)
    macs = counted_macs(made, torch.zeros(1, 3, 224, 224, device="meta"))
    assert macs / 1e6 == pytest.approx(million_macs, rel=0.015)


@given(kinds, factors, factors, factors, factors)
def test_a_wider_and_deeper_network_contains_a_narrower_one(kind, w1, w2, d1, d2) -> None:
    small = plan(Architecture(kind, min(w1, w2), min(d1, d2)))
    large = plan(Architecture(kind, max(w1, w2), max(d1, d2)))
    assert small.stem <= large.stem
    assert small.head <= large.head
    for mine, theirs in zip(small.stages, large.stages, strict=True):
        assert 1 <= mine.channels <= theirs.channels
        assert 1 <= mine.blocks <= theirs.blocks
        assert (mine.stride, mine.expansion) == (theirs.stride, theirs.expansion)


@given(st.sampled_from(KINDS[:2]), factors)
def test_channels_are_multiples_of_8_and_not_much_fewer_than_wanted(kind, width) -> None:
    published = plan(Architecture(kind))
    for mine, theirs in zip(plan(Architecture(kind, width)).stages, published.stages, strict=True):
        assert mine.channels % 8 == 0
        assert mine.channels >= 0.9 * width * theirs.channels


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("resolution_px", [32, 96])
def test_any_size_and_number_of_classes(kind, resolution_px) -> None:
    architecture = Architecture(kind, 0.1, 0.3, resolution_px, 7)
    made = network(architecture).eval()
    with torch.no_grad():
        assert made(torch.rand(2, 3, *architecture.size_px)).shape == (2, 7)


def test_weights_come_from_the_seed_and_leave_torchs_own_numbers_alone() -> None:
    architecture = Architecture("mobilenet_v2", 0.1, 0.3, 32, 7)
    torch.manual_seed(1)
    first = network(architecture, seed=5).state_dict()
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    second = network(architecture, seed=5).state_dict()
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = network(architecture, seed=6).state_dict()
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("kind", KINDS)
def test_made_up_networks_neither_vanish_nor_overflow(kind) -> None:
    made = made_up_network(Architecture(kind, 0.3, 1, 64, 10))
    assert not made.training
    scales = []
    for unit in made.modules():
        if isinstance(unit, nn.BatchNorm2d):
            assert unit.momentum == 0.1
            unit.register_forward_hook(lambda _u, _i, out: scales.append(float(out.abs().max())))
    with torch.no_grad():
        made(torch.rand(4, 3, 64, 64))
    assert min(scales) > 0.1
    assert max(scales) < 1000


def silenced(cell: nn.Module) -> nn.Module:
    """Let a cell's separable convolutions give 0 and its inputs pass."""
    for name, unit in cell.named_children():
        if isinstance(unit, Separable):
            setattr(cell, name, Silent(unit))
        elif name.startswith("fit"):
            setattr(cell, name, nn.Identity())
    return cell


class Silent(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(self.inner(x))


def same_average(x: torch.Tensor, stride: int) -> torch.Tensor:
    """3x3 averages as TensorFlow's SAME has them, of even sides."""
    padded = functional.pad(x, (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1))
    ones = functional.pad(torch.ones_like(x), (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1))
    return functional.avg_pool2d(padded, 3, stride) / functional.avg_pool2d(ones, 3, stride)


def test_what_a_normal_cell_does_beside_its_convolutions() -> None:
    cell = silenced(NormalCell(nn.Identity(), nn.Identity(), 4))
    last, before = torch.randn(2, 4, 6, 6), torch.randn(2, 4, 6, 6)
    nothing = torch.zeros_like(last)
    average = same_average(before, 1)
    wanted = [before, nothing, nothing, same_average(last, 1) + before, 2 * average, last]
    torch.testing.assert_close(cell(last, before), torch.relu(torch.cat(wanted, 1)))


def test_what_a_reduction_cell_does_beside_its_convolutions() -> None:
    cell = silenced(ReductionCell(nn.Identity(), nn.Identity(), 4))
    last, before = torch.randn(2, 4, 6, 6), torch.randn(2, 4, 6, 6)
    lowest = functional.pad(last, (0, 1, 0, 1), value=-torch.inf)
    greatest = functional.max_pool2d(lowest, 3, 2)
    wanted = [greatest, same_average(last, 2), greatest, greatest]
    torch.testing.assert_close(cell(last, before), torch.relu(torch.cat(wanted, 1)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"kind": "resnet"}, "no kind 'resnet'; there are mobilenet_v1"),
        ({"width": 0}, "width=0 must be above 0"),
        ({"width": float("nan")}, "width=nan"),
        ({"depth": float("inf")}, "depth=inf"),
        ({"resolution_px": 100}, "resolution_px=100 must be a multiple of 32"),
        ({"resolution_px": 0}, "resolution_px=0"),
        ({"classes": 1}, "classes=1: there must be two"),
    ],
)
def test_what_there_cannot_be_is_told(wrong, told) -> None:
    with pytest.raises(ConfigError, match=told):
        Architecture(**{"kind": "mobilenet_v1", **wrong})
