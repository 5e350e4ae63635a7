"""A classifier over vectors trained where its examples are, such as embeddings of people's sounds.

A linear layer and a softmax over what a network of this project gives: a device computes vectors
by that network, and no torch.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from firsthand.errors import ConfigError, InputError
from firsthand.federated.queries.query import Integers, Values, checked_source, known, number, whole
from firsthand.federated.stepping import Floats, Stepped, Stepping, packed, unpacked

_MOST_EXAMPLES = 10_000


@known
@dataclass(frozen=True)
class HeadLesson(Stepped):
    """How a device would change a linear classifier for its own examples: `steps` by `rate`.

    Its records are pairs of a vector of `inputs` numbers and one of `labels`; those of other labels
    are left out. `weights` are (inputs + 1, labels), the last row the bias, as `stepping.packed`
    has them. What it reports has a length of `clip` at most, in `grid` steps.
    """

    source: str
    weights: str
    labels: tuple[str, ...]
    inputs: int
    steps: int = 5
    rate: float = 0.5
    clip: float = 1.0
    grid: int = 1_024

    def __post_init__(self) -> None:
        checked_source(self.source)
        whole("inputs", self.inputs, 1, 100_000)
        whole("steps", self.steps, 1, 1_000)
        texts = all(isinstance(each, str) for each in self.labels)
        if not texts or not 2 <= len(set(self.labels)) == len(self.labels) <= 10_000:
            raise ConfigError("labels are two texts or more, no two alike")
        if number("rate", self.rate) <= 0:
            raise ConfigError(f"rate is above 0, not {self.rate}")
        assert self.stepping.size == self.begun.size

    @classmethod
    def of(
        cls, source: str, labels: tuple[str, ...], weights: Floats, **more: object
    ) -> "HeadLesson":
        """Return the lesson of a classifier with weights ((inputs + 1) * labels,)."""
        inputs = weights.size // len(labels) - 1
        return cls(source, packed(weights), labels, inputs, **more)  # type: ignore[arg-type]

    @cached_property
    def begun(self) -> Floats:
        """The weights to begin with (inputs + 1, labels)."""
        return unpacked(self.weights, self._size).reshape(self.inputs + 1, len(self.labels))

    @cached_property
    def stepping(self) -> Stepping:
        """How a change becomes whole numbers."""
        return Stepping(self._size, self.clip, self.grid)

    @property
    def _size(self) -> int:
        return (self.inputs + 1) * len(self.labels)

    def local(self, values: Values, rng: np.random.Generator | None = None) -> Integers:
        """Return a device's change, around `middle`; without examples there is none.

        `InputError` for vectors of another size, or with NaN.
        """
        change = self.stepping.whole(self.change(values)[None], rng or np.random.default_rng())
        found: Integers = change[0] + self.middle
        return found

    def change(self, values: Values) -> Floats:
        """Return a device's change of the weights (length,), neither clipped nor rounded."""
        places = {label: place for place, label in enumerate(self.labels)}
        try:
            some = [(vector, places[label]) for vector, label in values if label in places]
            vectors = np.array([vector for vector, _ in some[:_MOST_EXAMPLES]], np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"{self.source}: its records are no vectors with labels") from error
        if not some:
            return np.zeros(self.length, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.inputs or not np.isfinite(vectors).all():
            raise InputError(
                f"{self.source}: its vectors are {self.inputs} finite numbers each, not "
                f"{vectors.shape[1:]}"
            )
        given = np.concatenate([vectors, np.ones((len(vectors), 1), np.float32)], axis=1)
        wanted = np.eye(len(self.labels), dtype=np.float32)[[place for _, place in some]]
        wanted = wanted[:_MOST_EXAMPLES]
        weights = self.begun
        for _ in range(self.steps):
            chances = _softmax(given @ weights)
            weights = weights - np.float32(self.rate / len(given)) * (given.T @ (chances - wanted))
        found: Floats = (weights - self.begun).reshape(-1).astype(np.float32)
        return found


def _softmax(values: Floats) -> Floats:
    values = np.exp(values - values.max(axis=-1, keepdims=True))
    found: Floats = values / values.sum(axis=-1, keepdims=True)
    return found
