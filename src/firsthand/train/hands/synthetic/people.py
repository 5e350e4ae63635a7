"""Whose hands they are: people are drawn a few at a time and meet the camera many times.

Shaping a body takes longer than drawing it, so samples share: each block of a seed's row has its
own few people, which a sample finds by its number alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from firsthand.train.hands.synthetic.mesh import SkinnedMesh
from firsthand.train.hands.synthetic.surface import Surface, hand_surface

MeshMaker = Callable[[np.random.Generator], SkinnedMesh]
"""Draws a right hand of some person."""

_BLOCK: Final = 64
_EACH: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A person's right hand; the left one is its mirror image."""

    mesh: SkinnedMesh
    surface: Surface


@dataclass(frozen=True, slots=True)
class People:
    """The people of the block of samples to which number `index` of a seed's row belongs."""

    seed: int
    index: int
    makers: tuple[MeshMaker, ...]

    def draw(self, rng: np.random.Generator) -> Person:
        """Draw one of them."""
        number = int(rng.integers(_EACH))
        make = self.makers[number % len(self.makers)]
        return _person(make, self.seed, self.index // _BLOCK, number)


def people(seed: int, index: int, makers: Sequence[MeshMaker]) -> People:
    """Find the people for a sample, made by all makers alike."""
    return People(seed, index, tuple(makers))


@lru_cache(maxsize=3 * _EACH)
def _person(make: MeshMaker, seed: int, block: int, number: int) -> Person:
    mesh = make(np.random.default_rng([seed, block, number]))
    return Person(mesh, hand_surface(mesh))
