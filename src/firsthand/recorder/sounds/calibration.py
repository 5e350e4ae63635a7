"""Scores made comparable: what share of windows with such a score really held the sound.

A network's sigmoid of 0.6 may be right nine times in ten for speech and once in ten for a bell.
Each class has a monotone curve from score to that share, fitted by isotonic regression on data held
out of training (Zadrozny and Elkan 2002), and a threshold that reaches a wanted precision there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, MissingDependencyError, ShapeError
from firsthand.runtime import Curve

Floats = NDArray[np.float32]

NEVER: Final = 2.0
"""A threshold that nothing reaches: of a class for which no score is precise enough."""

LEAST: Final = 0.5
"""No threshold lies below: what is more likely not there is not told."""

_MOST_KNOTS: Final = 32


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve for each class, in the order of a classifier's scores; a card keeps them."""

    curves: tuple[Curve, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names."""
        return tuple(curve.label for curve in self.curves)

    @property
    def thresholds(self) -> Floats:
        """The least share of each class that counts as heard, (classes,)."""
        return np.array([curve.threshold for curve in self.curves], np.float32)

    def shares(self, scores: NDArray[Any]) -> Floats:
        """Map scores (n, classes) to shares (n, classes), linear in between what was fitted."""
        if scores.ndim != 2 or scores.shape[1] != len(self.curves):
            raise ShapeError(f"scores are of shape (n, {len(self.curves)}), not {scores.shape}")
        found = np.empty(scores.shape, np.float32)
        for column, curve in enumerate(self.curves):
            found[:, column] = np.interp(scores[:, column], curve.scores, curve.shares)
        return found

    @classmethod
    def unfitted(cls, classes: Sequence[str], threshold: float = 0.5) -> "Calibration":
        """Take scores as they are, and one threshold for all."""
        return cls(tuple(Curve(name, (0.0, 1.0), (0.0, 1.0), threshold) for name in classes))


def fit_calibration(
    classes: Sequence[str], scores: NDArray[Any], heard: NDArray[np.bool_], precision: float
) -> Calibration:
    """Fit curves to windows of which is known what is heard in them.

    `scores` (n, classes) in 0..1; `heard` (n, classes). Each threshold is the least share, from
    `LEAST` on, at which at least `precision` of the windows that reach it are right, `NEVER` where
    there is none.
    """
    if not 0 < precision <= 1 or scores.shape != heard.shape or scores.shape[1:] != (len(classes),):
        raise InputError(
            f"scores {scores.shape}, truth {heard.shape} and a precision in 0..1, not {precision}"
        )
    return Calibration(
        tuple(
            _curve(name, scores[:, column].astype(np.float64), heard[:, column], precision)
            for column, name in enumerate(classes)
        )
    )


def _curve(
    name: str, scores: NDArray[np.float64], heard: NDArray[np.bool_], precision: float
) -> Curve:
    try:
        from sklearn.isotonic import IsotonicRegression
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "calibrating needs scikit-learn, which is not installed: "
            'pip install "firsthand[recorder]"'
        ) from error
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    shares = fitted.fit(scores, heard.astype(np.float64)).predict(scores)
    knots, values = fitted.X_thresholds_, fitted.y_thresholds_
    if len(knots) > _MOST_KNOTS:
        chosen = np.unique(np.linspace(0, len(knots) - 1, _MOST_KNOTS).round().astype(int))
        knots, values = knots[chosen], values[chosen]
    return Curve(
        name,
        tuple(map(float, knots)),
        tuple(map(float, values)),
        _threshold(shares, heard, precision),
    )


def _threshold(shares: NDArray[np.float64], heard: NDArray[np.bool_], precision: float) -> float:
    """Return the least share at which what reaches it is right often enough."""
    levels = np.unique(shares)
    for level in levels[levels >= LEAST]:
        reached = shares >= level
        if heard[reached].mean() >= precision:
            return float(level)
    return NEVER
