"""A latency in the middle of training, which goes on as if nothing had been."""

import tempfile

import numpy as np
import pytest
import torch
from torch import nn

from firsthand.errors import BusyError, InputError
from firsthand.measure import Warmup
from firsthand.measure.single_stream import Rules, alone_on_this_machine
from firsthand.train import budget
from firsthand.train.budget import fits, latency_of

FEW = Rules(queries=8, seconds=0, launches=2, block_s=0.001, warmup=Warmup(window=1, max_blocks=2))
SIZE = (16, 16)


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.norm, self.drop = nn.BatchNorm2d(4), nn.Dropout(0.5)
        self.out = nn.Linear(4, 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = torch.relu(self.norm(self.conv(image)))
        return self.out(self.drop(maps.mean((2, 3))))


def train(network: nn.Module, between) -> list[float]:
    torch.manual_seed(7)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for step in range(3):
        with torch.autocast("cpu", torch.bfloat16):
            loss = network(torch.rand(4, 3, *SIZE)).float().square().mean()
            if step == 1:
                between(network)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def made() -> Small:
    torch.manual_seed(3)
    return Small().train()


@pytest.mark.parametrize("int8", [False, True])
def test_training_goes_on_as_if_nothing_had_been(int8) -> None:
    found = []
    undisturbed = train(made(), lambda _: None)
    network = made()
    network.drop.eval()  # each module's own mode is kept
    network.drop.train()
    losses = train(network, lambda each: found.append(latency_of(each, SIZE, rules=FEW, int8=int8)))
    assert losses == undisturbed
    assert all(each.training for each in network.modules())
    assert found[0].median_us.value > 0
    assert found[0].launches == 2


def test_a_limit_is_kept_by_the_upper_limit_of_the_90th_percentile(monkeypatch) -> None:
    found = latency_of(made(), SIZE, rules=FEW)
    monkeypatch.setattr(budget, "latency_of", lambda *_args, **_given: found)
    upper_ms = found.p90_us.high / 1e3
    assert fits(made(), SIZE, upper_ms)
    assert not fits(made(), SIZE, np.nextafter(upper_ms, 0) * 0.999)


@pytest.mark.parametrize("limit_ms", [0, -1, float("nan")])
def test_no_such_limit(limit_ms) -> None:
    with pytest.raises(InputError, match="limit_ms"):
        fits(made(), SIZE, limit_ms)


def test_another_measurement_goes_first() -> None:
    with alone_on_this_machine(), pytest.raises(BusyError, match="another measurement"):
        latency_of(made(), SIZE, rules=FEW)
