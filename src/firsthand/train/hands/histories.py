"""Recorded fingertip histories (github.com/kinivi, Apache-2.0), and a split that does not leak.

Each row is one frame's last 16 index fingertip positions, predicted by MediaPipe in a mirrored
picture of 960 x 540 pixels, less the first of them and over the picture's width and height, with
a label: Stop, Clockwise, Counter Clockwise, Move. Neither the palm's size nor the time is known.

Rows follow each other frame by frame, so a row and its neighbour share 15 of 16 points: a random
split would test on what was trained on. `held_out` takes whole blocks, and `kept_apart` leaves
out the rows near them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.hands.gestures.fingers import Values
from firsthand.hands.gestures.motion_window import POINTS
from firsthand.train.hands.strokes import NAMES

SOURCE: Final = (
    "github.com/kinivi/hand-gesture-recognition-mediapipe, point_history.csv, Apache-2.0"
)
LABELS: Final = ("Stop", "Clockwise", "Counter Clockwise", "Move")
"""The recorded labels, by their number in the file."""

LABEL_OF: Final = tuple(
    {"still": 0, "clockwise": 1, "counter_clockwise": 2}.get(name, 3) for name in NAMES
)
"""For each name of ours the recorded label it belongs to: swipes and waves are moves."""

PICTURE_PX: Final = (960, 540)

# The rows say nothing of palms. Their circles measure 80 pixels across and a circle drawn by a
# finger is about a palm wide, so this is a guess; figures are also given for half and twice of it.
PALM_PX: Final = 90.0

# Their recorder writes the picture's corner where the hand does not point. The steps from and to
# it are over 100 pixels; nobody's fingertip in these rows goes farther than 71 from frame to frame.
_LEAP_PX: Final = 100.0
_BLOCK_ROWS: Final = 120
_EVERY: Final = 4
_GAP_ROWS: Final = 32
_SAME_PX: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Histories and what they show.

    `points` (n, POINTS, 2) in pixels, from the first of each; `labels` int64 (n,), places in
    `LABELS`; `rows` int64 (n,), rising: which rows of the file these are, from 0. `leaps` counts
    the rows left out because they hold a position that is no fingertip's.
    """

    points: Values
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    leaps: int

    def only(self, chosen: NDArray[np.bool_ | np.int64]) -> "Histories":
        """Return those that a mask or places choose."""
        return Histories(self.points[chosen], self.labels[chosen], self.rows[chosen], self.leaps)


def read_histories(path: Path) -> Histories:
    """Read point_history.csv; `InputError` names the first line that is no history."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: fingertip histories cannot be read: {error}") from error
    table = np.array([_numbers(line, f"{path}, line {n}") for n, line in enumerate(lines, 1)])
    if not len(table):
        raise InputError(f"{path} holds no fingertip histories")
    points = table[:, 1:].reshape(-1, POINTS, 2) * PICTURE_PX
    steps = np.linalg.norm(np.diff(points, axis=1), axis=-1).max(axis=-1)
    whole = steps <= _LEAP_PX
    return Histories(
        points[whole],
        table[whole, 0].astype(np.int64),
        np.flatnonzero(whole),
        int((~whole).sum()),
    )


def held_out(rows: NDArray[np.int64], fold: int = _EVERY - 1) -> NDArray[np.bool_]:
    """Return which rows are for testing: every fourth block of 120, from block `fold` (0..3) on."""
    return np.asarray(rows // _BLOCK_ROWS % _EVERY == fold)


def kept_apart(rows: NDArray[np.int64], fold: int = _EVERY - 1) -> NDArray[np.bool_]:
    """Return which rows are for training: none within 32 rows of one that `held_out` takes."""
    place = (rows - fold * _BLOCK_ROWS) % (_EVERY * _BLOCK_ROWS)
    first, last = _BLOCK_ROWS + _GAP_ROWS, _EVERY * _BLOCK_ROWS - _GAP_ROWS
    return np.asarray((place >= first) & (place < last))


def joined(histories: Histories) -> list[tuple[int, Values]]:
    """Return (label, points (m, 2) in pixels) of each stretch that was filmed in one go.

    Rows are joined where one goes on with the other's points, one or two frames later.
    """
    whole: list[tuple[int, list[Values]]] = []
    before: Values | None = None
    for points, label in zip(histories.points, histories.labels, strict=True):
        later = None
        if before is not None and label == whole[-1][0]:
            later = next((k for k in (1, 2) if _goes_on(before, points, k)), None)
        if later is None:
            whole.append((int(label), list(points)))
        else:
            at = whole[-1][1][-1] - points[-1 - later]
            whole[-1][1].extend(points[-later:] + at)
        before = points
    return [(label, np.array(points)) for label, points in whole]


def _goes_on(before: Values, after: Values, frames: int) -> bool:
    old, new = before[frames:], after[:-frames]
    return bool(np.abs((old - old[0]) - (new - new[0])).max() < _SAME_PX)


def _numbers(line: str, where: str) -> list[float]:
    cells = line.split(",")
    if len(cells) != 1 + 2 * POINTS:
        raise InputError(f"{where}: {len(cells)} numbers, but a history has {1 + 2 * POINTS}")
    try:
        values = [float(cell) for cell in cells]
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    if values[0] not in range(len(LABELS)) or not all(abs(value) <= 1 for value in values[1:]):
        raise InputError(
            f"{where}: a label in 0..{len(LABELS) - 1} and coordinates in -1..1 are expected, "
            f"got {line[:80]!r}"
        )
    return values
