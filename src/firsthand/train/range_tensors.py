"""Which tensor of a converted file holds the values that a range was observed on.

Converters rename, fuse and transpose. So both the network and its file are run on the same random
inputs, and tensors are told apart by their values, whatever the order of these.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx

from firsthand.errors import TrainingError
from firsthand.train.quantise import FakeQuant, Int8Weights

_LIKENESS: Final = 4e-3  # two libraries on one processor were 1.4e-3 apart

Seen = Callable[[NDArray[np.float32]], Tensor]
"""Turns an input of a file into the network's."""


def channels_first(pictures: NDArray[np.float32]) -> Tensor:
    """Turn pictures (b, h, w, c) into what networks take: (b, c, h, w)."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2)


def tensors_of_ranges(
    prepared: fx.GraphModule, data: bytes, probes: NDArray[np.float32], seen: Seen
) -> dict[str, str]:
    """Return the range of each tensor of a float file that holds what a range is about.

    `data` is converted from `as_float(prepared)`; `probes` (n, 1, ...) are inputs of both, which
    the network takes as `seen` returns them. Raises `TrainingError` for a range whose values are in
    no tensor.
    """
    by_size: dict[int, list[tuple[str, NDArray[np.float32]]]] = {}
    for name, values in _values_of_ranges(prepared, probes, seen):
        by_size.setdefault(values.size, []).append((name, values))
    found: dict[str, str] = {}
    missing = {name for same in by_size.values() for name, _ in same}
    for tensor, held in _tensor_values(data, probes).items():
        ordered = _fingerprint(held)
        away = [
            (float(np.abs(ordered - wanted).max()) / max(float(np.abs(wanted).max()), 1e-6), name)
            for name, wanted in by_size.get(ordered.size, ())
        ]
        near = [(distance, name) for distance, name in away if distance <= _LIKENESS]
        if near:
            found[tensor] = min(near, key=lambda each: each[0])[1]
            missing.difference_update(name for _, name in near)
    if missing:
        raise TrainingError(f"the converted file has no tensor for the ranges {sorted(missing)}")
    return found


def _values_of_ranges(
    prepared: fx.GraphModule, probes: NDArray[np.float32], seen: Seen
) -> list[tuple[str, NDArray[np.float32]]]:
    """Return (range, fingerprint) of each tensor that an int8 file holds as integers."""
    recording = _Recording(prepared.eval(), garbage_collect_values=False)
    with torch.no_grad():
        for probe in probes:
            recording.run(seen(probe))
    return [(name, _fingerprint(values)) for name, values in recording.values.values()]


class _Recording(fx.Interpreter):
    """Runs a prepared network without rounding and keeps the values that ranges are about."""

    def __init__(self, prepared: fx.GraphModule, *, garbage_collect_values: bool) -> None:
        super().__init__(prepared, garbage_collect_values)
        self.values: dict[str, tuple[str, list[NDArray[np.float32]]]] = {}

    def run_node(self, n: fx.Node) -> Any:
        """Run one operation; see the class."""
        unit = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
        if isinstance(unit, FakeQuant):
            return self.env[cast(fx.Node, n.args[0])]
        if isinstance(unit, Int8Weights):
            result = unit.inner(self.env[cast(fx.Node, n.args[0])])
        else:
            result = super().run_node(n)
        if n.meta.get("range") and isinstance(result, Tensor):
            entry = self.values.setdefault(n.name, (n.meta["range"], []))
            entry[1].append(result.numpy().copy())  # operations in place may follow
        return result


def _fingerprint(values: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Return values in an order that no transposition or reshaping changes."""
    return np.concatenate([np.sort(each, axis=None) for each in values]).astype(np.float32)


def _tensor_values(
    data: bytes, probes: NDArray[np.float32]
) -> dict[str, list[NDArray[np.float32]]]:
    """Run a float file and return all its computed tensors by name, one array per probe."""
    from ai_edge_litert.interpreter import Interpreter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that keeping all tensors is for looking into a model
        interpreter = Interpreter(model_content=data, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    first = interpreter.get_input_details()[0]["index"]
    values: dict[str, list[NDArray[np.float32]]] = {}
    for probe in probes:
        interpreter.set_tensor(first, probe)
        interpreter.invoke()
        for detail in interpreter.get_tensor_details():
            name = str(detail["name"])
            if name and detail["dtype"] is np.float32:
                values.setdefault(name, []).append(interpreter.get_tensor(detail["index"]))
    return values


def carried_on(
    data: bytes, limits: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """Return limits also for what the converter has put in, such as padding of its own."""
    from ai_edge_quantizer import qtyping
    from ai_edge_quantizer.utils import tfl_flatbuffer_utils as files

    kinds = qtyping.TFLOperationName
    moving = {kinds.PAD, kinds.TRANSPOSE, kinds.RESHAPE}
    model = files.read_model(bytearray(data))
    more = dict(limits)
    for graph in model.subgraphs:
        for operation in graph.operators:  # in the order in which they run
            code = model.operatorCodes[operation.opcodeIndex].builtinCode
            source = files.get_tensor_name(graph.tensors[operation.inputs[0]])
            if files.TFL_OP_CODE_TO_NAME.get(code) in moving and source in more:
                result = files.get_tensor_name(graph.tensors[operation.outputs[0]])
                more.setdefault(result, more[source])
    return more
