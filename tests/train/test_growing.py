"""A grown network computes what the smaller one did, and every new number can learn."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from firsthand.errors import InputError
from firsthand.train.growing import grow
from firsthand.train.hands.detector_net import DetectorShape, PalmNet
from firsthand.train.hands.landmark_net import INPUT_PX, LandmarkNet, LandmarkSize

Make = Callable[[bool], nn.Module]


def palms(large: bool) -> nn.Module:
    few = DetectorShape((4, 4, 6, 6, 8), (1, 2, 1, 1))
    return PalmNet(DetectorShape((5, 8, 8, 10, 12), (2, 3, 1, 2)) if large else few)


def landmarks(large: bool) -> nn.Module:
    few = LandmarkSize(4, (6, 8, 8), (1, 2, 1), 2, 8, 8)
    return LandmarkNet(LandmarkSize(6, (8, 10, 12), (2, 3, 3), 3, 12, 16) if large else few)


NETWORKS = pytest.mark.parametrize(("make", "size_px"), [(palms, 64), (landmarks, INPUT_PX)])


def seen(net: nn.Module, images: Tensor) -> list[Tensor]:
    with torch.no_grad():
        return [each for each in net.eval()(images) if each is not None]


def lively(net: nn.Module) -> nn.Module:
    """Give every number of a network a value of its own, as learning does."""
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.is_floating_point() and "places" not in name:
                value += 0.1 * torch.rand(value.shape, generator=generator)
    return net


@NETWORKS
def test_a_grown_network_computes_the_same(make: Make, size_px: int) -> None:
    torch.manual_seed(0)
    small, large = lively(make(False)), make(True)
    images = torch.rand(2, 3, size_px, size_px)
    grow(large, small.state_dict())
    for was, now in zip(seen(small, images), seen(large, images), strict=True):
        torch.testing.assert_close(now, was, rtol=1e-4, atol=1e-5)


@NETWORKS
def test_what_is_new_learns(make: Make, size_px: int) -> None:
    torch.manual_seed(0)
    large = make(True)
    grow(large, make(False).state_dict())
    before = {name: value.clone() for name, value in large.named_parameters()}
    optimiser = torch.optim.AdamW(large.parameters(), lr=1e-2, weight_decay=0.0)
    for _ in range(3):  # zero, then what zero hid, then what that hid
        outputs = large.train()(torch.rand(2, 3, size_px, size_px))
        loss = torch.stack([each.square().mean() for each in outputs if each is not None]).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    still = [name for name, value in large.named_parameters() if torch.equal(value, before[name])]
    assert still == []


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (nn.Linear(3, 4).state_dict(), r"weight of shape \(4, 3\) is no part .*\(2, 3\)"),
        ({"weight": torch.zeros(3)}, r"weight of shape \(3,\)"),
        ({"bias": torch.zeros(2)}, "the weights lack weight"),
        ({**nn.Linear(3, 2).state_dict(), "scale": torch.zeros(1)}, "scale is in the weights"),
    ],
)
def test_a_network_of_another_kind_is_refused(weights: dict[str, Tensor], message: str) -> None:
    with pytest.raises(InputError, match=message):
        grow(nn.Linear(3, 2), weights)


def test_a_refused_network_is_as_it_was() -> None:
    net = nn.Linear(3, 2)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with pytest.raises(InputError):
        grow(net, {"weight": torch.ones(2, 3)})
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
