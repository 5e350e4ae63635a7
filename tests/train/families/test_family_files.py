"""Files of the families: what was built is what runs, and what runs is counted."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
import torch
from counting import counted_macs
from torch import nn

from firsthand.errors import InputError
from firsthand.runtime import Model
from firsthand.runtime.operators import operators
from firsthand.train.export import check_export, operations
from firsthand.train.families import Architecture, float_file, int8_file, made_up_network

SMALL = {
    "mobilenet_v1": Architecture("mobilenet_v1", 0.25, 0.3, 32, 5),
    "mobilenet_v2": Architecture("mobilenet_v2", 0.25, 0.3, 32, 5),
    "nasnet": Architecture("nasnet", 0.2, 0.1, 32, 5),
}
EACH = [
    "mobilenet_v1",
    "mobilenet_v2",
    pytest.param("nasnet", marks=pytest.mark.slow),  # twenty times the operations
]
IMAGES = np.random.default_rng(5).random((6, 32, 32, 3), dtype=np.float32)


@cache
def module(kind: str) -> nn.Module:
    return made_up_network(SMALL[kind])


@cache
def file(kind: str, precision: str) -> bytes:
    if precision == "float":
        return float_file(module(kind), SMALL[kind])
    return int8_file(module(kind), SMALL[kind], IMAGES)


@pytest.mark.parametrize("precision", ["float", "int8"])
@pytest.mark.parametrize("kind", EACH)
def test_a_file_has_as_many_macs_as_its_network(tmp_path, kind, precision) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(file(kind, precision))
    assert sum(each.macs for each in operators(Model.open(path))) == counted_macs(
        module(kind), torch.zeros(1, 3, 32, 32)
    )


@pytest.mark.parametrize(("precision", "tolerance"), [("float", 1e-4), ("int8", 0.5)])
@pytest.mark.parametrize("kind", EACH)
def test_a_file_equals_its_network(kind, precision, tolerance) -> None:
    check_export(module(kind), file(kind, precision), IMAGES, tolerance)


@pytest.mark.parametrize("kind", EACH)
def test_float_files_have_nothing_that_costs_for_nothing(kind) -> None:
    counted = Counter(name for name, _ in operations(file(kind, "float")))
    assert not counted.keys() & {"TRANSPOSE", "PADV2", "MUL", "RESHAPE"}
    # NASNet's large convolutions of stride 2, four in each reduction cell.
    assert counted["PAD"] <= (16 if kind == "nasnet" else 0)


@pytest.mark.parametrize("kind", EACH)
def test_int8_files_compute_in_int8(kind) -> None:
    floating = [name for name, dtype in operations(file(kind, "int8")) if dtype == "float32"]
    assert floating == ["DEQUANTIZE"]


def test_quantising_leaves_the_network_as_it_was() -> None:
    made = made_up_network(SMALL["mobilenet_v1"]).train()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    int8_file(made, SMALL["mobilenet_v1"])
    assert made.training
    after = made.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("shape", [(0, 32, 32, 3), (2, 32, 31, 3), (32, 32, 3), (2, 3, 32, 32)])
def test_images_of_another_shape_are_refused(shape) -> None:
    with pytest.raises(InputError, match=r"images of shape \(n, 32, 32, 3\) wanted"):
        int8_file(module("mobilenet_v1"), SMALL["mobilenet_v1"], np.zeros(shape, np.float32))
