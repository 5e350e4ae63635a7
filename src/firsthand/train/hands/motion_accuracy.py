"""What a motion model answers to windows whose truth is known."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.hands.gestures.fingers import Values
from firsthand.hands.gestures.motion_model import MotionModel
from firsthand.train.hands.histories import LABEL_OF, LABELS, PALM_PX, Histories
from firsthand.train.hands.strokes import NAMES

_BELONGS: Final = np.eye(len(LABELS))[list(LABEL_OF)]


def answers_to(model: MotionModel, windows: Values) -> NDArray[np.int64]:
    """Return, for windows (n, POINTS, 2) in palms, the places in `NAMES` of the likeliest names."""
    return np.asarray(_scores(model, windows).argmax(axis=1))


def labels_of(
    model: MotionModel, histories: Histories, palm_px: float = PALM_PX
) -> NDArray[np.int64]:
    """Return the places in `LABELS` of the likeliest labels (n,).

    A label's probability is that of all names that belong to it. `palm_px` is taken for the
    palm's size, which the histories do not tell.
    """
    return np.asarray((_scores(model, histories.points / palm_px) @ _BELONGS).argmax(axis=1))


def _scores(model: MotionModel, windows: Values) -> Values:
    if model.names != NAMES:
        raise InputError(f"the model tells {list(model.names)} apart, not {list(NAMES)}")
    return np.stack([model.scores(window) for window in windows])
