"""Gesture models as JSON: no code in the file, readable, and independent of the features.

A file holds the examples themselves (wrist at the origin, palm size one), so that a later
version of the features can use it.
"""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np

from firsthand.errors import InputError
from firsthand.hands.gestures.classifier import GestureModel, train
from firsthand.hands.gestures.features import Orientation
from firsthand.media.files import read_bytes, replacing

_FORMAT = "firsthand-gestures-1"
_MAX_BYTES = 64 * 2**20
_DECIMALS = 6  # a hundred thousandth of a hand


def save_gesture_model(model: GestureModel, path: Path) -> None:
    """Write a model to `path`; what was there is replaced whole or not at all.

    Raises `MediaError` when it cannot be written.
    """
    document = {
        "format": _FORMAT,
        "orientation": model.orientation,
        "mirror": model.mirror,
        "reject_distance": model.reject_distance if np.isfinite(model.reject_distance) else None,
        "labels": [model.names[label] for label in model.labels],
        "keypoints": np.round(model.examples, _DECIMALS).tolist(),
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def load_gesture_model(path: Path) -> GestureModel:
    """Read a model from `path`. Raises `InputError` naming the file for anything else."""
    data = read_bytes(path)
    if len(data) > _MAX_BYTES:
        raise InputError(f"{path} has {len(data)} bytes, no gesture model more than {_MAX_BYTES}")
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no gesture model: it is not JSON ({error})") from error
    try:
        return _model_of(document)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{path} is no gesture model: {error}") from error


def _model_of(document: object) -> GestureModel:
    match document:
        case {
            "format": str(name),
            "orientation": orientation,
            "mirror": bool(mirror),
            "reject_distance": None | int() | float() as reject_distance,
            "labels": list(labels),
            "keypoints": list(keypoints),
        }:
            if name != _FORMAT:
                raise InputError(f"its format is {name[:40]!r}, this version reads {_FORMAT!r}")
            if orientation not in get_args(Orientation):
                raise InputError(f"its orientation is {str(orientation)[:40]!r}")
            return train(
                keypoints,
                labels,
                orientation=orientation,
                mirror=mirror,
                reject_distance=np.inf if reject_distance is None else float(reject_distance),
            )
    raise InputError("it needs format, orientation, mirror, reject_distance, labels and keypoints")
