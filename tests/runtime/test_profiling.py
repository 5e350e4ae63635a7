"""Kernels' times stand beside the operators that they ran."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.errors import InputError, ModelError
from firsthand.runtime import Model
from firsthand.runtime.operators import Operator, operators
from firsthand.runtime.profiling import _family, _joined, profile

MODELS = Path(__file__).parents[1] / "golden" / "models"


@pytest.mark.parametrize("name", ["sum_product.tflite", "sum_product.onnx", "int8.tflite"])
def test_every_operator_of_a_small_model_is_timed(name) -> None:
    model = Model.open(MODELS / name)
    found = profile(model, runs=10)
    assert found
    assert all(0 <= each.us < 1e6 for each in found)
    known = operators(model)
    joined = [each.operator for each in found if each.operator is not None]
    assert set(joined) <= set(known)
    assert len(joined) == len(set(joined))


KERNELS = {
    "CONV_2D": "Convolution (NHWC, QC8) IGEMM",
    "DEPTHWISE_CONV_2D": "Convolution (NHWC, F32) DWConv",
    "FULLY_CONNECTED": "Fully Connected (NC, F32) GEMM",
    "ADD": "Add (ND)",
    "MEAN": "Global Average Pooling",
    "SOFTMAX": "Softmax (NC, F32)",
}
kinds = st.lists(st.sampled_from(sorted(KERNELS)), max_size=12)


def made(kinds: list[str]) -> tuple[Operator, ...]:
    return tuple(Operator(f"{at}", kind, 0, 0, 0) for at, kind in enumerate(kinds))


@given(kinds)
def test_kernels_in_the_order_of_their_operators_are_all_joined(kinds) -> None:
    known = made(kinds)
    found = _joined([(KERNELS[kind], 1.0, -1) for kind in kinds], known)
    assert [each.operator for each in found] == list(known)


@given(kinds, st.data())
def test_joined_kernels_are_of_one_kind_and_in_order(kinds, data) -> None:
    known = made(kinds)
    left = [kind for kind in kinds if data.draw(st.booleans())]
    extra = ["Copy (NC, X32)"] if data.draw(st.booleans()) else []
    names = [KERNELS[kind] for kind in left] + extra
    found = _joined([(name, 1.0, -1) for name in names], known)
    assert [each.kernel for each in found] == names
    places = [int(each.operator.name) for each in found if each.operator is not None]
    assert places == sorted(set(places))
    for each in found:
        assert each.operator is None or _family(each.operator.kind) == _family(each.kernel)


def test_a_kernel_that_names_its_operator_gets_it() -> None:
    known = made(["ADD", "CONV_2D"])
    found = _joined([("CONV_2D", 2.0, 1), ("OTHER", 1.0, 7)], known)
    assert [each.operator for each in found] == [known[1], None]


@pytest.mark.parametrize("runs", [0, 1, 10_001])
def test_so_many_runs_are_refused(runs) -> None:
    with pytest.raises(InputError, match=f"runs={runs}"):
        profile(Model.open(MODELS / "int8.tflite"), runs=runs)


@pytest.mark.parametrize("name", ["sum_product.tflite", "sum_product.onnx"])
@pytest.mark.parametrize("keep", [16, 0.5])
def test_a_truncated_model_is_an_error_that_names_it(tmp_path, name, keep) -> None:
    data = (MODELS / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        profile(Model.open(path), runs=2)


def test_a_model_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ModelError, match=r"10000 runs took more than 0\.01 s"):
        profile(Model.open(MODELS / "int8.tflite"), runs=10_000, timeout_s=0.01)
