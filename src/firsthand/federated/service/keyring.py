"""The keys of those who run rounds: who enrols, who asks, and the server's certificate.

A folder of PEM files. `authority.pem` and `planner.pem` are private and need not be where the
server runs; it is given `authority.pub` and `planner.pub`.
"""

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firsthand.errors import ConfigError, InputError
from firsthand.federated.keys import Authority
from firsthand.runtime.place import replace_bytes

AUTHORITY: Final = "authority"
PLANNER: Final = "planner"
TLS_AUTHORITY: Final = "tls-authority.pem"
TLS_CERTIFICATE: Final = "tls-certificate.pem"
TLS_KEY: Final = "tls-key.pem"

_HOST: Final = re.compile(r"(?=.{1,253}$)(\*\.)?[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_EARLIER: Final = timedelta(days=1)  # clocks differ


@dataclass(frozen=True, slots=True)
class Keyring:
    """A folder of keys. What reads them raises `InputError` for files that are none."""

    folder: Path

    @classmethod
    def made(
        cls, folder: Path, hosts: Sequence[str], now: datetime, days: float = 397
    ) -> "Keyring":
        """Make all keys anew, the server's certificate for `hosts`, names or addresses.

        `ConfigError` for a folder that holds keys already.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("*.pem")):
            raise ConfigError(f"{folder}: has keys already; devices trust those: name another")
        root, root_key = _root(now, days)
        certificate, tls_key = _server(hosts, root, root_key, now, days)
        for name in (AUTHORITY, PLANNER):
            key = Ed25519PrivateKey.generate()
            write_private(folder / f"{name}.pem", key)
            replace_bytes(folder / f"{name}.pub", public_pem(key.public_key()))
        replace_bytes(folder / TLS_AUTHORITY, root.public_bytes(_PEM))
        replace_bytes(folder / TLS_CERTIFICATE, certificate.public_bytes(_PEM))
        write_private(folder / TLS_KEY, tls_key)
        return cls(folder)

    @property
    def authority(self) -> Authority:
        """Who enrols devices."""
        return Authority(read_private(self.folder / f"{AUTHORITY}.pem"))

    @property
    def planner(self) -> Ed25519PrivateKey:
        """Who may ask."""
        return read_private(self.folder / f"{PLANNER}.pem")

    def public(self, name: str) -> Ed25519PublicKey:
        """Return the public key of AUTHORITY or PLANNER."""
        return read_public(self.folder / f"{name}.pub")


def read_public(path: Path) -> Ed25519PublicKey:
    """Read a public Ed25519 key from a PEM file."""
    found = _loaded(path, serialization.load_pem_public_key)
    if not isinstance(found, Ed25519PublicKey):
        raise InputError(f"{path}: holds no public Ed25519 key")
    return found


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_private(path: Path) -> Ed25519PrivateKey:
    """Read a private Ed25519 key from a PEM file."""
    found = _loaded(path, lambda data: serialization.load_pem_private_key(data, None))
    if not isinstance(found, Ed25519PrivateKey):
        raise InputError(f"{path}: holds no private Ed25519 key")
    return found


def write_private(path: Path, key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
    """Write a private key as PEM, for its owner's eyes alone."""
    data = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _loaded(path: Path, load: Any) -> Any:
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"{path}: holds no key: {str(error)[:100]}") from error


def _root(now: datetime, days: float) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Firsthand devices' trust")])
    found = (
        _builder(name, name, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return found, key


def _server(
    hosts: Sequence[str],
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: float,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    found = (
        _builder(name, root.subject, key.public_key(), now, days)
        .add_extension(x509.SubjectAlternativeName(list(map(_name, hosts))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    return found, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Any, now: datetime, days: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        raise ConfigError(f"{host!r} is no name or address of a server")
    return x509.DNSName(host)


_PEM: Final = serialization.Encoding.PEM
