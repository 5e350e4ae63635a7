"""How long each operator of an .onnx model takes, by ONNX Runtime's own profiler."""

import json
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from firsthand.errors import MissingDependencyError

try:
    import onnxruntime as ort
except ImportError as error:
    raise MissingDependencyError(
        "running .onnx models needs ONNX Runtime: pip install 'firsthand[onnx]'"
    ) from error


def profile_onnx(path: Path, runs: int) -> list[tuple[str, float, str]]:
    """Return for each kernel that a run calls: its kind, median time in us, and its node's name."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "times")
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        feed = {
            each.name: np.zeros(
                [n if isinstance(n, int) and n > 0 else 1 for n in each.shape],
                _DTYPES.get(each.type, "float32"),
            )
            for each in session.get_inputs()
        }
        for _ in range(runs):
            session.run(None, feed)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            kind = str(event["args"].get("op_name", "?"))
            times[kind, event["name"].removesuffix("_kernel_time")].append(float(event["dur"]))
    return [(kind, float(np.median(us)), node) for (kind, node), us in times.items()]


_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(bool)": "bool",
    **{
        f"tensor({sign}int{bits})": f"{sign}int{bits}"
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}
