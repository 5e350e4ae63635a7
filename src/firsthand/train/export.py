"""From a trained network to .tflite files, float and int8, checked against what was trained."""

import contextlib
import copy
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from firsthand.errors import MissingDependencyError, TrainingError
from firsthand.runtime.backends.litert import open_litert
from firsthand.train.quantise import FakeQuant, Int8Weights
from firsthand.train.range_tensors import Seen, carried_on, channels_first, tensors_of_ranges

_PROBES: Final = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a file's outputs are from the network's: one entry per output, in order.

    `largest` is the greatest absolute difference, `mean` the mean one, `scale` the greatest
    absolute value of the network's output.
    """

    largest: tuple[float, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def worst(self) -> float:
        """The largest difference as a share of its output's scale."""
        return max(
            large / max(scale, 1e-12) for large, scale in zip(self.largest, self.scale, strict=True)
        )


def to_tflite(module: nn.Module, size_px: tuple[int, int]) -> bytes:
    """Convert a network that takes (1, 3, height, width) in 0..1 to a float .tflite file.

    The file takes float32 (1, height, width, 3) and gives the network's outputs as they are, in
    their order. `size_px` is (height, width). Batch norms are folded by the converter; padding
    written as `nn.ZeroPad2d((0, 1, 0, 1))` before a 3x3 convolution of stride 2 costs nothing
    (the file's own "SAME"), `padding=1` in it costs an operation.
    """
    litert_torch = _converter()
    height, width = size_px
    wrapped = litert_torch.to_channel_last_io(_plain(module), args=[0]).eval()
    return arrays_to_tflite(wrapped, (torch.zeros(1, height, width, 3),))


def arrays_to_tflite(module: nn.Module, inputs: tuple[Tensor, ...]) -> bytes:
    """Convert a network that takes arrays of the shapes of `inputs` to a float .tflite file."""
    litert_torch = _converter()
    with quiet(), torch.no_grad():
        model = litert_torch.convert(_plain(module).eval(), inputs)
        return bytes(model.model_content())


def _plain(module: nn.Module) -> nn.Module:
    """Return a copy for the converter.

    Of weights laid out channels last, it flattens features in the wrong order.
    """
    plain = copy.deepcopy(module)
    for weights in (*plain.parameters(), *plain.buffers()):
        weights.data = weights.data.contiguous()
    return plain


def to_int8_tflite(prepared: fx.GraphModule, size_px: tuple[int, int], *, seed: int = 0) -> bytes:
    """Convert what `quantise.prepare` made, and training adapted, to an int8 .tflite file.

    The file computes in int8 with the ranges of `prepared`, and in float what that keeps in
    float; its inputs and outputs are float32 as those of `to_tflite`. Tensors of the file are
    told apart by their values for random inputs drawn from `seed`.

    Raises `TrainingError` if a range was never observed or has no tensor in the file.
    """
    probes = np.random.default_rng(seed).random((_PROBES, 1, *size_px, 3), dtype=np.float32)
    data = to_tflite(as_float(prepared), size_px)
    return _with_ranges(prepared, data, probes, channels_first)


def arrays_to_int8_tflite(prepared: fx.GraphModule, probes: NDArray[np.float32]) -> bytes:
    """Convert as `to_int8_tflite` does, for a network that takes arrays as they are.

    `probes` (n, 1, ...) are a few inputs that differ, by whose values tensors are told apart.
    """
    data = arrays_to_tflite(as_float(prepared), (torch.from_numpy(probes[0]),))
    return _with_ranges(prepared, data, probes, torch.from_numpy)


def _with_ranges(
    prepared: fx.GraphModule, data: bytes, probes: NDArray[np.float32], seen: Seen
) -> bytes:
    limits = _limits(prepared)
    found = tensors_of_ranges(prepared, data, probes, seen)
    by_tensor = {tensor: limits[name] for tensor, name in found.items()}
    return _quantised(data, carried_on(data, by_tensor))


