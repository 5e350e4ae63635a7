"""What the board knows, in the shapes in which the page takes it."""

from collections.abc import Mapping
from typing import Any, Final

from firsthand.challenge.leaderboard import Entry, Standing
from firsthand.measure import Interval

JsonObject = dict[str, Any]

_LONGEST: Final = 2_000
OTHER_IMAGES: Final = "judged by other images than those of this board; judge it again to compare"
OTHER_MACHINE: Final = "timed on another machine, {}; judge it again to compare"


def entry(found: Entry, image_set: str, machine: str) -> JsonObject:
    """Return a submission as the table has it; all text in it is its submitter's, or a sentence.

    `image_set` and `machine` are those by which others are judged now.
    """
    card = found.card
    standing = found.standing
    return {
        "sha256": found.sha256,
        "name": card.name,
        "version": card.version,
        "format": card.format,
        "size_bytes": card.size_bytes,
        "description": card.description[:_LONGEST],
        "licence": card.licence[:_LONGEST],
        "inputs": [_tensor(each.shape, each.dtype) for each in card.inputs[:8]],
        "submitted_at": found.submitted_at,
        "state": found.state,
        "reason": found.reason,
        "standing": None if standing is None else _standing(standing, image_set, machine),
    }


def _standing(standing: Standing, image_set: str, machine: str) -> JsonObject:
    remarks = list(standing.remarks)
    if standing.image_set != image_set:
        remarks.append(OTHER_IMAGES)
    if standing.machine != machine:
        remarks.append(OTHER_MACHINE.format(standing.machine))
    return {
        "accuracy": _interval(standing.accuracy),
        "scores": _scores(standing.scores),
        "median_ms": _interval(standing.median_ms),
        "p90_ms": _interval(standing.p90_ms),
        "copy_ms": standing.copy_ms,
        "init_ms": standing.init_ms,
        "first_ms": standing.first_ms,
        "queries": standing.queries,
        "blocks": standing.blocks,
        "disturbed": standing.disturbed,
        "images": standing.images,
        "machine": standing.machine,
        "rules": standing.rules,
        "judged_at": standing.judged_at,
        "doubts": standing.doubts,
        "remarks": remarks,
    }


def _scores(scores: Mapping[str, Interval]) -> JsonObject:
    return {name: _interval(each) for name, each in scores.items()}


def _interval(found: Interval) -> list[float]:
    return [found.value, found.low, found.high]


def _tensor(shape: tuple[int, ...], dtype: str) -> str:
    return f"{' x '.join('any' if side < 0 else str(side) for side in shape)}, {dtype}"
