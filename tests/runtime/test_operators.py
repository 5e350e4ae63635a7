"""What operators cost, by the equations of their kinds, and files that have none to tell."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import ModelError
from firsthand.runtime import Model
from firsthand.runtime.operators import (
    Tensor,
    by_weights,
    matrix_product,
    operator,
    operators,
    scattered,
)

MODELS = Path(__file__).parents[1] / "golden" / "models"
sides = st.integers(1, 6)


def numbers(*shape: int, constant: bool = False, bits: int = 32) -> Tensor:
    return Tensor(shape, bits, constant)


@given(sides, sides, sides, sides, sides)
def test_a_convolution_costs_its_weights_for_every_place(h, w, kernel, before, after) -> None:
    weights = numbers(after, kernel, kernel, before, constant=True)
    macs = by_weights(1)([numbers(1, h, w, before), weights, None], numbers(1, h, w, after))
    assert macs == h * w * weights.items


@given(sides, sides, sides, sides)
def test_a_transposed_convolution_costs_as_the_convolution_back(h, w, before, after) -> None:
    weights = numbers(after, 3, 3, before, constant=True)
    macs = scattered(0, 1)([numbers(1, h, w, before), weights], numbers(1, 2 * h, 2 * w, after))
    assert macs == h * w * before * after * 9


@given(sides, sides, sides, sides)
def test_a_matrix_product_costs_its_three_sides(stack, rows, inner, columns) -> None:
    given_matrices = [numbers(stack, rows, inner), numbers(stack, inner, columns)]
    macs = matrix_product(given_matrices, numbers(stack, rows, columns))
    assert macs == stack * rows * inner * columns


def test_constants_and_what_moves_are_counted_apart() -> None:
    made = operator(
        "y",
        "CONV",
        [numbers(1, 4, bits=8), numbers(3, 4, constant=True, bits=4), None],
        [numbers(1, 3, bits=32)],
        {"CONV": by_weights(1)},
    )
    assert (made.macs, made.weight_bytes, made.moved_bytes) == (12, 6, 4 + 12)


def test_what_is_missing_costs_nothing() -> None:
    assert by_weights(1)([numbers(1, 4)], numbers(1, 3)) == 0
    assert scattered(0, 1)([None, numbers(2)], numbers(1)) == 0
    assert matrix_product([numbers()], numbers(1)) == 0
    assert operator("", "NOTHING", [], [], {}).macs == 0


@given(st.lists(st.sampled_from([-1, 0, 1, 2, 5]), max_size=4))
def test_an_open_size_counts_as_one(shape) -> None:
    assert numbers(*shape).items == math.prod(max(1, side) for side in shape)


@pytest.mark.parametrize("name", ["sum_product.tflite", "sum_product.onnx", "any_rows.tflite"])
def test_sums_and_products_of_numbers_are_no_multiply_accumulates(name) -> None:
    found = operators(Model.open(MODELS / name))
    assert sorted(each.kind.upper() for each in found) == ["ADD", "MUL"]
    assert [each.macs for each in found] == [0, 0]
    if "any" not in name:
        assert [each.moved_bytes for each in found] == [3 * 6 * 4] * 2


def test_an_onnx_models_operators_cost_what_their_equations_say(tmp_path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    kernel = numpy_helper.from_array(np.ones((8, 2, 3, 3), np.float32), "kernel")
    matrix = numpy_helper.from_array(np.ones((8 * 5 * 4, 7), np.float32), "matrix")
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["maps"], name="conv", group=2, pads=[1] * 4),
        helper.make_node("Flatten", ["maps"], ["flat"], name="flat"),
        helper.make_node("MatMul", ["flat", "matrix"], ["y"], name="product"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 5, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 7])],
        [kernel, matrix],
    )
    path = tmp_path / "made.onnx"
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(made, str(path))
    macs = {each.kind: each.macs for each in operators(Model.open(path))}
    assert macs == {"Conv": 5 * 4 * 8 * 2 * 9, "Flatten": 0, "MatMul": 160 * 7}


@pytest.mark.parametrize("name", ["sum_product.tflite", "int8.tflite", "sum_product.onnx"])
def test_damaged_files_are_told_of_or_counted_but_never_worse(tmp_path, name) -> None:
    data, rng = (MODELS / name).read_bytes(), random.Random(3)
    path = tmp_path / name
    broken = [data[:length] for length in range(1, len(data), 7)]
    for _ in range(200):
        mutated = bytearray(data)
        for _ in range(rng.randint(1, 6)):
            mutated[rng.randrange(8, len(data))] = rng.randrange(256)
        broken.append(bytes(mutated))
    for each in broken:
        path.write_bytes(each)
        try:
            found = operators(Model.open(path))
        except ModelError as error:
            assert str(path) in str(error)  # noqa: PT017 - some damage does not show
        else:
            assert all(one.macs >= 0 for one in found)


def test_what_is_no_model_is_told() -> None:
    from firsthand.runtime.backends.litert_operators import litert_operators

    with pytest.raises(ModelError, match=r"here: is no \.tflite file"):
        litert_operators(b"GIF89a, and more", where="here")
