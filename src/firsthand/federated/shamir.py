"""Sharing secrets of 32 bytes, so that some number of shares gives them and fewer give nothing.

Shamir 1979 (doi:10.1145/359168.359176) over the integers modulo 2**31 - 1: a secret is nine
numbers of up to 30 bits, each shared by a polynomial of its own. All is done for many secrets and
many holders at once.
"""

import secrets
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ProtocolError

Numbers = NDArray[np.uint64]
Random = Callable[[int], bytes]
"""Returns so many bytes nobody can guess."""

SECRET_BYTES: Final = 32
PRIME: Final = 2**31 - 1
LIMBS: Final = 9
SHARE_BYTES: Final = 4 * LIMBS

_LIMB_BITS: Final = 30
_P: Final = np.uint64(PRIME)


def shares_of(
    values: Numbers,
    holders: NDArray[np.int64],
    threshold: int,
    random: Random = secrets.token_bytes,
) -> Numbers:
    """Return shares (h, s, LIMBS) of secrets (s, LIMBS), one for each of `holders` (h,).

    A holder is a number from 1 to PRIME - 1, at which the polynomials are evaluated.
    """
    _check_holders(holders)
    if not 1 <= threshold <= len(holders):
        raise ProtocolError(f"{len(holders)} holders cannot give a threshold of {threshold}")
    x = holders.astype(np.uint64)[:, None]
    flat = values.reshape(1, -1)
    coefficients = _uniform((threshold - 1, flat.shape[1]), random)
    found = np.zeros((len(holders), flat.shape[1]), np.uint64)
    for row in coefficients:  # Horner, from the highest power down
        found = (found + row) * x % _P
    return ((found + flat) % _P).reshape(len(holders), *values.shape)


def secrets_of(shares: Numbers, holders: NDArray[np.int64]) -> Numbers:
    """Return secrets (n, LIMBS) from `threshold` shares of each, (n, threshold, LIMBS).

    `holders` (n, threshold) are those that hold them, different ones for each secret if need be.
    Wrong shares give wrong secrets: whoever asks checks what comes out.
    """
    ordered = np.sort(holders, axis=1)
    if ordered.size == 0 or ordered.min() < 1 or ordered.max() >= PRIME:
        raise ProtocolError(f"holders of shares are numbers from 1 to {PRIME - 1}")
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise ProtocolError("a holder holds but one share of a secret")
    if shares.shape[:2] != holders.shape or (shares >= _P).any():
        raise ProtocolError(
            f"shares {shares.shape} of holders {holders.shape} are numbers below {PRIME}"
        )
    x = holders.astype(np.uint64)
    above = np.ones_like(x)
    below = np.ones_like(x)
    for other in range(x.shape[1]):
        theirs = x[:, other : other + 1]
        mine = np.arange(x.shape[1]) != other
        above[:, mine] = above[:, mine] * theirs % _P
        below[:, mine] = below[:, mine] * ((theirs + _P - x[:, mine]) % _P) % _P
    weights = above * _inverse(below) % _P
    found = np.zeros((len(shares), shares.shape[2]), np.uint64)
    for place in range(x.shape[1]):
        found = (found + weights[:, place : place + 1] * shares[:, place]) % _P
    return found


def to_limbs(values: list[bytes]) -> Numbers:
    """Return secrets of 32 bytes as numbers (s, LIMBS)."""
    for value in values:
        if len(value) != SECRET_BYTES:
            raise ProtocolError(f"a secret has {SECRET_BYTES} bytes, not {len(value)}")
    mask = (1 << _LIMB_BITS) - 1
    whole = [int.from_bytes(value, "little") for value in values]
    return np.array(
        [[number >> _LIMB_BITS * limb & mask for limb in range(LIMBS)] for number in whole],
        np.uint64,
    ).reshape(len(values), LIMBS)


def from_limbs(limbs: Numbers) -> list[bytes | None]:
    """Return secrets of 32 bytes; None for numbers (s, LIMBS) that are none."""
    found: list[bytes | None] = []
    for row in limbs.tolist():
        number = sum(limb << _LIMB_BITS * place for place, limb in enumerate(row))
        fits = max(row) < 1 << _LIMB_BITS and number < 1 << 8 * SECRET_BYTES
        found.append(number.to_bytes(SECRET_BYTES, "little") if fits else None)
    return found


def to_bytes(share: Numbers) -> bytes:
    """Pack the numbers of shares (..., LIMBS), four bytes each."""
    return share.astype("<u4").tobytes()


def _uniform(shape: tuple[int, int], random: Random) -> Numbers:
    """Return numbers below PRIME, each as likely: 31 bits are drawn again where they are PRIME."""
    count = shape[0] * shape[1]
    found = np.empty(0, np.uint64)
    while len(found) < count:
        missing = count - len(found)
        drawn = np.frombuffer(random(4 * missing), "<u4").astype(np.uint64) & _P
        found = np.concatenate([found, drawn[drawn < _P]])
    return found.reshape(shape)


def _inverse(values: Numbers) -> Numbers:
    """Return the inverses modulo PRIME, by Fermat: the power PRIME - 2."""
    found, power = np.ones_like(values), values.copy()
    exponent = PRIME - 2
    while exponent:
        if exponent & 1:
            found = found * power % _P
        power = power * power % _P
        exponent >>= 1
    return found


def _check_holders(holders: NDArray[np.int64]) -> None:
    if len(holders) == 0 or holders.min() < 1 or holders.max() >= PRIME:
        raise ProtocolError(f"holders of shares are numbers from 1 to {PRIME - 1}: {holders}")
    if len(np.unique(holders)) != len(holders):
        raise ProtocolError(f"a holder holds but one share of a secret: {holders}")
