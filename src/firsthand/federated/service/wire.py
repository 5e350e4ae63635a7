"""How devices and a server speak over HTTPS: addresses, and who sent what.

Every request is signed by the device's key, over its method, address and body, so that nobody
speaks for another; none has a time in it, so that a device's clock does not matter. A request that
is sent again does no harm: what was taken is not taken twice.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firsthand.errors import EnrolmentError, ProtocolError
from firsthand.federated.keys import KEY_BYTES, SIGNATURE_BYTES, Identity

CHECK_IN: Final = "/v1/check-in"
ROUNDS: Final = "/v1/rounds"
LARGEST_CHECK_IN: Final = 1_024

DEVICE: Final = "firsthand-device"
CERTIFICATE: Final = "firsthand-certificate"
SIGNATURE: Final = "firsthand-signature"

_REQUEST: Final = b"firsthand request 1\0"


def signed_headers(identity: Identity, method: str, path: str, body: bytes) -> dict[str, str]:
    """Return the headers that say who sends a request; `path` is as it is sent, query included."""
    signature = identity.key.sign(_said(method, path, body))
    return {
        DEVICE: b64encode(identity.public).decode(),
        CERTIFICATE: b64encode(identity.certificate).decode(),
        SIGNATURE: b64encode(signature).decode(),
    }


def sender(headers: Mapping[str, str]) -> tuple[bytes, bytes, bytes]:
    """Return the device that headers name, its certificate and signature; nothing is verified.

    `ProtocolError` where one is missing or malformed.
    """
    return (
        _decoded(headers, DEVICE, KEY_BYTES),
        _decoded(headers, CERTIFICATE, SIGNATURE_BYTES),
        _decoded(headers, SIGNATURE, SIGNATURE_BYTES),
    )


def verify_request(device: bytes, signature: bytes, method: str, path: str, body: bytes) -> None:
    """Raise `EnrolmentError` unless the device has signed this request."""
    try:
        key = Ed25519PublicKey.from_public_bytes(device)
        key.verify(signature, _said(method, path, body))
    except (InvalidSignature, ValueError) as error:
        raise EnrolmentError(f"device {device.hex()} did not sign this request") from error


def _said(method: str, path: str, body: bytes) -> bytes:
    return _REQUEST + f"{method} {path}\0".encode() + hashlib.sha256(body).digest()


def _decoded(headers: Mapping[str, str], name: str, size: int) -> bytes:
    try:
        found = b64decode(headers.get(name, ""), validate=True)
    except (Base64Error, ValueError) as error:
        raise ProtocolError(f"the header {name} is not in base 64") from error
    if len(found) != size:
        raise ProtocolError(f"the header {name} has {size} bytes in base 64, not {len(found)}")
    return found
