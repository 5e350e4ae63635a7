"""Several folders of samples, drawn from in fixed shares."""

from dataclasses import dataclass

import numpy as np

from firsthand.errors import InputError
from firsthand.train.hands.samples import Sample, SampleFolder


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Folders of samples and the share of each batch that comes from each."""

    folders: tuple[SampleFolder, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.folders) != len(self.shares) or not self.folders or min(self.shares) <= 0:
            raise InputError(f"{len(self.folders)} folders need as many shares, not {self.shares}")

    def draw(self, rng: np.random.Generator) -> Sample:
        """Return a sample at random."""
        total = sum(self.shares)
        folder = self.folders[rng.choice(len(self.folders), p=[s / total for s in self.shares])]
        return folder[int(rng.integers(len(folder)))]
