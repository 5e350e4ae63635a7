"""Fake quantisation is integer arithmetic, folding changes nothing, gradients pass."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn

from firsthand.errors import ConfigError
from firsthand.train.quantise import (
    FakeQuant,
    Int8Weights,
    fake_weights,
    fold_batch_norms,
    grid,
    prepare,
)

from .small_networks import SmallNetwork

finite = st.floats(-50, 50, width=32)
some_values = arrays.arrays(np.float32, st.integers(1, 40), elements=finite)


@given(low=st.floats(-100, 0, width=32), high=st.floats(0, 100, width=32))
def test_a_grid_has_256_values_and_zero_is_one_of_them(low: float, high: float) -> None:
    scale, zero_point = grid(torch.tensor(low), torch.tensor(high))
    assert -128 <= int(zero_point) <= 127
    assert scale.dtype == torch.float32
    span = float(scale) * 255
    assert span == pytest.approx(max(high - low, 1e-9), rel=1e-5)
    least = (-128 - int(zero_point)) * float(scale)
    assert abs(least - low) <= 0.51 * float(scale)


@given(values=some_values, low=st.floats(-60, 0, width=32), high=st.floats(0.125, 60, width=32))
def test_rounded_activations_are_integers_times_the_scale(
    values: np.ndarray, low: float, high: float
) -> None:
    quant = FakeQuant(0, fixed=(low, high)).eval()
    scale, zero_point = (each.numpy() for each in grid(quant.low, quant.high))
    got = quant(torch.from_numpy(values)).numpy()
    exact = values.astype(np.float64) / scale + zero_point
    integers = np.clip(np.rint(exact), -128, 127)
    tie = np.abs(exact - np.floor(exact) - 0.5) < 1e-4  # float32 may round these either way
    expected = (integers - zero_point) * scale.astype(np.float64)
    np.testing.assert_allclose(got[~tie], expected[~tie], rtol=1e-5, atol=1e-6)
    assert np.all(np.abs(got[tie] - expected[tie]) <= 1.001 * scale)


@given(
    weight=arrays.arrays(
        np.float32, arrays.array_shapes(min_dims=2, max_dims=4, max_side=4), elements=finite
    )
)
def test_rounded_weights_are_symmetric_int8_per_channel(weight: np.ndarray) -> None:
    got = fake_weights(torch.from_numpy(weight)).numpy().astype(np.float64)
    for channel, rounded in zip(weight.astype(np.float64), got, strict=True):
        scale = max(np.abs(channel).max(), 1e-9) / 127
        steps = rounded / scale
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
        assert np.abs(steps).max() <= 127.001
        assert np.abs(rounded - channel).max() <= 0.501 * scale


def test_gradients_pass_inside_the_range_and_stop_outside() -> None:
    quant = FakeQuant(0, fixed=(-1.0, 1.0))
    values = torch.tensor([-5.0, -0.5, 0.0, 0.7, 5.0], requires_grad=True)
    quant(values).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [0, 1, 1, 1, 0]


def test_a_range_is_the_mean_of_what_passes_and_then_stands_still() -> None:
    quant = FakeQuant(settle_steps=2).train()
    quant(torch.tensor([-1.0, 3.0]))
    assert (float(quant.low), float(quant.high)) == (-1, 3)
    quant(torch.tensor([1.0, 5.0]))
    assert (float(quant.low), float(quant.high)) == (-0.5, 4)
    quant(torch.tensor([-100.0, 100.0]))
    quant.eval()(torch.tensor([-100.0, 100.0]))
    assert (float(quant.low), float(quant.high)) == (-0.5, 4)
    assert int(quant.seen) == 2


def test_ranges_survive_saving() -> None:
    first = FakeQuant(settle_steps=5).train()
    first(torch.randn(10))
    second = FakeQuant(settle_steps=5)
    second.load_state_dict(first.state_dict())
    values = torch.randn(10)
    assert torch.equal(first.eval()(values), second.eval()(values))


def test_folding_batch_norms_changes_nothing() -> None:
    network = SmallNetwork().eval()
    images = torch.rand(3, 3, 16, 16)
    before = network(images)
    assert fold_batch_norms(network) == 5
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    for a, b in zip(before, network(images), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    assert fold_batch_norms(network) == 0
    assert all(weights.requires_grad for weights in network.parameters())


def test_a_batch_norm_that_cannot_be_folded_is_named() -> None:
    with pytest.raises(ConfigError, match="batch norm 1 cannot be folded"):
        fold_batch_norms(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)))

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return self.norm(y) + y

    with pytest.raises(ConfigError, match="batch norm norm cannot be folded"):
        fold_batch_norms(Twice())


def test_what_cannot_be_traced_is_told_of() -> None:
    class Branching(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if x.sum() > 0 else -x

    with pytest.raises(ConfigError, match="Branching cannot be traced"):
        prepare(Branching(), settle_steps=1)


def test_preparing_needs_folded_norms() -> None:
    with pytest.raises(ConfigError, match=r"stem.0.2 is a batch norm: call fold_batch_norms"):
        prepare(SmallNetwork(), settle_steps=1)


def prepared_small(keep_float: tuple[str, ...] = ("expectation",)) -> tuple[nn.Module, nn.Module]:
    network = SmallNetwork().eval()
    fold_batch_norms(network)
    prepared = prepare(network, settle_steps=4, keep_float=keep_float).train()
    rng = torch.Generator().manual_seed(0)
    for _ in range(4):
        prepared(torch.rand(4, 3, 16, 16, generator=rng))
    return network, prepared.eval()


def test_a_prepared_network_computes_nearly_the_same_on_the_same_weights() -> None:
    network, prepared = prepared_small()
    images = torch.rand(3, 3, 16, 16)
    for plain, rounded in zip(network(images), prepared(images), strict=True):
        assert not torch.equal(plain, rounded)
        torch.testing.assert_close(plain, rounded, rtol=0.05, atol=0.05)
    with torch.no_grad():
        prepared.get_submodule("points_int8.inner").bias.add_(1)
    torch.testing.assert_close(network.points.bias, prepared.points_int8.inner.bias)


def test_ranges_stand_where_the_file_rounds() -> None:
    _, prepared = prepared_small()
    ranges = [name for name, unit in prepared.named_modules() if isinstance(unit, FakeQuant)]
    assert ranges == [
        "image_range",
        "stem_1_range",  # not between convolution and clamp
        "wide_1_range",
        "wide_2_1_range",
        "relu_range",  # not between sum and clamp
        "down_1_range",
        "cat_range",
        "mix_1_range",
        "mean_range",
        "points_range",
        "presence_range",
        "sigmoid_range",
        "heat_range",
    ]
    weighted = [name for name, unit in prepared.named_modules() if isinstance(unit, Int8Weights)]
    assert len(weighted) == 8
    assert float(prepared.image_range.high) == 1
    assert float(prepared.sigmoid_range.high) == 255 / 256


def test_what_is_kept_in_float_stays_so_with_all_that_follows() -> None:
    _, prepared = prepared_small(("^heat$", "mean"))
    names = {name for name, _ in prepared.named_modules()}
    assert not names & {"heat_int8", "heat_range", "mean_range", "points_int8", "presence_range"}
    assert "mix_1_range" in names


def test_keep_float_must_match() -> None:
    network = SmallNetwork().eval()
    fold_batch_norms(network)
    with pytest.raises(ConfigError, match=r"\['softmax'\] matches no module; .*expectation"):
        prepare(network, settle_steps=1, keep_float=("softmax", "expectation"))


def test_training_through_the_rounding_lowers_the_loss() -> None:
    network = SmallNetwork().eval()
    fold_batch_norms(network)
    prepared = prepare(network, settle_steps=40, keep_float=("expectation",)).train()
    optimiser = torch.optim.SGD(prepared.parameters(), lr=0.05, momentum=0.9)
    images = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    wanted = images.mean((2, 3)) @ torch.ones(3, 5)
    losses = []
    for _ in range(40):
        loss = nn.functional.mse_loss(prepared(images)[0], wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
