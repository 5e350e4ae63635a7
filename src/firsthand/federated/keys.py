"""Who a device is, and the keys it shows for one round.

An authority that all devices know signs each device's Ed25519 key (RFC 8032) once, when it is
enrolled; a server that is not the authority can put nobody of its own between two devices. For each
round a device makes new X25519 keys and signs them.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firsthand.errors import EnrolmentError, ProtocolError

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
BUNDLE_BYTES: Final = 4 * KEY_BYTES + 2 * SIGNATURE_BYTES

_ENROLLED: Final = b"firsthand device 1\0"
_ROUND_KEYS: Final = b"firsthand round keys 1\0"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who says which devices there are; its private key need not be where rounds are run."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    @property
    def public(self) -> bytes:
        """What devices know it by, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    def enrol(self, device: bytes) -> bytes:
        """Return the certificate of a device's public key: a signature, 64 bytes."""
        if len(device) != KEY_BYTES:
            raise ProtocolError(f"a device's key has {KEY_BYTES} bytes, not {len(device)}")
        return self.key.sign(_ENROLLED + device)


@dataclass(frozen=True, slots=True)
class Identity:
    """A device's signing key and its certificate, kept on the device for good."""

    key: Ed25519PrivateKey = field(repr=False)
    certificate: bytes

    @classmethod
    def enrolled(cls, authority: Authority) -> "Identity":
        """Make a key and have it certified at once, as simulations and tests do."""
        key = Ed25519PrivateKey.generate()
        return cls(key, authority.enrol(key.public_key().public_bytes_raw()))

    @property
    def public(self) -> bytes:
        """What others know the device by, 32 bytes."""
        return self.key.public_key().public_bytes_raw()


@dataclass(frozen=True)
class RoundKeys:
    """A device's secrets for one round: for sealing shares, for masks with others, its own mask."""

    sealing: X25519PrivateKey = field(repr=False)
    masking: X25519PrivateKey = field(repr=False)
    seed: bytes = field(repr=False)

    @cached_property
    def masking_bytes(self) -> bytes:
        """The private key of masks, which is shared among neighbours."""
        return self.masking.private_bytes_raw()


@dataclass(frozen=True)
class Bundle:
    """What a device shows for a round: who it is, its keys, and a sum of its seed; all signed."""

    device: bytes
    certificate: bytes
    sealing: bytes
    masking: bytes
    seed_sum: bytes
    signature: bytes

    @classmethod
    def made(cls, identity: Identity, keys: RoundKeys, context: bytes) -> "Bundle":
        """Sign a round's keys, in the context of the round and its plan."""
        sealing = keys.sealing.public_key().public_bytes_raw()
        masking = keys.masking.public_key().public_bytes_raw()
        seed_sum = sum_of_seed(keys.seed, context)
        signed = _ROUND_KEYS + context + sealing + masking + seed_sum
        signature = identity.key.sign(signed)
        return cls(identity.public, identity.certificate, sealing, masking, seed_sum, signature)

    @classmethod
    def parsed(cls, data: bytes) -> "Bundle":
        """Take a bundle apart; `ProtocolError` for another length. Nothing is verified."""
        if len(data) != BUNDLE_BYTES:
            raise ProtocolError(f"a device's keys take {BUNDLE_BYTES} bytes, not {len(data)}")
        sizes = (
            KEY_BYTES, SIGNATURE_BYTES, KEY_BYTES, KEY_BYTES, KEY_BYTES, SIGNATURE_BYTES,
        )  # fmt: skip
        parts, at = [], 0
        for size in sizes:
            parts.append(data[at : at + size])
            at += size
        found = cls(*parts)
        found.__dict__["data"] = data  # as `data` would join it again
        return found

    @cached_property
    def data(self) -> bytes:
        """The bundle as bytes."""
        return b"".join(
            (
                self.device, self.certificate, self.sealing, self.masking, self.seed_sum,
                self.signature,
            )
        )  # fmt: skip

    @cached_property
    def commitment(self) -> bytes:
        """The sum of the bundle, by which a round's devices are ordered."""
        return hashlib.sha256(self.data).digest()

    def verify_enrolment(self, authority: Ed25519PublicKey) -> None:
        """Raise `EnrolmentError` unless the authority has signed the device's key."""
        verify_certificate(authority, self.device, self.certificate)

    def verify(self, context: bytes) -> None:
        """Raise `ProtocolError` unless the device signed these keys for this very round."""
        signed = _ROUND_KEYS + context + self.sealing + self.masking + self.seed_sum
        try:
            Ed25519PublicKey.from_public_bytes(self.device).verify(self.signature, signed)
        except (InvalidSignature, ValueError) as error:
            raise ProtocolError(
                f"device {self.device.hex()} did not sign these keys for this round"
            ) from error


def verify_certificate(authority: Ed25519PublicKey, device: bytes, certificate: bytes) -> None:
    """Raise `EnrolmentError` unless the authority has signed a device's key."""
    try:
        authority.verify(certificate, _ENROLLED + device)
    except InvalidSignature as error:
        raise EnrolmentError(f"device {device.hex()} was never enrolled") from error


def sum_of_seed(seed: bytes, context: bytes) -> bytes:
    """Return by what a seed is known, once its shares are put together."""
    return hashlib.sha256(b"firsthand seed 1\0" + context + seed).digest()
