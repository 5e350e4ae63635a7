"""Speech representations: numbers for how something sounds, and what is learnt on them.

After Google's "Improving Speech Representations and Personalized Models Using Self-Supervision"
(TRILL and the NOSS benchmark). Nothing heavy is loaded here: a submodule is when one of its names
is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.speech.opening import open_representation, own, representation_names
    from firsthand.speech.own_network import Heard, Hearing, SpeechNetwork, joined, scene_of
    from firsthand.speech.personal import Classifier, Personal, personalize
    from firsthand.speech.representation import Frames, Representation

_HOMES = {
    "opening": ("open_representation", "own", "representation_names"),
    "own_network": ("Heard", "Hearing", "SpeechNetwork", "joined", "scene_of"),
    "personal": ("Classifier", "Personal", "personalize"),
    "representation": ("Frames", "Representation"),
}

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

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
