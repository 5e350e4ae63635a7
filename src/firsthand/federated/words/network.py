"""A recurrent network over the characters of a word, in NumPy: it says which comes next.

One layer of gated recurrent units (Cho et al. 2014, arXiv:1406.1078; the variant whose reset gate
acts after the product, as PyTorch has it) and a linear layer. Weights are one vector; several
devices' at once are rows, so that a fleet is simulated by array operations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError
from firsthand.federated.queries.extending import LETTERS

Floats = NDArray[np.float32]
Places = NDArray[np.int8]

NOTHING: Final = -1
"""What stands in a batch where a word is over."""


@dataclass(frozen=True)
class Network:
    """The network's form: which characters there are, and how many numbers it remembers."""

    characters: str = LETTERS
    hidden: int = 64

    def __post_init__(self) -> None:
        if not 0 < len(set(self.characters)) == len(self.characters) < 100 or self.hidden < 1:
            raise ConfigError(f"1 to 99 different characters, and something remembered: {self}")

    @property
    def classes(self) -> int:
        """The characters, and the end of a word, which is 0 and stands before its first one."""
        return len(self.characters) + 1

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parts of the vector of weights, in order."""
        k, h = self.classes, self.hidden
        return {
            "seen": (k, 3 * h), "kept": (h, 3 * h), "bias": (2, 3 * h), "out": (h, k), "last": (k,),
        }  # fmt: skip

    @property
    def size(self) -> int:
        """How many weights there are."""
        return sum(map(prod, self.shapes.values()))

    def begin(self, rng: np.random.Generator) -> Floats:
        """Return weights to begin with."""
        reach = 1 / sqrt(self.hidden)
        return rng.uniform(-reach, reach, self.size).astype(np.float32)

    def parts(self, weights: Floats) -> dict[str, Floats]:
        """Return views (..., *shape) of the parts of weights (..., size)."""
        found, at = {}, 0
        for name, shape in self.shapes.items():
            part = weights[..., at : at + prod(shape)]
            found[name] = part.reshape(*weights.shape[:-1], *shape)
            at += prod(shape)
        return found

    def encoded(self, words: list[str], longest: int) -> Places:
        """Return words as places of characters (n, longest + 1), the end last; others are left out.

        A word may have `longest` characters, all of them known.
        """
        known = {character: place for place, character in enumerate(self.characters, 1)}
        rows = []
        for word in words:
            if 0 < len(word) <= longest and all(character in known for character in word):
                row = [known[character] for character in word] + [0]
                rows.append(row + [NOTHING] * (longest + 1 - len(row)))
        return np.array(rows, np.int8).reshape(-1, longest + 1)

    def loss(self, weights: Floats, words: Places) -> tuple[Floats, Floats]:
        """Return for each device the mean loss of a character, and its gradient.

        `weights` are (devices, size), or (1, size) for the same on all; `words` (devices, words,
        characters), NOTHING where there is none. A device without words has a loss of 0.
        """
        steps, parts = words.shape[2], self.parts(weights)
        before = np.concatenate([np.zeros_like(words[:, :, :1]), words[:, :, :-1]], axis=2)
        there = (words != NOTHING).astype(np.float32)
        count = np.maximum(there.sum(axis=(1, 2)), 1.0)
        state = np.zeros((*words.shape[:2], self.hidden), np.float32)
        kept, total = [], np.zeros(len(words), np.float32)
        for step in range(steps):
            seen = np.maximum(before[:, :, step], 0).astype(np.intp)
            new, gates = self._forward(parts, seen, state)
            chances = _softmax(new @ parts["out"] + parts["last"][:, None, :])
            wanted = np.maximum(words[:, :, step], 0).astype(np.intp)[..., None]
            said = np.take_along_axis(chances, wanted, axis=2)[..., 0]
            total -= (np.log(np.maximum(said, 1e-30)) * there[:, :, step]).sum(axis=1)
            np.put_along_axis(chances, wanted, said[..., None] - 1, axis=2)
            chances *= (there[:, :, step] / count[:, None])[..., None]
            kept.append((seen, state, new, gates, chances))
            state = new
        gradient = np.zeros((len(words), self.size), np.float32)
        self._backward(parts, kept, self.parts(gradient))
        return total / count, gradient

    def sample(
        self, weights: Floats, count: int, longest: int, rng: np.random.Generator
    ) -> list[str]:
        """Return words that the network of weights (size,) says, drawn as it finds them likely."""
        parts = self.parts(weights[None])
        state = np.zeros((1, count, self.hidden), np.float32)
        seen = np.zeros((1, count), np.intp)
        drawn = np.zeros((count, longest + 1), np.intp)
        for step in range(longest + 1):
            state, _ = self._forward(parts, seen, state)
            chances = _softmax(state @ parts["out"] + parts["last"][:, None, :])[0]
            ends = np.cumsum(chances, axis=1)
            places = (ends < rng.random((count, 1)) * ends[:, -1:]).sum(axis=1)
            drawn[:, step] = np.minimum(places, self.classes - 1)
            seen = drawn[None, :, step]
        names = np.array(["", *self.characters])
        ended = np.cumsum(drawn == 0, axis=1) == 0
        whole = (drawn == 0).any(axis=1)
        return ["".join(names[row[on]]) for row, on in zip(drawn[whole], ended[whole], strict=True)]

    def _forward(
        self, parts: dict[str, Floats], seen: NDArray[np.intp], state: Floats
    ) -> tuple[Floats, tuple[Floats, Floats, Floats, Floats]]:
        """Return the next state (devices, words, hidden), and the gates that led to it."""
        h = self.hidden
        rows = np.arange(len(parts["seen"]))[:, None] if len(parts["seen"]) > 1 else 0
        given = parts["seen"][rows, seen] + parts["bias"][:, None, 0]
        held = state @ parts["kept"] + parts["bias"][:, None, 1]
        reset = _sigmoid(given[..., :h] + held[..., :h])
        update = _sigmoid(given[..., h : 2 * h] + held[..., h : 2 * h])
        fresh = np.tanh(given[..., 2 * h :] + reset * held[..., 2 * h :])
        return fresh + update * (state - fresh), (reset, update, fresh, held[..., 2 * h :])

    def _backward(
        self, parts: Mapping[str, Floats], kept: Sequence[Any], into: Mapping[str, Floats]
    ) -> None:
        """Add to the gradient's parts `into` what each step adds to it, the last first."""
        h = self.hidden
        back = np.zeros_like(kept[0][1])
        places = np.eye(self.classes, dtype=np.float32)
        for seen, state, new, (reset, update, fresh, held), chances in reversed(kept):
            into["out"] += np.swapaxes(new, 1, 2) @ chances
            into["last"] += chances.sum(axis=1)
            back = back + chances @ np.swapaxes(parts["out"], 1, 2)
            of_fresh = back * (1 - update) * (1 - fresh**2)
            of_update = back * (state - fresh) * update * (1 - update)
            of_reset = of_fresh * held * reset * (1 - reset)
            given = np.concatenate([of_reset, of_update, of_fresh], axis=2)
            into["seen"] += np.swapaxes(places[seen], 1, 2) @ given
            into["bias"][:, 0] += given.sum(axis=1)
            given[..., 2 * h :] *= reset
            into["bias"][:, 1] += given.sum(axis=1)
            into["kept"] += np.swapaxes(state, 1, 2) @ given
            back = back * update + given @ np.swapaxes(parts["kept"], 1, 2)


def _sigmoid(values: Floats) -> Floats:
    found: Floats = 0.5 * (np.tanh(0.5 * values) + 1)
    return found


def _softmax(values: Floats) -> Floats:
    values = np.exp(values - values.max(axis=-1, keepdims=True))
    found: Floats = values / values.sum(axis=-1, keepdims=True)
    return found
