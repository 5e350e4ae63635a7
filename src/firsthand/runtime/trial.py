"""Trying a model of unknown origin where a crash does no harm."""

import subprocess
import sys

from firsthand.errors import ModelError
from firsthand.runtime.artifact import Model

_TRIAL = """
import sys
from firsthand.errors import FirsthandError
from firsthand.runtime.runner import load_runner
try:
    load_runner(sys.argv[1]).invoke()
except FirsthandError as error:
    sys.exit(f"refused: {error}")
"""


def rehearse(model: Model, *, timeout_s: float = 60.0) -> None:
    """Load `model` and run it once on zeros in a process of its own.

    The runtimes check a file's structure but not every shape in it, so a damaged or hostile model
    can end the process that runs it. Raises `ModelError` if it is refused, fails, ends the
    process, or takes longer than `timeout_s` seconds. Costs a Python start, about 0.4 s.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL, str(model.path)],
            capture_output=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{model.path}: one run took more than {timeout_s} s") from error
    if done.returncode < 0:
        raise ModelError(
            f"{model.path}: ends the process that runs it (signal {-done.returncode}); "
            "the file is damaged or malicious"
        )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise ModelError(f"{model.path}: {lines[-1].removeprefix('refused: ')}")
