"""Models: cards, checksums, the store, and running them on LiteRT or ONNX Runtime.

Importing this package loads neither NumPy nor an inference runtime: those come with
`load_runner`, `Runner`, `TensorSpec` and `rehearse`, when first named.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy
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

_LATER = {"runner": ("Runner", "TensorSpec", "load_runner"), "trial": ("rehearse",)}

__getattr__, __dir__ = lazy(__name__, _LATER, __all__)
