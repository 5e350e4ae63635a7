"""What every runner keeps, whatever the back end: one suite over LiteRT and ONNX Runtime."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from firsthand.errors import ConfigError, InputError, ShapeError
from firsthand.runtime import Runner, load_runner

MODELS = Path(__file__).parents[1] / "golden" / "models"
FIXED = ["sum_product.tflite", "sum_product.onnx"]
FREE = ["any_rows.tflite", "any_rows.onnx"]
FLOATS = st.floats(-1e3, 1e3, width=32, allow_subnormal=False)
SUBNORMAL = float(np.finfo(np.float32).tiny)  # LiteRT flushes smaller ones to zero


@pytest.fixture(scope="module", params=[*FIXED, *FREE])
def runner(request) -> Runner:
    return load_runner(MODELS / request.param)


@pytest.fixture(scope="module", params=FIXED)
def fixed(request) -> Runner:
    return load_runner(MODELS / request.param)


@pytest.fixture(scope="module", params=FREE)
def free(request) -> Runner:
    return load_runner(MODELS / request.param)


def pair(rows: int = 2) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
    return x, x[::-1] - 7


def test_a_runner_is_one(runner):
    assert isinstance(runner, Runner)
    assert [spec.name for spec in runner.inputs] == ["x", "y"]
    assert [spec.name for spec in runner.outputs] == ["sum", "product"]
    assert all(spec.dtype == np.float32 for spec in (*runner.inputs, *runner.outputs))


@given(
    x=hnp.arrays(np.float32, (2, 3), elements=FLOATS),
    y=hnp.arrays(np.float32, (2, 3), elements=FLOATS),
)
def test_results_are_the_models(runner, x, y):
    total, product = runner(x, y)
    np.testing.assert_allclose(total, x + y, rtol=0, atol=SUBNORMAL)
    np.testing.assert_allclose(product, x * y, rtol=0, atol=SUBNORMAL)


def test_the_views_and_the_call_agree(runner):
    x, y = pair()
    called = runner(x, y)
    runner(y, y)
    runner.input_view(0)[...] = x
    runner.input_view(1)[...] = y
    runner.invoke()
    for i, result in enumerate(called):
        np.testing.assert_array_equal(runner.output_view(i), result)


def test_invoking_keeps_the_inputs(runner):
    x, y = pair()
    runner(x, y)
    runner.invoke()
    np.testing.assert_array_equal(runner.input_view(0), x)
    np.testing.assert_array_equal(runner.input_view(1), y)


def test_results_and_arguments_belong_to_the_caller(runner):
    x, y = pair()
    total, _ = runner(x, y)
    kept = total.copy()
    runner(y, y)
    np.testing.assert_array_equal(total, kept)
    assert total.flags.writeable
    x[...] = 0
    total[...] = 0
    np.testing.assert_array_equal(runner.input_view(0), y)


def test_strided_arguments_are_read_right(runner):
    x, y = pair()
    wide = np.zeros((2, 6), np.float32)
    wide[:, ::2] = y
    total, _ = runner(np.asfortranarray(x), wide[:, ::2])
    np.testing.assert_array_equal(total, x + y)


def test_output_views_are_read_only(runner):
    runner(*pair())
    with pytest.raises(ValueError, match="read-only"):
        runner.output_view(0)[...] = 0


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (np.zeros((2, 4), np.float32), r"shape \(2, 4\)"),
        (np.zeros((2, 3, 1), np.float32), r"shape \(2, 3, 1\)"),
        (np.zeros(6, np.float32), r"shape \(6,\)"),
        (np.zeros((0, 3), np.float32), r"shape \(0, 3\)"),
        (np.zeros((2, 3), np.float64), "dtype float64"),
        (np.zeros((2, 3), ">f4"), "dtype >f4"),
        ([[0.0] * 3] * 2, "a list"),
    ],
)
def test_wrong_arrays_are_named(runner, second, found):
    want = rf"'y': expected .*\({runner.inputs[1].shape[0]}, 3\) and dtype float32.*{found}"
    with pytest.raises(ShapeError, match=want):
        runner(pair()[0], second)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_number_of_arrays_is_checked(runner, count):
    with pytest.raises(ShapeError, match=rf"expected 2 arrays \(x, y\), was given {count}"):
        runner(*[pair()[0]] * count)


@pytest.mark.parametrize("index", [-1, 2])
def test_views_that_do_not_exist_are_refused(runner, index):
    with pytest.raises(InputError, match=f"input {index} does not exist"):
        runner.input_view(index)
    with pytest.raises(InputError, match=f"output {index} does not exist"):
        runner.output_view(index)


def test_views_of_fixed_models_are_the_same_memory_for_ever(fixed):
    ins = [fixed.input_view(i) for i in range(2)]
    outs = [fixed.output_view(i) for i in range(2)]
    for scale in (1, 2, 3):
        ins[0][...] = scale
        ins[1][...] = 10
        fixed.invoke()
        assert (outs[0] == scale + 10).all()
        assert (outs[1] == scale * 10).all()
        assert fixed.input_view(0) is ins[0]
        assert fixed.output_view(1) is outs[1]


@pytest.mark.parametrize("file_name", FIXED)
def test_a_view_outlives_its_runner(file_name):
    runner = load_runner(MODELS / file_name)
    runner(*pair())
    view, gone = runner.output_view(0), weakref.ref(runner)
    del runner
    gc.collect()
    assert gone() is None
    np.testing.assert_array_equal(view, sum(pair()))


def test_free_sizes_follow_the_call(free):
    for rows in (1, 5, 2, 5):
        x, y = pair(rows)
        total, product = free(x, y)
        np.testing.assert_array_equal(total, x + y)
        np.testing.assert_array_equal(product, x * y)
        assert free.input_view(0).shape == free.output_view(0).shape == (rows, 3)


def test_the_output_of_a_free_model_exists_after_the_first_run():
    for file_name in FREE:
        with pytest.raises(InputError, match=r"'sum'.*invoke"):
            load_runner(MODELS / file_name).output_view(0)


def test_a_failed_call_does_no_harm(runner):
    x, y = pair()
    before = runner(x, y)
    with pytest.raises(ShapeError):
        runner(x, y.astype(np.int32))
    for kept, again in zip(before, runner(x, y), strict=True):
        np.testing.assert_array_equal(kept, again)


@pytest.mark.parametrize("file_name", [*FIXED, *FREE])
def test_threads_change_nothing(file_name):
    for threads in (1, 2):
        total, _ = load_runner(MODELS / file_name, threads=threads)(*pair())
        np.testing.assert_array_equal(total, sum(pair()))


@pytest.mark.parametrize("threads", [0, -1, 257, 1.5, True, None])
def test_nonsense_threads_are_refused(threads):
    with pytest.raises(ConfigError, match="threads="):
        load_runner(MODELS / FIXED[0], threads=threads)


@pytest.mark.parametrize(("file_name", "backend"), [(FIXED[0], "onnx"), (FIXED[1], "litert")])
def test_a_back_end_runs_only_its_own_format(file_name, backend):
    with pytest.raises(ConfigError, match=f"not on '{backend}'"):
        load_runner(MODELS / file_name, backend=backend)
