"""The motion classifier's network and what it is shown: simulated strokes, recorded histories."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firsthand.hands.gestures.fingers import Values
from firsthand.hands.gestures.motion_window import FEATURES, POINTS, window_features
from firsthand.media.image import write_image
from firsthand.train.hands.histories import LABEL_OF, LABELS, Histories
from firsthand.train.hands.strokes import MOVE, NAMES, STILL, UNCLEAR, WAVE, perform
from firsthand.train.task import Batch

_PER_NAME: Final = 28
_PER_UNCLEAR: Final = 10
_PER_LABEL: Final = 32
_LOG_PALMS_PX: Final = (np.log(45.0), np.log(200.0))
_SLOWEST: Final = 0.7

_MIRRORED: Final = np.array([0, 2, 1, 3])  # mirrored, one turn is the other
# A recorded move may be any kind of move but a wave: those who recorded it went one way.
_ALLOWED: Final = np.array(
    [
        [LABEL_OF[place] == label and name != WAVE for place, name in enumerate(NAMES)]
        for label in range(len(LABELS))
    ]
)
_UNCLEAR_ALLOWED: Final = np.eye(len(NAMES), dtype=bool)
_UNCLEAR_ALLOWED[:, [NAMES.index(STILL), NAMES.index(MOVE)]] = True


class MotionNet(nn.Module):
    """Three layers from (n, FEATURES) to (n, len(NAMES)) logits: 3,497 parameters."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.layers = nn.Sequential(
                nn.Linear(FEATURES, 48),
                nn.ReLU(),
                nn.Linear(48, 32),
                nn.ReLU(),
                nn.Linear(32, len(NAMES)),
            )

    def forward(self, features: Tensor) -> Tensor:
        """Return logits."""
        out: Tensor = self.layers(features)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Simulated windows (n, POINTS, 2) in palms.

    `labels` int64 (n,) are places in `NAMES`, or `UNCLEAR`; `performed` int64 (n,) are the places
    of what the whole performance was.
    """

    points: Values
    labels: NDArray[np.int64]
    performed: NDArray[np.int64]

    def clear(self) -> "Windows":
        """Return those that one name fits."""
        clear = self.labels != UNCLEAR
        return Windows(self.points[clear], self.labels[clear], self.performed[clear])


def simulated_windows(seed: int, performances: int) -> Windows:
    """Return every window of that many performances of each name."""
    points, labels, performed = [], [], []
    for place, name in enumerate(NAMES):
        for number in range(performances):
            shown = perform(name, np.random.default_rng([seed, place, number]))
            points.append(shown.windows())
            labels.append(shown.labels)
            performed.append(np.full(len(shown.labels), place))
    return Windows(np.concatenate(points), np.concatenate(labels), np.concatenate(performed))


@dataclass(frozen=True, slots=True, eq=False)
class MotionTask:
    """What `fit` trains: see `loop.Task`. Either kind of windows may be missing, not both.

    Names and labels come equally often. A recorded move may be any move, and a stroke that is
    half in the window may be itself, a move, or still nothing, but no other stroke: there the loss
    asks that one of several names be answered.
    """

    model: MotionNet
    recipe: str
    seed: int
    simulated: Windows | None
    recorded: Histories | None

    def batch(self, step: int) -> Batch:
        """Return features (n, FEATURES) and, for each, which names are right (n, len(NAMES))."""
        rng = np.random.default_rng([self.seed, step])
        points, allowed = [], []
        if self.simulated is not None:
            clear = _evenly(self.simulated.labels, len(NAMES), _PER_NAME, rng)
            unclear = _evenly(
                np.where(self.simulated.labels == UNCLEAR, self.simulated.performed, UNCLEAR),
                len(NAMES),
                _PER_UNCLEAR,
                rng,
            )
            points += [self.simulated.points[clear], self.simulated.points[unclear]]
            allowed.append(np.eye(len(NAMES), dtype=bool)[self.simulated.labels[clear]])
            allowed.append(_UNCLEAR_ALLOWED[self.simulated.performed[unclear]])
        if self.recorded is not None:
            chosen = _evenly(self.recorded.labels, len(LABELS), _PER_LABEL, rng)
            windows, labels = varied(self.recorded.only(chosen), rng)
            points.append(windows)
            allowed.append(_ALLOWED[labels])
        return {
            "features": torch.from_numpy(window_features(np.concatenate(points))),
            "allowed": torch.from_numpy(np.concatenate(allowed)),
        }

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the mean negative logarithm of the probability that a right name is answered."""
        logits = self.model(batch["features"])
        right = logits.masked_fill(~batch["allowed"], -torch.inf)
        return {"total": (logits.logsumexp(dim=1) - right.logsumexp(dim=1)).mean()}

    def preview(self, folder: Path, step: int) -> None:
        """Draw a performance of each name: its frames green where told right, red where wrong."""
        tiles = [self._tile(place, name) for place, name in enumerate(NAMES)]
        rows = [np.hstack(tiles[first : first + 3]) for first in range(0, len(tiles), 3)]
        write_image(folder / f"preview-{step:06}.jpg", np.vstack(rows))

    def _tile(self, place: int, name: str) -> NDArray[np.uint8]:
        side = 200
        tile = np.full((side, side, 3), 255, np.uint8)
        shown = perform(name, np.random.default_rng([self.seed, place]))
        features = torch.from_numpy(window_features(shown.windows()))
        answers = self.model(features).argmax(dim=1).numpy()
        middle = (shown.points.max(axis=0) + shown.points.min(axis=0)) / 2
        scale = (side - 40) / max(1.0, float(np.ptp(shown.points, axis=0).max()))
        for point, answer, truth in zip(shown.points, answers, shown.labels, strict=True):
            x, y = (side / 2 + scale * (point - middle)).astype(int)
            colour = (0, 150, 60) if answer == truth else (210, 40, 40)
            cv2.circle(tile, (x, y), 2, (150, 150, 150) if truth == UNCLEAR else colour, -1)
        cv2.putText(tile, name, (6, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
        return tile


def varied(histories: Histories, rng: np.random.Generator) -> tuple[Values, NDArray[np.int64]]:
    """Return recorded histories as windows in palms, each seen from elsewhere, and their labels.

    Turned, mirrored (which exchanges the two turns), slowed down by up to 0.7, nearer or farther,
    and with noise on every point.
    """
    n = len(histories.rows)
    slowed = (POINTS - 1) - rng.uniform(_SLOWEST, 1, (n, 1)) * np.arange(POINTS - 1, -1, -1)
    before = np.clip(slowed.astype(np.int64), 0, POINTS - 2)[..., None]
    share = slowed[..., None] - before
    early = np.take_along_axis(histories.points, np.repeat(before, 2, axis=-1), axis=1)
    late = np.take_along_axis(histories.points, np.repeat(before + 1, 2, axis=-1), axis=1)
    palms_px = np.exp(rng.uniform(*_LOG_PALMS_PX, n))
    windows = (early * (1 - share) + late * share) / palms_px[:, None, None]
    angle = rng.uniform(0, 2 * np.pi, n)
    c, s = np.cos(angle), np.sin(angle)
    windows = windows @ np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], axis=-2)
    mirrored = rng.random(n) < 0.5
    windows[mirrored, :, 0] *= -1
    windows += rng.normal(0, 1, windows.shape) * rng.uniform(0, 0.015, (n, 1, 1))
    return windows, np.where(mirrored, _MIRRORED[histories.labels], histories.labels)


def _evenly(
    labels: NDArray[np.int64], kinds: int, count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return `count` places of each kind that there is."""
    places = (np.flatnonzero(labels == kind) for kind in range(kinds))
    return np.concatenate([rng.choice(place, count) for place in places if len(place)])
