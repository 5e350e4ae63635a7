"""The network that names a window of a fingertip's way; runs without torch."""

import os
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ModelError
from firsthand.hands.gestures.motion_window import FEATURES, window_features
from firsthand.hands.gestures.rules import NONE
from firsthand.hands.weights import FOLDER
from firsthand.runtime import Model, ModelCard, Runner, load_runner

BUNDLED: Final = FOLDER / "firsthand-hand-motion.tflite"
"""The model that comes with the package, its card beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionModel:
    """A loaded network and the names it tells apart; used by one thread at a time."""

    runner: Runner
    names: tuple[str, ...]
    card: ModelCard

    def scores(self, window: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a probability for each name of one window (POINTS, 2) in palms."""
        (logits,) = self.runner(window_features(window)[None])
        powers = np.exp(logits[0].astype(np.float64) - float(logits.max()))
        return np.asarray(powers / powers.sum())


def motion_model(model: Model | str | os.PathLike[str] = BUNDLED) -> MotionModel:
    """Load a motion model: the bundled one, or a file of your own with its card beside it.

    The card's labels are the names. Raises `ModelError` if the file cannot be read, differs from
    its card, or is no such model.
    """
    opened = model if isinstance(model, Model) else Model.open(model)
    names = opened.card.labels
    if len(names) < 2 or len(set(names)) != len(names) or NONE in names:
        raise ModelError(
            f"{opened.path}: a motion model's card has two or more different labels and no "
            f"{NONE!r} among them, this one has {list(names)}"
        )
    runner = load_runner(opened)
    shapes = [[tuple(s.shape) for s in specs] for specs in (runner.inputs, runner.outputs)]
    dtypes = {spec.dtype for spec in (*runner.inputs, *runner.outputs)}
    if shapes != [[(1, FEATURES)], [(1, len(names))]] or dtypes != {np.dtype(np.float32)}:
        raise ModelError(
            f"{opened.path}: a motion model takes float32 (1, {FEATURES}) and gives float32 "
            f"(1, {len(names)}), one for each label; this one has {shapes[0]} and {shapes[1]} of "
            f"{sorted(map(str, dtypes))}"
        )
    return MotionModel(runner, names, opened.card)
