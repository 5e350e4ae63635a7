"""How long a model's operators take, beside what they cost.

The runtimes' profilers are asked in a process of their own: what is not known of them may end it.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from firsthand.errors import FirsthandError, InputError, ModelError
from firsthand.runtime.artifact import Model
from firsthand.runtime.operators import Operator, operators


@dataclass(frozen=True, slots=True)
class TimedOperator:
    """A kernel that ran, its time in us, and the operator that it stands for, where one is known.

    Runtimes join operators, leave some out and put copies between, which stand for none.
    """

    kernel: str
    us: float
    operator: Operator | None


def profile(model: Model, *, runs: int = 50, timeout_s: float = 120.0) -> tuple[TimedOperator, ...]:
    """Return how long each kernel of a model takes in the middle of `runs` runs, on one thread.

    Raises `ModelError` where the model does not run or its runtime cannot be profiled.
    """
    if not 2 <= runs <= 10_000:
        raise InputError(f"runs={runs} must be from 2 to 10000")
    command = [sys.executable, "-m", "firsthand.runtime.profiling", str(model.path), str(runs)]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{model.path}: {runs} runs took more than {timeout_s} s") from error
    try:
        answer = json.loads(done.stdout.decode().strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise ModelError(
            f"{model.path}: profiling it ended its process with {done.returncode}"
        ) from error
    if "error" in answer:
        raise ModelError(f"{model.path}: {answer['error']}")
    kernels = [(str(name), float(us), at) for name, us, at in answer["kernels"]]
    known = operators(model)
    if model.card.format == "onnx":
        named = {each.name: each for each in known}
        return tuple(TimedOperator(name, us, named.get(str(at))) for name, us, at in kernels)
    return _joined(kernels, known)


def _joined(
    kernels: Iterable[tuple[str, float, int]], known: tuple[Operator, ...]
) -> tuple[TimedOperator, ...]:
    """Join kernels with the operators that they stand for: in order, kind for kind."""
    mine = [(name, us, at) for name, us, at in kernels]
    families = [_family(name) for name, _, at in mine if at < 0]
    pairs = SequenceMatcher(
        None, families, [_family(each.kind) for each in known], autojunk=False
    ).get_matching_blocks()
    places = iter(
        _places(len(families), [(a + n, b + n) for a, b, size in pairs for n in range(size)])
    )
    found = []
    for name, us, at in mine:
        place = at if at >= 0 else next(places)
        match = known[place] if place is not None and place < len(known) else None
        found.append(TimedOperator(name, us, match))
    return tuple(found)


def _places(count: int, pairs: list[tuple[int, int]]) -> list[int | None]:
    found: list[int | None] = [None] * count
    for mine, theirs in pairs:
        found[mine] = theirs
    return found


# First words that XNNPACK's kernels and LiteRT's operators have in common, by what they do.
_FAMILIES: Final = (
    ("depthwise", ("DWCONV", "DEPTHWISE")),
    ("transposed", ("DECONVOLUTION", "TRANSPOSE_CONV")),
    ("product", ("CONVOLUTION", "CONV_2D", "FULLY", "BATCH_MAT", "BATCH MAT")),
    ("softmax", ("SOFTMAX", "SOFT MAX")),
    ("average", ("AVERAGE", "GLOBAL AVERAGE", "MEAN")),
    ("maximum pooling", ("MAX_POOL", "MAX POOL")),
    ("resize", ("RESIZE",)),
    ("sigmoid", ("LOGISTIC", "SIGMOID")),
    ("add", ("ADD",)),
    ("subtract", ("SUB",)),
    ("multiply", ("MUL",)),
    ("divide", ("DIV",)),
    ("pad", ("PAD", "CONSTANT PAD")),
    ("concatenate", ("CONCAT",)),
    ("clamp", ("RELU", "CLAMP")),
    ("prelu", ("PRELU",)),
    ("hard swish", ("HARD",)),
    ("convert", ("QUANTIZE", "DEQUANTIZE", "CONVERT")),
    ("transpose", ("TRANSPOSE",)),
)


def _family(name: str) -> str:
    words = name.upper()
    if "DWCONV" in words:
        return "depthwise"
    for family, starts in _FAMILIES:
        if words.startswith(starts):
            return family
    return words.partition(" ")[0]


def main(arguments: list[str]) -> int:
    """Profile the model named first and print a line of JSON."""
    path, runs = Path(arguments[0]), int(arguments[1])
    try:
        model = Model.open(path)
        model.read()
        if model.card.format == "onnx":
            from firsthand.runtime.backends.onnx_profile import profile_onnx

            kernels: list[tuple[str, float, object]] = [*profile_onnx(path, runs)]
        else:
            from firsthand.runtime.backends.litert_profile import profile_litert

            kernels = [*profile_litert(path, runs)]
        answer: dict[str, object] = {"kernels": kernels}
    except (FirsthandError, RuntimeError, ValueError) as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
