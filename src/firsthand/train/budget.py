"""What a model under design would take on this machine: one call from a training loop.

The module is exported as it will be deployed and timed by the harness that judges finished models,
in a process of its own, so that a design is chosen by the time it takes and not by its
multiply-accumulates.
"""

import contextlib
import copy
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from firsthand.errors import ConfigError, InputError
from firsthand.measure.single_stream import QUICK, Rules, measure_streams
from firsthand.measure.streams import StreamLatency
from firsthand.train.export import to_tflite
from firsthand.train.quantise import fold_batch_norms
from firsthand.train.static_int8 import to_static_int8_tflite

_NAME: Final = "the model under design"


def latency_of(
    module: nn.Module,
    size_px: tuple[int, int],
    *,
    rules: Rules = QUICK,
    int8: bool = False,
    images: NDArray[np.float32] | None = None,
) -> StreamLatency:
    """Return the time for a query of a module that takes (b, 3, height, width) in 0..1.

    `size_px` is (height, width). With `int8` it is quantised statically, its ranges observed on
    `images` (n, height, width, 3) in 0..1, or on random ones: they change its answers and not its
    time. The module, its gradients, its mode, and torch's random numbers stay as they were; it may
    be on any device, in reduced precision, under autocast, and between any two training steps.
    What else runs meanwhile, such as workers that load data, disturbs the measurement: see
    `disturbed` and `doubtful` of the result.

    Raises `BusyError` while another measurement goes on, `PeerError` where the model fails or
    takes more than the rules allow, and what the export raises.
    """
    with torch.random.fork_rng(devices=[]), torch.autocast("cpu", enabled=False):
        plain = copy.deepcopy(module).to("cpu", torch.float32).eval()
        with contextlib.suppress(ConfigError):  # the converter would fold them too, in more time
            fold_batch_norms(plain)
        data = to_static_int8_tflite(plain, size_px, images) if int8 else to_tflite(plain, size_px)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(data)
        return measure_streams({_NAME: path}, rules).latency(_NAME)


def fits(
    module: nn.Module,
    size_px: tuple[int, int],
    limit_ms: float,
    *,
    rules: Rules = QUICK,
    int8: bool = False,
    images: NDArray[np.float32] | None = None,
) -> bool:
    """Tell whether 9 of 10 queries take at most `limit_ms`, at the upper limit of the interval.

    Everything else is as with `latency_of`.
    """
    if not limit_ms > 0:
        raise InputError(f"limit_ms={limit_ms} must be above 0")
    found = latency_of(module, size_px, rules=rules, int8=int8, images=images)
    return found.p90_us.high <= 1e3 * limit_ms
