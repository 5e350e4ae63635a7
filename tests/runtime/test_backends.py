"""What is particular to a back end, and what hostile files do to it."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from firsthand.errors import MissingDependencyError, ModelError, ShapeError
from firsthand.runtime import Model, load_runner, rehearse
from firsthand.runtime.backends.litert import FixedLiteRtRunner, StagedLiteRtRunner
from firsthand.runtime.backends.onnx import FixedOnnxRunner, StagedOnnxRunner

MODELS = Path(__file__).parents[1] / "golden" / "models"


@pytest.mark.parametrize(
    ("file_name", "kind"),
    [
        ("sum_product.tflite", FixedLiteRtRunner),
        ("int8.tflite", FixedLiteRtRunner),
        ("any_rows.tflite", StagedLiteRtRunner),
        ("data_shape.tflite", StagedLiteRtRunner),
        ("sum_product.onnx", FixedOnnxRunner),
        ("any_rows.onnx", StagedOnnxRunner),
    ],
)
def test_views_are_lent_only_where_memory_stays(file_name, kind):
    assert type(load_runner(MODELS / file_name)) is kind


def test_a_shape_found_while_running_is_followed():
    runner = load_runner(MODELS / "data_shape.tflite")
    x = np.arange(6, dtype=np.float32)
    for shape in ((2, 3), (3, 2), (1, 6), (6, 1), (2, 3)):
        (shaped,) = runner(x, np.array(shape, np.int32))
        np.testing.assert_array_equal(shaped, x.reshape(shape))
        np.testing.assert_array_equal(runner.output_view(0), x.reshape(shape))


def test_an_impossible_shape_found_while_running_is_an_error_and_no_end():
    runner = load_runner(MODELS / "data_shape.tflite")
    x = np.arange(6, dtype=np.float32)
    with pytest.raises(ModelError, match=r"data_shape\.tflite: LiteRT failed"):
        runner(x, np.array((4, 4), np.int32))
    (shaped,) = runner(x, np.array((3, 2), np.int32))
    np.testing.assert_array_equal(shaped, x.reshape(3, 2))


def test_quantisation_is_reported():
    runner = load_runner(MODELS / "int8.tflite")
    (spec,) = runner.inputs
    assert (spec.dtype, spec.scale, spec.zero_point) == (np.int8, 0.5, -3)
    q = np.arange(6, dtype=np.int8).reshape(2, 3)
    np.testing.assert_array_equal(runner(q)[0], q.reshape(3, 2))


def test_inputs_that_do_not_go_together_are_a_shape_error():
    runner = load_runner(MODELS / "any_rows.tflite")
    with pytest.raises(ShapeError, match="cannot take inputs of shapes"):
        runner(np.zeros((2, 3), np.float32), np.zeros((5, 3), np.float32))
    total, _ = runner(np.ones((2, 3), np.float32), np.ones((2, 3), np.float32))
    assert (total == 2).all()


@pytest.mark.parametrize("source", ["sum_product.tflite", "sum_product.onnx"])
def test_every_truncation_is_refused(tmp_path, source):
    data = (MODELS / source).read_bytes()
    path = tmp_path / source
    for length in range(1, len(data)):
        path.write_bytes(data[:length])
        try:
            runner = load_runner(path)
        except ModelError as error:
            assert str(path) in str(error)  # noqa: PT017 - most lengths raise, some need not
        else:
            assert source.endswith(".onnx"), f"{length} bytes of a flatbuffer cannot be whole"
            assert runner.inputs


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
@pytest.mark.parametrize(
    "data",
    [b"\x00", b"\x00" * 64, b"\xff" * 64, b"TFL3" * 8, b"\x10\x00\x00\x00TFL3" + b"\xff" * 64],
)
def test_garbage_is_refused(tmp_path, suffix, data):
    path = tmp_path / f"garbage{suffix}"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="garbage"):
        load_runner(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="runs each damaged file in a forked child")
@pytest.mark.parametrize("source", ["sum_product.tflite", "data_shape.tflite"])
def test_damaged_files_raise_nothing_but_our_errors(tmp_path, source):
    """Flips bytes; a child that dies of a signal is allowed, a foreign exception is not."""
    code = (
        "import sys\n"
        "from firsthand.errors import FirsthandError\n"
        "from firsthand.runtime import load_runner\n"
        "import os\n"
        "for path in sys.argv[1:]:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        code = 3\n"
        "        try:\n"
        "            load_runner(path).invoke()\n"
        "            code = 0\n"
        "        except FirsthandError:\n"
        "            code = 0\n"
        "        finally:\n"
        "            os._exit(code)\n"
        "    status = os.waitpid(child, 0)[1]\n"
        "    if os.WIFEXITED(status) and os.WEXITSTATUS(status):\n"
        "        sys.exit(f'{path}: a foreign exception')\n"
    )
    random_ = random.Random(7)
    data, paths = (MODELS / source).read_bytes(), []
    for k in range(24):
        damaged = bytearray(data)
        for _ in range(random_.randrange(1, 4)):
            damaged[random_.randrange(8, len(data))] = random_.randrange(256)
        paths.append(tmp_path / f"{k}.tflite")
        paths[-1].write_bytes(damaged)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_weights_outside_the_verified_file_are_refused(tmp_path, monkeypatch):
    (tmp_path / "weights.bin").write_bytes(b"ab")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="External data"):
        load_runner(MODELS / "outside.onnx")


def test_a_rehearsal_passes_what_runs_and_names_what_does_not(tmp_path):
    rehearse(Model.open(MODELS / "sum_product.tflite"))
    bad = tmp_path / "bad.tflite"
    bad.write_bytes((MODELS / "sum_product.tflite").read_bytes()[:-50])
    with pytest.raises(ModelError, match=r"bad\.tflite: LiteRT cannot load"):
        rehearse(Model.open(bad))


def test_a_missing_onnx_runtime_says_what_to_install():
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from firsthand.errors import MissingDependencyError\n"
        "from firsthand.runtime import load_runner\n"
        "try: load_runner(sys.argv[1])\n"
        "except MissingDependencyError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, MODELS / "sum_product.onnx"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "pip install 'firsthand[onnx]'" in done.stdout
    assert issubclass(MissingDependencyError, ImportError)


def test_importing_the_package_loads_no_runtime():
    code = (
        "import sys, firsthand.runtime as r; r.ModelStore, r.Model\n"
        "print([m for m in ('numpy', 'ai_edge_litert', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
