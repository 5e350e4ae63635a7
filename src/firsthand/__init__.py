"""Machine learning where the data is.

Nothing heavy is loaded here: `firsthand.hands` and its neighbours are imported when first named.
A system a package: hands, objects, recorder, concealment, challenge, compress, speech, federated.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_SYSTEMS = (
    *("hands", "objects", "recorder", "concealment"),
    *("challenge", "compress", "speech", "federated"),
)
_GROUND = (
    *("core", "dsp", "errors", "geometry", "graph"),
    *("measure", "media", "runtime", "train", "web"),
)

__all__ = ["__version__", *_GROUND, *_SYSTEMS]


def __getattr__(name: str) -> ModuleType:
    if name in _SYSTEMS or name in _GROUND:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    return sorted(__all__)
