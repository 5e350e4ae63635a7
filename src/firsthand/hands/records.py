"""Results as lines of JSON, one a frame or photograph; `docs/hands.md` has the schema."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from firsthand.errors import InputError
from firsthand.hands.gestures import NONE
from firsthand.hands.types import Hand, HandsResult

_PIXEL_DECIMALS, _METRE_DECIMALS, _SCORE_DECIMALS = 2, 5, 4


def record(
    result: HandsResult,
    gestures: Sequence[str],
    source: str = "",
    motions: Sequence[str] | None = None,
) -> str:
    """Return one line, without its end, of strict JSON.

    All is ASCII, whatever the photograph is called. Pixels are rounded to 0.01, metres to
    0.01 mm, scores to 0.0001. `gestures` names what each hand shows and `motions` what each does,
    `NONE` becoming null; `source` names the photograph, if it is one. Raises `InputError` if one
    of them and the hands differ in number.
    """
    if len(gestures) != len(result.hands):
        raise InputError(f"{len(result.hands)} hands, but {len(gestures)} gestures")
    if motions is not None and len(motions) != len(result.hands):
        raise InputError(f"{len(result.hands)} hands, but {len(motions)} motions")
    fields: dict[str, Any] = {"source": source} if source else {}
    fields |= {
        "timestamp_us": result.timestamp_us,
        "size": [result.width, result.height],
        "hands": [_hand(hand, name) for hand, name in zip(result.hands, gestures, strict=True)],
    }
    for hand, name in zip(fields["hands"], motions or (), strict=False):
        hand["motion"] = None if name == NONE else name
    return json.dumps(fields, separators=(",", ":"), allow_nan=False)


def _hand(hand: Hand, gesture: str) -> dict[str, Any]:
    return {
        "track": hand.track_id,
        "handedness": hand.handedness,
        "score": _rounded(hand.handedness_score, _SCORE_DECIMALS),
        "presence": _rounded(hand.presence, _SCORE_DECIMALS),
        "gesture": None if gesture == NONE else gesture,
        "keypoints": _rounded(hand.keypoints, _PIXEL_DECIMALS),
        "world": _rounded(hand.world, _METRE_DECIMALS),
    }


def _rounded(values: ArrayLike, decimals: int) -> Any:
    # In float64, or a rounded float32 would print with all of its binary digits.
    return np.round(np.asarray(values, np.float64), decimals).tolist()
