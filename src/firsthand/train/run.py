"""What a recipe is told when it is run, and what it tells; torch is not needed to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a named recipe.

    `folder` receives all it writes. `data` is the folder of training data, the recipe's own
    default where None. `steps` overrides the recipe's number of steps. `start` is a file of
    weights that another run of the same network ended with, to begin from.
    """

    recipe: str
    folder: Path
    data: Path | None
    seed: int
    resume: bool
    steps: int | None
    start: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A run after `step` of `steps` steps: the losses and learning rate of the step just done.

    `note` is for what a person should know: what is being done, if it is not training, or that a
    damaged checkpoint was passed over.
    """

    step: int
    steps: int
    losses: Mapping[str, float]
    rate: float
    note: str = ""
