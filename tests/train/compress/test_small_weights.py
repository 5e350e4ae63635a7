"""Files of 16-bit and 4-bit weights answer as the network does, to their rounding."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from firsthand.errors import ConfigError, InputError, TrainingError
from firsthand.runtime.backends.litert import open_litert
from firsthand.train.compress.small_weights import LAYERS, to_float16_tflite, to_int4_tflite
from firsthand.train.compress.sparse import file_weights
from firsthand.train.export import check_export, operations, to_tflite

SIZE = (12, 12)


@cache
def network() -> nn.Module:
    """Convolutions of all kinds and a linear layer, on wide layers whose weights count."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1, groups=32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, 512),
            nn.ReLU(),
            nn.Linear(512, 10),
        ).eval()


@cache
def float_file() -> bytes:
    return to_tflite(network(), SIZE)


def images(count: int = 8) -> np.ndarray:
    return np.random.default_rng(5).random((count, *SIZE, 3), dtype=np.float32)


def kinds(data: bytes) -> dict[str, set[str]]:
    """The dtypes of each operation's weights, as the interpreter has them."""
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.TensorType).items() if name.isupper()}
    model = schema.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    found: dict[str, set[str]] = {}
    for at, (name, _) in enumerate(operations(data)):
        operator = graph.Operators(at)
        if operator.InputsLength() > 1:
            found.setdefault(name, set()).add(names[graph.Tensors(operator.Inputs(1)).Type()])
    return found


def test_a_float16_file_equals_the_network_to_half_precision() -> None:
    data = to_float16_tflite(network(), SIZE)
    agreement = check_export(network(), data, images(), tolerance=2e-3)
    assert agreement.worst > 1e-6  # rounded it is
    assert {each.dtype for each in file_weights(data).values()} == {np.dtype(np.float16)}
    assert len(data) < 0.6 * len(float_file())


def test_a_float16_file_computes_in_float32() -> None:
    data = to_float16_tflite(network(), SIZE)
    counted = Counter(operations(data))
    assert counted["DEQUANTIZE", "float32"] == 5  # of the weights alone
    assert {dtype for _, dtype in counted} == {"float32"}
    runner = open_litert(data, threads=1, where="here")
    assert {spec.dtype for spec in (*runner.inputs, *runner.outputs)} == {np.dtype(np.float32)}


def test_filters_beyond_float16_are_refused() -> None:
    huge = nn.Sequential(nn.Conv2d(3, 4, 1)).eval()
    with torch.no_grad():
        huge[0].weight[1, 2] = 70000
    with pytest.raises(
        TrainingError, match=r"filters of .* reach 70000, and float16 ends at 65504"
    ):
        to_float16_tflite(huge, (4, 4))


def test_an_int4_file_answers_as_the_network_does() -> None:
    data = to_int4_tflite(network(), SIZE, images(), layers=LAYERS)
    check_export(network(), data, images(), tolerance=0.15)
    assert kinds(data) == {
        "CONV_2D": {"INT4"},
        "DEPTHWISE_CONV_2D": {"INT8"},
        "MEAN": {"INT32"},
        "FULLY_CONNECTED": {"INT4"},
    }
    runner = open_litert(data, threads=1, where="here")
    assert {spec.dtype for spec in (*runner.inputs, *runner.outputs)} == {np.dtype(np.float32)}
    inside = {dtype for name, dtype in operations(data) if name not in ("DEQUANTIZE", "RESHAPE")}
    assert inside == {"int8"}


def test_linear_layers_alone_have_four_bits_unless_told() -> None:
    data = to_int4_tflite(network(), SIZE, images())
    check_export(network(), data, images(), tolerance=0.1)
    assert kinds(data)["CONV_2D"] == {"INT8"}
    assert kinds(data)["FULLY_CONNECTED"] == {"INT4"}
    both = to_int4_tflite(network(), SIZE, images(), layers=LAYERS)
    assert len(both) < len(data) < 0.3 * len(float_file())


def test_networks_in_training_stay_so() -> None:
    small = nn.Sequential(nn.Conv2d(3, 40, 1), nn.Dropout(0.5)).train()
    for data in (
        to_float16_tflite(small, (4, 4)),
        to_int4_tflite(small, (4, 4), np.ones((1, 4, 4, 3), np.float32)),
    ):
        assert small.training
        check_export(small, data, np.ones((1, 4, 4, 3), np.float32), tolerance=0.1)


@pytest.mark.parametrize("shape", [(2, 12, 11, 3), (0, 12, 12, 3), (12, 12, 3)])
def test_images_of_another_shape_are_refused(shape) -> None:
    with pytest.raises(InputError, match=r"images of shape \(n, 12, 12, 3\), not"):
        to_int4_tflite(network(), SIZE, np.zeros(shape, np.float32))


@pytest.mark.parametrize("layers", [(), ("DEPTHWISE_CONV_2D",)])
def test_layers_without_four_bits_are_refused(layers) -> None:
    with pytest.raises(ConfigError, match=r"only \['FULLY_CONNECTED', 'CONV_2D'\] can have"):
        to_int4_tflite(network(), SIZE, images(), layers=layers)
