"""Who is whose neighbour in a round: by a hash of all keys, so that nobody chooses.

The graph is Harary's, a ring in which each has its nearest on both sides, and the order on the ring
is that of a hash of every device's commitment with all of them (Bell et al. 2020, section 3). Keys
are committed before the order is known.
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from firsthand.errors import ProtocolError

COMMITMENT_BYTES: Final = 32


def neighbours(commitments: Sequence[bytes], context: bytes, degree: int, mine: int) -> list[int]:
    """Return the places of a device's neighbours, rising, of `commitments` in rising order.

    `degree` is even, or one less than there are devices, who then are all neighbours; an odd one
    needs an even number of devices.
    """
    _check(commitments, degree)
    if degree == len(commitments) - 1:
        return [place for place in range(len(commitments)) if place != mine]
    ring = ring_order(commitments, context)
    return _near(ring, ring.index(mine), degree)


def all_neighbours(commitments: Sequence[bytes], context: bytes, degree: int) -> list[list[int]]:
    """Return the neighbours of every device, as `neighbours` does."""
    _check(commitments, degree)
    count = len(commitments)
    if degree == count - 1:
        return [[place for place in range(count) if place != mine] for mine in range(count)]
    ring = ring_order(commitments, context)
    found: list[list[int]] = [[]] * count
    for at, place in enumerate(ring):
        found[place] = _near(ring, at, degree)
    return found


def _check(commitments: Sequence[bytes], degree: int) -> None:
    count = len(commitments)
    if not 0 < degree < count or (degree % 2 and degree != count - 1 and count % 2):
        raise ProtocolError(f"{count} devices cannot have {degree} neighbours each")
    if any(a >= b for a, b in pairwise(commitments)):
        raise ProtocolError("commitments come in rising order, and no two are alike")


def _near(ring: Sequence[int], at: int, degree: int) -> list[int]:
    count, half = len(ring), degree // 2
    near = {ring[(at + step) % count] for step in range(-half, half + 1)}
    if degree % 2:  # who is opposite
        near.add(ring[(at + count // 2) % count])
    return sorted(near - {ring[at]})


def ring_order(commitments: Sequence[bytes], context: bytes) -> list[int]:
    """Return the places of devices in their order on the ring."""
    seed = hashlib.sha256(b"firsthand ring 1\0" + context + b"".join(commitments)).digest()
    drawn = [hashlib.sha256(seed + each).digest() for each in commitments]
    return sorted(range(len(drawn)), key=drawn.__getitem__)


def as_bits(places: Sequence[int], count: int) -> bytes:
    """Pack a set of places below `count`, a bit each."""
    said = np.zeros(count, np.uint8)
    said[list(places)] = 1
    return np.packbits(said).tobytes()


def from_bits(data: bytes, count: int) -> frozenset[int]:
    """Unpack a set of places; `ProtocolError` for another length, or bits past the last place."""
    if len(data) != -(-count // 8):
        raise ProtocolError(f"a set of {count} devices takes {-(-count // 8)} bytes: {len(data)}")
    said = np.unpackbits(np.frombuffer(data, np.uint8))
    if said[count:].any():
        raise ProtocolError(f"a set of {count} devices has a bit set past the last")
    return frozenset(np.flatnonzero(said[:count]).tolist())
