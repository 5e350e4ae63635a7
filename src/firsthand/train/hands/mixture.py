"""Several folders of samples, drawn from in fixed shares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from firsthand.errors import InputError
from firsthand.train.hands.preparation import Ingredient
from firsthand.train.hands.samples import Sample, SampleFolder


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Folders of samples and the share of each batch that comes from each."""

    folders: tuple[SampleFolder, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.folders) != len(self.shares) or not self.folders or min(self.shares) <= 0:
            raise InputError(f"{len(self.folders)} folders need as many shares, not {self.shares}")

    @classmethod
    def of(
        cls, opened: Mapping[Ingredient, SampleFolder], shares: Iterable[tuple[Ingredient, float]]
    ) -> "Mixture":
        """Mix what `preparation.prepare` opened in the shares of a recipe."""
        each = tuple(shares)
        return cls(tuple(opened[what] for what, _ in each), tuple(share for _, share in each))

    def draw(self, rng: np.random.Generator) -> Sample:
        """Return a sample at random."""
        total = sum(self.shares)
        folder = self.folders[rng.choice(len(self.folders), p=[s / total for s in self.shares])]
        return folder[int(rng.integers(len(folder)))]
