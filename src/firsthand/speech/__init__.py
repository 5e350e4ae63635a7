"""Speech representations: numbers for how something sounds, and what is learnt on them.

After Google's "Improving Speech Representations and Personalized Models Using Self-Supervision"
(TRILL and the NOSS benchmark). Nothing heavy is loaded here: a submodule is when one of its names
is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firsthand.speech.opening import open_representation, own, representation_names
    from firsthand.speech.own import Heard, Hearing, SpeechNetwork, joined, scene_of
    from firsthand.speech.personal import Classifier, Personal, personalize
    from firsthand.speech.representation import Frames, Representation

_HOMES = {
    "opening": ("open_representation", "own", "representation_names"),
    "own": ("Heard", "Hearing", "SpeechNetwork", "joined", "scene_of"),
    "personal": ("Classifier", "Personal", "personalize"),
    "representation": ("Frames", "Representation"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Classifier",
    "Frames",
    "Heard",
    "Hearing",
    "Personal",
    "Representation",
    "SpeechNetwork",
    "joined",
    "open_representation",
    "own",
    "personalize",
    "representation_names",
    "scene_of",
]


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    return sorted(__all__)
