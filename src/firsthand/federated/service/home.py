"""What a device keeps of its own: who it is, whom it trusts, what it agreed to, what it gave away.

A folder: `identity.pem`, `device.json`, `tls-authority.pem`, `consent.json` and `ledger.json`.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from firsthand.core.locking import held
from firsthand.errors import ConfigError, InputError
from firsthand.federated.keys import SIGNATURE_BYTES, Identity
from firsthand.federated.ledger import Budget, Ledger
from firsthand.federated.service.keyring import (
    AUTHORITY,
    PLANNER,
    TLS_AUTHORITY,
    Keyring,
    public_pem,
    read_private,
    read_public,
    write_private,
)
from firsthand.runtime.place import replace_bytes

_IDENTITY: Final = "identity.pem"
_DEVICE: Final = "device.json"
_CONSENT: Final = "consent.json"
_LEDGER: Final = "ledger.json"


@dataclass(frozen=True, slots=True)
class Home:
    """A device's folder. What reads it raises `InputError` for files that are damaged."""

    folder: Path
    identity: Identity
    server: str
    region: str
    authority: Ed25519PublicKey
    planner: Ed25519PublicKey

    @classmethod
    def made(cls, folder: Path, keys: Keyring, server: str, region: str) -> "Home":
        """Make a device's key, have it enrolled, and note whom it trusts."""
        if (folder / _DEVICE).exists():
            raise ConfigError(f"{folder}: is a device already; name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        certificate = keys.authority.enrol(key.public_key().public_bytes_raw())
        write_private(folder / _IDENTITY, key)
        for name in (AUTHORITY, PLANNER):
            replace_bytes(folder / f"{name}.pub", public_pem(keys.public(name)))
        replace_bytes(folder / TLS_AUTHORITY, (keys.folder / TLS_AUTHORITY).read_bytes())
        entry = {
            "server": server, "region": region, "certificate": b64encode(certificate).decode(),
        }  # fmt: skip
        replace_bytes(folder / _DEVICE, json.dumps(entry, indent=1).encode())
        return cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> "Home":
        """Read a device's folder."""
        entry = _read(folder / _DEVICE)
        try:
            certificate = b64decode(entry["certificate"], validate=True)
            server, region = entry["server"], entry["region"]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / _DEVICE}: is no device: {error}") from error
        if len(certificate) != SIGNATURE_BYTES or not isinstance(server, str):
            raise InputError(f"{folder / _DEVICE}: is no device")
        return cls(
            folder,
            Identity(read_private(folder / _IDENTITY), certificate),
            server,
            str(region),
            read_public(folder / f"{AUTHORITY}.pub"),
            read_public(folder / f"{PLANNER}.pub"),
        )

    @property
    def tls_authority(self) -> Path:
        """Whose word is taken for the server's certificate."""
        return self.folder / TLS_AUTHORITY

    @property
    def consent(self) -> "Consent":
        """What the device's owner agreed to."""
        return Consent(self.folder / _CONSENT)

    @property
    def ledger(self) -> Ledger:
        """What was given away of what the owner agreed to."""
        return Ledger(self.consent.budgets, self.folder / _LEDGER)


@dataclass(frozen=True, slots=True)
class Consent:
    """The owner's word for each source, kept with its time, and taken back at any time."""

    path: Path

    @property
    def budgets(self) -> dict[str, Budget]:
        """The sources that may be asked about now, and what questions may cost."""
        found: dict[str, Budget] = {}
        for entry in self.history:
            if entry["budget"] is None:
                found.pop(entry["source"], None)
            else:
                found[entry["source"]] = Budget(**entry["budget"])
        return found

    @property
    def history(self) -> list[Mapping[str, Any]]:
        """All that was agreed to and taken back, in order."""
        if not self.path.exists():
            return []
        entries = _read(self.path).get("history")
        try:
            if not isinstance(entries, list):
                raise InputError(f"{self.path}: is no consent")
            for entry in entries:
                datetime.fromisoformat(entry["at"])
                if not isinstance(entry["source"], str):
                    raise InputError(f"{self.path}: a consent is to a source")
                if entry["budget"] is not None:
                    Budget(**entry["budget"])
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            raise InputError(f"{self.path}: a consent that cannot be read: {error}") from error
        return entries

    def give(self, source: str, budget: Budget, at: datetime) -> None:
        """Agree to questions about a source, until their cost is as the budget says."""
        self._add(source, asdict(budget), at)

    def revoke(self, source: str, at: datetime) -> None:
        """Take back what was agreed to; `ConfigError` for a source that was not agreed to."""
        if source not in self.budgets:
            raise ConfigError(f"{self.path}: there is no consent to {source!r} to be taken back")
        self._add(source, None, at)

    def _add(self, source: str, budget: dict[str, Any] | None, at: datetime) -> None:
        with held(self.path.with_name(f".{self.path.name}.lock"), wait=True):
            history = [*self.history, {"at": at.isoformat(), "source": source, "budget": budget}]
            replace_bytes(self.path, json.dumps({"history": history}, indent=1).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: is no JSON object")
    return found
