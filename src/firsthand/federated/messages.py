"""What devices and the server send each other: MessagePack arrays, read with suspicion.

A message is `[kind, round, ...]`; each kind has a fixed number of parts of fixed types.
"""

from typing import Any, Final

import msgpack

from firsthand.errors import ProtocolError

ROUND_BYTES: Final = 16

ADVERTISE: Final = 1
"""Device: its bundle."""

ROSTER: Final = 2
"""Server: all commitments in rising order, and the bundles of the device's neighbours."""

SHARES: Final = 3
"""Device: for each neighbour, sealed, shares of its seed and of its key of masks."""

SEALED: Final = 4
"""Server: what each neighbour sealed for this device; empty from those who did not."""

MASKED: Final = 5
"""Device: its vector under all masks."""

SURVIVORS: Final = 6
"""Server: who sent a vector, and who sealed shares but sent none."""

CONSENT: Final = 7
"""Device: its signature under these two sets."""

CONSENTS: Final = 8
"""Server: the neighbours' signatures; empty where there is none."""

UNMASK: Final = 9
"""Device: of each neighbour a share, of the seed of survivors, of the key of the others."""

_NAMES: Final = {
    ADVERTISE: "advertise", ROSTER: "roster", SHARES: "shares", SEALED: "sealed", MASKED: "masked",
    SURVIVORS: "survivors", CONSENT: "consent", CONSENTS: "consents", UNMASK: "unmask",
}  # fmt: skip

_PARTS: Final[dict[int, tuple[type, ...]]] = {
    ADVERTISE: (bytes,), ROSTER: (bytes, list), SHARES: (list,), SEALED: (list,), MASKED: (bytes,),
    SURVIVORS: (bytes, bytes), CONSENT: (bytes,), CONSENTS: (list,), UNMASK: (list,),
}  # fmt: skip


def packed(kind: int, round_id: bytes, *parts: Any) -> bytes:
    """Return a message's bytes."""
    found: bytes = msgpack.packb([kind, round_id, *parts])
    return found


def unpacked(data: bytes, kind: int, round_id: bytes, largest: int) -> tuple[Any, ...]:
    """Return the parts of a message of this kind, in this round.

    `ProtocolError` for anything else: more than `largest` bytes, other kinds, rounds or types, or
    bytes that are no message. What is in a part is checked by whoever knows what it is.
    """
    if len(data) > largest:
        raise ProtocolError(
            f"a {_NAMES[kind]} message has {len(data)} bytes; {largest} are the most"
        )
    try:
        found = msgpack.unpackb(
            data, strict_map_key=True, max_bin_len=largest, max_array_len=largest, max_map_len=0,
            max_str_len=0, max_ext_len=0,
        )  # fmt: skip
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise ProtocolError(f"{len(data)} bytes that are no message: {error}") from error
    wanted = _PARTS[kind]
    if not isinstance(found, list) or len(found) < 2:
        raise ProtocolError(f"no message: {type(found).__name__}")
    if type(found[0]) is not int or found[0] != kind:
        said = _NAMES.get(found[0], found[0]) if type(found[0]) is int else type(found[0]).__name__
        raise ProtocolError(f"expected a {_NAMES[kind]} message, got {said!r}")
    if found[1] != round_id:
        raise ProtocolError("a message of another round")
    parts = tuple(found[2:])
    if len(parts) != len(wanted) or any(
        type(part) is not kind_of for part, kind_of in zip(parts, wanted, strict=True)
    ):
        raise ProtocolError(f"a {_NAMES[kind]} message with parts {[type(p) for p in parts]}")
    for part in parts:
        if type(part) is list and not {*map(type, part)} <= {bytes}:
            raise ProtocolError(f"a {_NAMES[kind]} message with a list of other things than bytes")
    return parts
