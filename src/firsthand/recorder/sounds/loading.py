"""Listeners by name: Firsthand's own network, or YAMNet from the model store."""

from typing import Final, Literal

from firsthand.recorder.sounds.calibration import Calibration
from firsthand.recorder.sounds.categories import CATEGORIES, Grouping
from firsthand.recorder.sounds.listener import Listener
from firsthand.recorder.sounds.own import OwnSounds
from firsthand.recorder.sounds.yamnet import Yamnet
from firsthand.runtime import Model, ModelStore
from firsthand.runtime.bundled import bundled

SoundNetwork = Literal["own", "yamnet"]

OWN: Final = "firsthand-sounds"
YAMNET: Final = "yamnet"


def load_listener(name: SoundNetwork = "own", *, threads: int = 1) -> Listener:
    """Load a classifier and what its scores mean; `ModelNotFoundError` says how to get YAMNet."""
    if name == "own":
        return own_listener(bundled()[OWN], threads=threads)
    return yamnet_listener(ModelStore().get(YAMNET, pull=False), threads=threads)


def own_listener(model: Model, *, threads: int = 1) -> Listener:
    """Load a network such as `firsthand train recorder sounds` makes."""
    return Listener(OwnSounds.open(model, threads=threads), Calibration(model.card.calibration))


def yamnet_listener(model: Model, *, threads: int = 1) -> Listener:
    """Load YAMNet: its classes in `CATEGORIES`; those without a curve are taken as they are."""
    classifier = Yamnet.open(model, threads=threads)
    group = Grouping(classifier.classes)
    known = {curve.label: curve for curve in model.card.calibration}
    unfitted = Calibration.unfitted(tuple(CATEGORIES))
    curves = tuple(known.get(curve.label, curve) for curve in unfitted.curves)
    return Listener(classifier, Calibration(curves), group)
