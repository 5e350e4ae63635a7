"""Scores made comparable: what share of windows with such a score really held the sound.

A network's sigmoid of 0.6 may be right nine times in ten for speech and once in ten for a bell.
Each class has a monotone curve from score to that share, fitted by isotonic regression on data held
out of training (Zadrozny and Elkan 2002), and a threshold that reaches a wanted precision there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, MissingDependencyError, ShapeError

Floats = NDArray[np.float32]

NEVER: Final = 2.0
"""A threshold that nothing reaches: of a class for which no score is precise enough."""

_MOST_KNOTS: Final = 32


@dataclass(frozen=True, slots=True)
class Curve:
    """One class: `scores` rise and `shares` do not fall, both in 0..1; `threshold` is of shares."""

    scores: tuple[float, ...]
    shares: tuple[float, ...]
    threshold: float

    def __post_init__(self) -> None:
        scores, shares = np.array(self.scores), np.array(self.shares)
        good = (
            len(scores) == len(shares) >= 1
            and np.all(np.diff(scores) > 0)
            and np.all(np.diff(shares) >= 0)
            and np.all((scores >= 0) & (scores <= 1) & (shares >= 0) & (shares <= 1))
            and self.threshold > 0
        )
        if not good:
            raise InputError(
                "a curve has rising scores, shares that do not fall, both in 0..1, and a threshold "
                f"above 0, not {self}"
            )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve for each of `classes`, in the order of a classifier's scores."""

    classes: tuple[str, ...]
    curves: tuple[Curve, ...]

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.curves) or len(set(self.classes)) != len(self.classes):
            raise InputError(f"{len(self.classes)} classes by name, {len(self.curves)} curves")

    @property
    def thresholds(self) -> Floats:
        """The least share of each class that counts as heard, (classes,)."""
        return np.array([curve.threshold for curve in self.curves], np.float32)

    def shares(self, scores: NDArray[Any]) -> Floats:
        """Map scores (n, classes) to shares (n, classes), linear in between what was fitted."""
        if scores.ndim != 2 or scores.shape[1] != len(self.classes):
            raise ShapeError(f"scores are of shape (n, {len(self.classes)}), not {scores.shape}")
        found = np.empty(scores.shape, np.float32)
        for column, curve in enumerate(self.curves):
            found[:, column] = np.interp(scores[:, column], curve.scores, curve.shares)
        return found

    def as_table(self) -> dict[str, Any]:
        """Return what a card keeps; `from_table` reads it."""
        return {
            name: {
                "scores": list(curve.scores),
                "shares": list(curve.shares),
                "threshold": curve.threshold,
            }
            for name, curve in zip(self.classes, self.curves, strict=True)
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "Calibration":
        """Read what `as_table` made; `InputError` for anything else."""
        try:
            curves = tuple(
                Curve(
                    tuple(map(float, each["scores"])),
                    tuple(map(float, each["shares"])),
                    float(each["threshold"]),
                )
                for each in table.values()
            )
            return cls(tuple(map(str, table)), curves)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"this is no calibration: {error!r}") from error


def fit_calibration(
    classes: Sequence[str], scores: NDArray[Any], heard: NDArray[np.bool_], precision: float
) -> Calibration:
    """Fit curves to windows of which is known what is heard in them.

    `scores` (n, classes) in 0..1; `heard` (n, classes). Each threshold is the least share at which
    at least `precision` of the windows that reach it are right, `NEVER` where there is none.
    """
    if not 0 < precision <= 1 or scores.shape != heard.shape or scores.ndim != 2:
        raise InputError(
            f"scores {scores.shape}, truth {heard.shape} and a precision in 0..1, not {precision}"
        )
    return Calibration(
        tuple(classes),
        tuple(
            _curve(scores[:, column].astype(np.float64), heard[:, column], precision)
            for column in range(scores.shape[1])
        ),
    )


def _curve(scores: NDArray[np.float64], heard: NDArray[np.bool_], precision: float) -> Curve:
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
        tuple(map(float, knots)), tuple(map(float, values)), _threshold(shares, heard, precision)
    )


def _threshold(shares: NDArray[np.float64], heard: NDArray[np.bool_], precision: float) -> float:
    """Return the least share at which what reaches it is right often enough."""
    levels = np.unique(shares)
    for level in levels[levels > 0]:
        reached = shares >= level
        if heard[reached].mean() >= precision:
            return float(level)
    return NEVER
