"""Representations by name: Firsthand's own, the baselines, and those that other packages bring.

A package adds one by an entry point of the group `firsthand.representations`: its name, and a
function without arguments that returns a `Representation`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from firsthand.errors import ConfigError
from firsthand.runtime import Model
from firsthand.runtime.bundled import bundled
from firsthand.speech.baselines import Cepstra, LogMelStatistics
from firsthand.speech.egemaps import Egemaps
from firsthand.speech.own_network import SpeechNetwork
from firsthand.speech.representation import Representation
from firsthand.speech.yamnet import YamnetLayer

GROUP: Final = "firsthand.representations"
OWN: Final = "own"
_OWN: Final = "firsthand-speech"


def own(name: str = _OWN) -> SpeechNetwork:
    """Open Firsthand's own representation, of one of the files it brings."""
    found = bundled().get(name)
    if found is None:
        raise ConfigError("this build of Firsthand brings no speech network: train one")
    return SpeechNetwork.open(found)


_BUILT_IN: Final[Mapping[str, Callable[[], Representation]]] = {
    OWN: own,
    "own-int8": partial(own, f"{_OWN}-int8"),
    "log-mel": LogMelStatistics,
    "mfcc": Cepstra,
    "yamnet": YamnetLayer.open,
    "egemaps": Egemaps,
}


def representation_names() -> tuple[str, ...]:
    """Return the names that `open_representation` knows, a file's aside."""
    return (*_BUILT_IN, *sorted(entry_points(group=GROUP).names - _BUILT_IN.keys()))


def open_representation(name: str) -> Representation:
    """Open a representation by its name, or the .tflite file of a speech network by its path.

    Raises `ConfigError` for a name that nothing has, `MissingDependencyError` and `ModelError`
    where what it needs is not there.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    if Path(name).suffix == ".tflite":
        return SpeechNetwork.open(Model.open(name))
    plugged = {point.name: point for point in entry_points(group=GROUP)}
    kind, _, rest = name.partition(":")
    if kind in plugged:
        opening = plugged[kind].load()
        found: Representation = opening(rest) if rest else opening()
        return found
    raise ConfigError(
        f"no representation {name!r}; there are {', '.join(representation_names())}, or the path "
        "of a speech network's .tflite file"
    )
