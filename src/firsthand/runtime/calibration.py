"""What a classifier's scores mean: a curve for each class, from score to how often it is right."""

from dataclasses import dataclass
from itertools import pairwise

from firsthand.errors import ModelError
from firsthand.runtime.fields import Fields, show

_MOST_KNOTS = 1000


@dataclass(frozen=True, slots=True)
class Curve:
    """One class: `scores` rise and `shares` do not fall, both in 0..1, linear in between.

    `threshold` is the least share that counts as heard or seen; above 1 where none does.
    """

    label: str
    scores: tuple[float, ...]
    shares: tuple[float, ...]
    threshold: float

    def __post_init__(self) -> None:
        good = (
            1 <= len(self.scores) == len(self.shares) <= _MOST_KNOTS
            and all(low < high for low, high in pairwise(self.scores))
            and all(low <= high for low, high in pairwise(self.shares))
            and all(0 <= value <= 1 for value in (*self.scores, *self.shares))
            and 0 < self.threshold < 10
        )
        if not good:
            raise ModelError(
                "a curve has rising scores, shares that do not fall, both in 0..1, and a threshold "
                f"above 0, not {show(self)}"
            )


def read_curve(value: object, where: str) -> Curve:
    """Read a curve from decoded JSON; `ModelError` for anything else."""
    fields = Fields(value, where)
    found = Curve(
        fields.text("label"),
        fields.reals("scores"),
        fields.reals("shares"),
        fields.real("threshold"),
    )
    fields.close()
    return found
