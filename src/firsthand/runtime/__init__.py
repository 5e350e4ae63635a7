"""Models: cards, checksums, the store, and running them on LiteRT or ONNX Runtime.

Importing this package loads neither NumPy nor an inference runtime: those come with
`load_runner`, `Runner`, `TensorSpec` and `rehearse`, when first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from firsthand.runtime.artifact import Model
from firsthand.runtime.calibration import Curve
from firsthand.runtime.card import Measurement, ModelCard, TensorCard
from firsthand.runtime.sources import NpmSource, PathSource, Source, UrlSource, WheelSource
from firsthand.runtime.store import ModelStore, StoredModel, Verification

if TYPE_CHECKING:
    from firsthand.runtime.runner import Runner, TensorSpec, load_runner
    from firsthand.runtime.trial import rehearse

__all__ = [
    "Curve",
    "Measurement",
    "Model",
    "ModelCard",
    "ModelStore",
    "NpmSource",
    "PathSource",
    "Runner",
    "Source",
    "StoredModel",
    "TensorCard",
    "TensorSpec",
    "UrlSource",
    "Verification",
    "WheelSource",
    "load_runner",
    "rehearse",
]

_LATER = {
    "Runner": "firsthand.runtime.runner",
    "TensorSpec": "firsthand.runtime.runner",
    "load_runner": "firsthand.runtime.runner",
    "rehearse": "firsthand.runtime.trial",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")
