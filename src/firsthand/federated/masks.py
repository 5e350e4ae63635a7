"""Keys agreed between two, and the masks that a key grows into.

X25519 (RFC 7748), HKDF with SHA-256 (RFC 5869), AES-128 in counter mode as a stream (NIST SP
800-38A), all of the package `cryptography`. A key is bound to the round, the plan, the two devices
and what it is for, so none ever serves twice.
"""

from typing import Final

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from firsthand.errors import ProtocolError

KEY_BYTES: Final = 32
_AES_BYTES: Final = 16
_NO_COUNTER: Final = bytes(16)
_FIELD: Final = 2**255 - 19
_SIGN: Final = 2**255  # X25519 does not look at the highest bit
_LOW_ORDER: Final = frozenset(
    (
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _FIELD - 1,
        _FIELD,
        _FIELD + 1,
    )
)
_NOTHING_AGREED: Final = "a key that nothing can be agreed with: {}"
_CHUNK: Final = 131_072  # bytes of the stream at once: they stay in the cache
_ZEROS: Final = memoryview(bytes(_CHUNK))

Vector = NDArray[np.uint32] | NDArray[np.uint64]


def agreed(private: X25519PrivateKey, public: bytes) -> bytes:
    """Return the secret of two; `ProtocolError` for a key of low order, which gives a known one."""
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise ProtocolError(_NOTHING_AGREED.format(public.hex())) from error


def refuse_low_order(public: bytes) -> None:
    """Raise `ProtocolError` for the keys that `agreed` refuses, by their list: it costs nothing."""
    if int.from_bytes(public, "little") % _SIGN in _LOW_ORDER:
        raise ProtocolError(_NOTHING_AGREED.format(public.hex()))


def derived(secret: bytes, context: bytes, purpose: str, *between: int) -> bytes:
    """Return a key of 32 bytes from a secret, for a purpose, between devices in this order."""
    places = b"".join(each.to_bytes(4, "big") for each in between)
    info = b"firsthand federated 1\0" + purpose.encode() + b"\0" + places + context
    return HKDF(hashes.SHA256(), KEY_BYTES, None, info).derive(secret)


def pair_key(secret: bytes, context: bytes, purpose: str, one: int, other: int) -> bytes:
    """Return the key that two devices share for a purpose, the same for both."""
    return derived(secret, context, purpose, *sorted((one, other)))


def mask(total: Vector, key: bytes, *, subtract: bool = False) -> None:
    """Add the mask of a key to `total` in place, modulo the range of its numbers, or subtract it.

    A key grows one mask in its life: the counter always starts at 0.
    """
    stream = Cipher(AES(key[:_AES_BYTES]), CTR(_NO_COUNTER)).encryptor()
    each = total.itemsize
    grown = bytearray(_CHUNK + _AES_BYTES)
    numbers = np.frombuffer(grown, total.dtype.newbyteorder("<"), _CHUNK // each)
    apply = np.subtract if subtract else np.add
    for first in range(0, len(total), _CHUNK // each):
        part = total[first : first + _CHUNK // each]
        stream.update_into(_ZEROS[: len(part) * each], grown)
        apply(part, numbers[: len(part)], out=part)