def operations(data: bytes) -> tuple[tuple[str, str], ...]:
    """Return the operations of a .tflite file in order: name, and dtype of the first output."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    dtypes = {each["index"]: each["dtype"].__name__ for each in interpreter.get_tensor_details()}
    return tuple(
        (str(each["op_name"]), dtypes[each["outputs"][0]])
        for each in interpreter._get_ops_details()
    )


def as_float(prepared: fx.GraphModule) -> fx.GraphModule:
    """Return the network behind `prepared` without any rounding, on the same weights."""
    plain = fx.GraphModule(prepared, copy.deepcopy(prepared.graph))
    for node in list(plain.graph.nodes):
        unit = plain.get_submodule(str(node.target)) if node.op == "call_module" else None
        if isinstance(unit, FakeQuant):
            node.replace_all_uses_with(node.args[0])
            plain.graph.erase_node(node)
        elif isinstance(unit, Int8Weights):
            node.target = f"{node.target}.inner"
    plain.delete_all_unused_submodules()
    plain.recompile()
    return plain


def check_export(
    module: nn.Module,
    data: bytes,
    inputs: NDArray[Any],
    tolerance: float,
    *,
    seen: Callable[[NDArray[Any]], Tensor] = channels_first,
) -> Agreement:
    """Compare a .tflite file with the network it was made from, on `inputs` (n, h, w, 3) in 0..1.

    Inputs (n, ...) that are no pictures reach the network as `seen` returns them, each with an axis
    of 1 before its own. Raises `TrainingError` if an output differs by more than `tolerance` times
    its scale.
    """
    runner = open_litert(data, threads=1, where="the exported file")
    was_training = module.training
    module.eval()
    differences: list[list[NDArray[np.float32]]] = []
    expected: list[list[NDArray[np.float32]]] = []
    with torch.no_grad():
        for each in inputs:
            out = module(seen(each[None]))
            wanted = [value.numpy() for value in ((out,) if isinstance(out, Tensor) else out)]
            got = runner(each[None])
            if [value.shape for value in wanted] != [value.shape for value in got]:
                raise TrainingError(
                    f"the file's outputs have shapes {[v.shape for v in got]}, the network's "
                    f"{[v.shape for v in wanted]}"
                )
            differences.append([np.abs(a - b) for a, b in zip(wanted, got, strict=True)])
            expected.append(wanted)
    module.train(was_training)
    by_output = [np.stack(each) for each in zip(*differences, strict=True)]
    agreement = Agreement(
        largest=tuple(float(each.max()) for each in by_output),
        mean=tuple(float(each.mean()) for each in by_output),
        scale=tuple(float(np.abs(np.stack(e)).max()) for e in zip(*expected, strict=True)),
    )
    if not agreement.worst <= tolerance:
        raise TrainingError(
            f"the exported file differs from the network by {agreement.worst:.2g} of an output's "
            f"scale, allowed is {tolerance:.2g}: {agreement}"
        )
    return agreement


def _limits(prepared: fx.GraphModule) -> dict[str, tuple[float, float]]:
    limits = {}
    for name, unit in prepared.named_modules():
        if isinstance(unit, FakeQuant):
            if int(unit.seen) == 0:
                raise TrainingError(f"{name} has observed nothing: train the prepared network")
            limits[name] = float(unit.low), float(unit.high)
    return limits


def _quantised(data: bytes, limits: Mapping[str, tuple[float, float]]) -> bytes:
    """Quantise the operations whose inputs and outputs have limits, and no others."""
    _converter()
    from ai_edge_quantizer import qtyping, quantizer, recipe
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    names = qtyping.TFLOperationName
    work = quantizer.Quantizer(bytearray(data), recipe.static_wi8_ai8())
    leave = [(".*", names.INPUT), (".*", names.OUTPUT)]
    leave += [(f"^{re.escape(scope)}$", names.ALL_SUPPORTED) for scope in _floating(data, limits)]
    for scope, operation in leave:
        work.update_quantization_recipe(scope, operation, algorithm_key=AlgorithmName.NO_QUANTIZE)
    ranges = {
        name: {"min": np.array([low], np.float32), "max": np.array([high], np.float32)}
        for name, (low, high) in limits.items()
    }
    with quiet():
        result = work.quantize(ranges, enable_progress_report=False)
    return bytes(cast(bytes, result.quantized_model))


def _floating(data: bytes, limits: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return the quantizer's names of the operations that have a tensor without limits."""
    from ai_edge_quantizer.utils import tfl_flatbuffer_utils as files

    model = files.read_model(bytearray(data))
    scopes = []
    for graph in model.subgraphs:
        for operation in graph.operators:
            tensors = [graph.tensors[i] for i in (*operation.inputs, *operation.outputs) if i >= 0]
            computed = [each for each in tensors if model.buffers[each.buffer].data is None]
            if any(files.get_tensor_name(each) not in limits for each in computed):
                scopes.append(files.get_op_scope(operation, graph.tensors))
    return scopes


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the converters' progress bars and their warnings about themselves from the caller."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def _converter() -> Any:
    for name in ("torchao", "torch.utils._pytree"):  # they tell of libraries that are not wanted
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import litert_torch
    except ImportError as error:
        raise MissingDependencyError(
            'converting a network needs litert-torch: pip install "firsthand[train]"'
        ) from error
    return litert_torch
