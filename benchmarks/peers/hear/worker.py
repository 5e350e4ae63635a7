"""The validator of the HEAR API, which needs both torch and TensorFlow.

Firsthand's sources are on the path of this process alone: its own environment has no TensorFlow.
"""

import contextlib
import io
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

from hearvalidator.validate import ModelError, ValidateModel

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src"))
from worker import serve


def validate(module, model):
    """Run all checks of a module with a model; what they say, and what they warn of."""
    said = io.StringIO()
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(said):
        warnings.simplefilter("always")
        try:
            ValidateModel(module, model, "cpu")()
        except ModelError as error:  # not an Exception: the validator has it so
            raise ValueError(f"{module}, {model}: {error}") from error
    mine = [str(each.message) for each in warned if each.category is UserWarning]
    checks = [line for line in said.getvalue().splitlines() if line.startswith("Checking ")]
    return {"checks": checks, "warnings": mine, "said": said.getvalue()}


def versions():
    names = ("hearvalidator", "torch", "tensorflow")
    return {name: version(name) for name in names} | {"python": sys.version.split()[0]}


if __name__ == "__main__":
    serve({"validate": validate, "versions": versions})
