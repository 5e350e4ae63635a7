"""How wide students are to be."""

import numpy as np
import pytest
import torch
from colours import Small

from firsthand.compress import Budget
from firsthand.errors import ConfigError
from firsthand.train.compress.channels import importance_of, magnitudes, narrowed, trace_channels
from firsthand.train.compress.sizing import cost_of, widths_for
from firsthand.train.compress.teacher import ResNet9
from firsthand.train.static_int8 import to_static_int8_tflite

EXAMPLE = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def resnet() -> ResNet9:
    torch.manual_seed(0)
    return ResNet9(10, width=0.5).eval()


def test_multiply_accumulates_are_those_of_the_published_network() -> None:
    # 3 64 at 32x32; 64 128 at 32x32; a pair of 128 at 16x16; 128 256 at 16x16; 256 512 at 8x8;
    # a pair of 512 at 4x4; 512 10.
    wanted = 9 * (
        1024 * (3 * 64 + 64 * 128)
        + 256 * (2 * 128 * 128 + 128 * 256)
        + 64 * 256 * 512
        + 16 * 2 * 512 * 512
    )
    assert cost_of(ResNet9(10), EXAMPLE).macs == wanted + 5120


@pytest.mark.slow
def test_bytes_are_those_of_the_file_or_a_little_more() -> None:
    model = resnet()
    channels = trace_channels(model, EXAMPLE)
    importance = importance_of(channels, magnitudes(model))
    for width in (0.5, 0.1):
        narrow = narrowed(model, channels, channels.kept(width, importance))
        octets = len(to_static_int8_tflite(narrow, (32, 32)))
        assert octets <= cost_of(narrow, EXAMPLE).bytes <= 1.1 * octets


def traced(model):
    channels = trace_channels(model.eval(), EXAMPLE)
    return channels, np.zeros(channels.count)


def test_students_are_as_wide_as_a_budget_allows() -> None:
    model = resnet()
    channels = trace_channels(model, EXAMPLE)
    importance = importance_of(channels, magnitudes(model))

    def costs(budget: Budget, count: int = 3):
        widths = widths_for(model, channels, importance, EXAMPLE, budget, count)
        assert list(widths) == sorted(widths, reverse=True)
        return [
            cost_of(narrowed(model, channels, channels.kept(width, importance)), EXAMPLE)
            for width in widths
        ]

    largest, *_ = costs(Budget(bytes=300_000))
    assert 250_000 < largest.bytes <= 300_000
    largest, *_ = costs(Budget(macs=20_000_000), 2)
    assert 16e6 < largest.macs <= 20e6
    *_, smallest = costs(Budget())
    whole = cost_of(model, EXAMPLE)
    assert smallest.macs <= whole.macs / 36
    assert smallest.bytes <= 4 * sum(value.numel() for value in model.parameters()) / 100
    widths = widths_for(Small(3), *traced(Small(3)), EXAMPLE, Budget(), 3)
    assert widths == pytest.approx((0.5, 0.25, 0.125))  # too small to become a hundredth
    with pytest.raises(ConfigError, match=r"size <= 5 KB: four channels .* take"):
        costs(Budget(bytes=5_000))


def test_a_mode_is_left_as_it_was() -> None:
    model = Small(3).train()
    cost_of(model, torch.from_numpy(np.zeros((1, 3, 16, 16), np.float32)))
    assert model.training
