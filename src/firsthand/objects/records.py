"""Results as lines of JSON, one a frame or photograph; `docs/objects.md` has the schema."""

import json
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from firsthand.objects.types import FoundObject, ObjectsResult

_PIXEL_DECIMALS, _LENGTH_DECIMALS, _TURN_DECIMALS, _SCORE_DECIMALS = 2, 5, 6, 4


def record(result: ObjectsResult, source: str = "") -> str:
    """Return one line, without its end, of strict JSON; `source` names a photograph.

    All is ASCII, whatever the photograph is called.
    """
    camera = result.camera
    fields: dict[str, Any] = {"source": source} if source else {}
    fields |= {
        "timestamp_us": result.timestamp_us,
        "size": [result.width, result.height],
        "focal_px": _rounded([camera.focal_x, camera.focal_y], _PIXEL_DECIMALS),
        "objects": [_object(each) for each in result.objects],
    }
    return json.dumps(fields, separators=(",", ":"), allow_nan=False)


def _object(each: FoundObject) -> dict[str, Any]:
    return {
        "track": each.track_id,
        "category": each.category,
        "score": _rounded(each.score, _SCORE_DECIMALS),
        "seen": each.is_seen,
        "metric": each.is_metric,
        "middle": _rounded(each.box.middle, _LENGTH_DECIMALS),
        "size": _rounded(each.box.size, _LENGTH_DECIMALS),
        "rotation": _rounded(each.box.rotation, _TURN_DECIMALS),
        "points": _rounded(each.points, _PIXEL_DECIMALS),
    }


def _rounded(values: ArrayLike, decimals: int) -> Any:
    # In float64, or a rounded float32 would print with all of its binary digits.
    return np.round(np.asarray(values, np.float64), decimals).tolist()
