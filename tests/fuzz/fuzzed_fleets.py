"""What devices, servers and analysts of federated analytics send each other, or keep in files."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

import fuzz_files as files
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firsthand.errors import (
    AbortedRoundError,
    ConfigError,
    InputError,
    ProtocolError,
)
from firsthand.federated import (
    Aggregator,
    Assumed,
    Authority,
    Budget,
    Device,
    Histogram,
    Identity,
    Ledger,
    Plan,
    Rules,
    SignedPlan,
)
from firsthand.federated.degree import Degree
from firsthand.federated.keys import Bundle
from firsthand.federated.messages import _PARTS, ROUND_BYTES, unpacked
from firsthand.federated.populations import read_fleet
from firsthand.federated.queries.wording import question
from firsthand.federated.ring import from_bits
from firsthand.federated.service.home import Consent, Home
from firsthand.federated.service.keyring import (
    AUTHORITY,
    PLANNER,
    public_pem,
    read_private,
    read_public,
    write_private,
)
from firsthand.federated.service.wire import CERTIFICATE, DEVICE, SIGNATURE, sender
from firsthand.federated.stepping import unpacked as weights_of

ROUND_ID = b"r" * ROUND_BYTES
DEVICES = 4


def plan(data: bytes) -> None:
    with suppress(ProtocolError):
        found = Plan.parsed(data)
        assert Plan.parsed(found.to_bytes()) == found


def asked(data: bytes) -> None:
    """A plan as a device looks at it, before it takes part."""
    with suppress(ProtocolError):
        found = SignedPlan.parsed(bytes(64) + data).plan
        with suppress(ConfigError):  # so many neighbours are not safe
            found.degree_of(found.least)
        _ = found.cost, found.highest, found.dtype


def message(data: bytes) -> None:
    for kind in _PARTS:
        with suppress(ProtocolError):
            unpacked(data, kind, ROUND_ID, 1_000)


def bundle(data: bytes) -> None:
    with suppress(ProtocolError):
        Bundle.parsed(data).verify(b"context")


def places(data: bytes) -> None:
    with suppress(ProtocolError):
        from_bits(data[1:], data[0] if data else 0)


def wording(data: bytes) -> None:
    with suppress(ConfigError):
        question(files.text(data), [["a", 1], [2.5]])


def weights(data: bytes) -> None:
    with suppress(ConfigError):
        weights_of(files.text(data), 3)


def ledger(data: bytes) -> None:
    with suppress(InputError):
        Ledger({"letters": Budget(1.0)}, files.file("ledger.json", data))


def home(data: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    path = files.file("home/device.json", data)
    if not (path.parent / "identity.pem").exists():
        write_private(path.parent / "identity.pem", key)
        for name in (AUTHORITY, PLANNER):
            files.file(f"home/{name}.pub", public_pem(key.public_key()))
    with suppress(InputError):
        Home.read(path.parent)


def consent(data: bytes) -> None:
    with suppress(InputError):
        found = Consent(files.file("home/consent.json", data))
        if "letters" in found.budgets:
            found.revoke("letters", datetime(2026, 1, 1, tzinfo=UTC))


def pem(data: bytes) -> None:
    path = files.file("key.pem", data)
    for read in (read_public, read_private):
        with suppress(InputError):
            read(path)


def headers(data: bytes) -> None:
    texts = data.decode("latin-1").split("\n")
    with suppress(ProtocolError):
        sender(dict(zip((DEVICE, CERTIFICATE, SIGNATURE), texts, strict=False)))


def fleet(data: bytes) -> None:
    with suppress(InputError):
        read_fleet(files.file("fleet.jsonl", data), "letters")


def hetrec(data: bytes) -> None:
    """Names and plays of HetRec's set, parted by the first null byte."""
    names, _, plays = data.partition(b"\0")
    files.file("hetrec/artists_id_name.tsv", names)
    path = files.file("hetrec/user_artists.dat", plays)
    with suppress(InputError):
        read_fleet(path.parent, "artist")


def a_round(data: bytes) -> None:
    """A round in which messages are changed on their way: three bytes say which, where and how."""
    changes: dict[int, list[tuple[int, int]]] = {}
    for at in range(0, len(data) - 2, 3):
        changes.setdefault(data[at], []).append((data[at + 1], data[at + 2]))
    authority, planner, signed = _about()
    server = Aggregator(signed, authority.key.public_key())
    devices = {}
    for _ in range(DEVICES):
        identity = Identity.enrolled(authority)
        devices[identity.public] = Device(
            identity,
            signed,
            lambda query: query.local(["a"]),
            Ledger({"letters": Budget(100.0, exact=True)}),
            planner=planner.public_key(),
            authority=authority.key.public_key(),
            rules=Rules(least=3, threshold=2, assumed=Assumed(corrupt=0.0, dropout=0.0)),
        )
    number = 0
    outbox: dict[bytes, bytes] = dict.fromkeys(devices, b"")
    with suppress(AbortedRoundError):
        for phase in range(5):
            for public, device in devices.items():
                if public not in outbox:
                    continue
                with suppress(ProtocolError):
                    given = _changed(outbox[public], changes.get(number, ()))
                    told = device.receive(given) if phase else device.advertise()
                    server.receive(public, _changed(told, changes.get(number + 1, ())))
                number += 2
            outbox = server.advance()
        server.total()


def _changed(data: bytes, changes) -> bytes:
    found = bytearray(data)
    for where, how in changes:
        if how == 0:
            del found[where:]
        elif found:
            found[where % len(found)] ^= how
    return bytes(found)


@cache
def _about():
    planner = Ed25519PrivateKey.generate()
    asked_for = Plan(
        Histogram("letters", ("a", "b"), most=2, each=9),
        least=3,
        most=DEVICES,
        assumed=Assumed(corrupt=0.0, dropout=0.0),
        degree=Degree(3, 2),
    )
    return Authority(), planner, SignedPlan.made(asked_for, planner)


PARSERS = {
    "p": plan,
    "a": asked,
    "m": message,
    "b": bundle,
    "i": places,
    "q": wording,
    "w": weights,
    "l": ledger,
    "h": home,
    "c": consent,
    "k": pem,
    "s": headers,
    "f": fleet,
    "t": hetrec,
    "r": a_round,
}
