"""Exported equals trained: float to rounding, int8 to a step of its grid."""

import copy
from collections import Counter
from functools import cache

import numpy as np
import pytest
import torch
from torch import fx, nn

from firsthand.errors import TrainingError
from firsthand.train.export import as_float, check_export, operations, to_int8_tflite, to_tflite
from firsthand.train.quantise import FakeQuant, fold_batch_norms, grid, prepare

from .small_networks import SmallNetwork

SIZE = (16, 16)


@cache
def network() -> nn.Module:
    return SmallNetwork().eval()


@cache
def float_file() -> bytes:
    return to_tflite(network(), SIZE)


@cache
def prepared() -> fx.GraphModule:
    folded = SmallNetwork().eval()
    fold_batch_norms(folded)
    made = prepare(folded, settle_steps=8, keep_float=("expectation", "presence", "sigmoid"))
    made.train()
    rng = torch.Generator().manual_seed(0)
    for _ in range(8):
        made(torch.rand(4, 3, *SIZE, generator=rng))
    return made.eval()


@cache
def int8_file() -> bytes:
    return to_int8_tflite(prepared(), SIZE)


def images(count: int = 6) -> np.ndarray:
    return np.random.default_rng(5).random((count, *SIZE, 3), dtype=np.float32)


def test_a_float_file_equals_the_network() -> None:
    agreement = check_export(network(), float_file(), images(), tolerance=1e-5)
    assert len(agreement.largest) == 3


def test_a_float_file_has_no_batch_norms_pads_or_outer_transposes() -> None:
    counted = Counter(name for name, _ in operations(float_file()))
    assert counted["CONV_2D"] + counted["DEPTHWISE_CONV_2D"] == 6
    assert not counted.keys() & {"PAD", "PADV2", "MUL", "SUB"}
    assert operations(float_file())[0][0] == "CONV_2D"


def test_a_network_in_training_stays_so() -> None:
    small = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Dropout(0.5)).train()
    data = to_tflite(small, (4, 4))
    assert small.training
    check_export(small, data, np.ones((1, 4, 4, 3), np.float32), tolerance=1e-5)
    assert small.training


def test_an_int8_file_equals_the_prepared_network_to_a_step() -> None:
    agreement = check_export(prepared(), int8_file(), images(), tolerance=0.03)
    unit = prepared().get_submodule("points_range")
    assert isinstance(unit, FakeQuant)
    scale, _ = grid(unit.low, unit.high)
    assert agreement.largest[0] <= 1.01 * float(scale)
    assert agreement.mean[0] <= 0.5 * float(scale)


def test_an_int8_file_computes_in_integers_but_where_told_not_to() -> None:
    in_float = {name for name, dtype in operations(int8_file()) if dtype == "float32"}
    assert in_float <= {"DEQUANTIZE", "FULLY_CONNECTED", "LOGISTIC", "SOFTMAX", "RESHAPE"}
    in_int8 = Counter(name for name, dtype in operations(int8_file()) if dtype == "int8")
    assert in_int8["CONV_2D"] + in_int8["DEPTHWISE_CONV_2D"] == 6
    assert in_int8["CONCATENATION"] == 1
    assert len(int8_file()) < len(float_file())


def test_padding_that_the_converter_puts_in_is_int8_too() -> None:
    symmetric = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1)).eval()
    made = prepare(symmetric, settle_steps=1).train()
    made(torch.rand(4, 3, *SIZE))
    data = to_int8_tflite(made.eval(), SIZE)
    names = [name for name, dtype in operations(data) if dtype == "int8"]
    assert names[:5] == ["QUANTIZE", "PAD", "CONV_2D", "PAD", "CONV_2D"]
    check_export(made, data, images(), tolerance=0.02)


def test_the_float_network_behind_a_prepared_one_rounds_nothing() -> None:
    folded = SmallNetwork().eval()
    given = torch.from_numpy(images()).permute(0, 3, 1, 2)
    for plain, back in zip(folded(given), as_float(prepared())(given), strict=True):
        torch.testing.assert_close(plain, back, rtol=1e-4, atol=1e-5)


def test_ranges_that_saw_nothing_are_refused() -> None:
    folded = SmallNetwork().eval()
    fold_batch_norms(folded)
    with pytest.raises(TrainingError, match="stem_1_range has observed nothing"):
        to_int8_tflite(prepare(folded, settle_steps=8), SIZE)


def test_a_file_of_another_network_is_found_out() -> None:
    with pytest.raises(TrainingError, match="differs from the network by"):
        check_export(SmallNetwork(seed=4), float_file(), images(), tolerance=0.01)
    with pytest.raises(TrainingError, match=r"outputs have shapes \[\(1, 5\)"):
        check_export(nn.Flatten(), float_file(), images(), tolerance=0.01)


def test_weights_laid_out_channels_last_give_the_same_file() -> None:
    """As training lays them out; the converter would flatten maps in another order."""
    laid_out = copy.deepcopy(network()).to(memory_format=torch.channels_last)
    check_export(network(), to_tflite(laid_out, SIZE), images(), tolerance=1e-5)
