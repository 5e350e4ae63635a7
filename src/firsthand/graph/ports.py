"""The `TAG:index:name` grammar by which nodes name their ports, as in MediaPipe's graphs.

`name`, `TAG:name` and `TAG:index:name` are the three forms. Tags are upper case, names lower
case; an untagged entry takes the next untagged index, a tagged one without index takes index 0.
The indexes of a tag must run from 0 without gaps.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from firsthand.errors import ConfigError

_TAG = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_INDEX = re.compile(r"(0|[1-9][0-9]{0,4})\Z")
MAX_INDEX = 10_000

PortKey = str | int
"""How a port is named in code: "TAG", "TAG:1", or the index of an untagged port."""


@dataclass(frozen=True, slots=True)
class Port:
    """One entry: the `index`-th port of `tag` ("" for untagged), joined to stream `name`."""

    tag: str
    index: int
    name: str

    def __str__(self) -> str:
        return f"{self.tag}:{self.index}:{self.name}" if self.tag else self.name


def parse_port(text: str) -> tuple[str, int | None, str]:
    """Split one entry into tag, index (None where the text gives none) and name."""
    parts = text.split(":")
    if len(parts) > 3:
        raise ConfigError(
            f"port {text!r} has {len(parts)} parts; write NAME, TAG:NAME or TAG:i:NAME"
        )
    name = parts[-1]
    tag = parts[0] if len(parts) > 1 else ""
    if not _NAME.match(name):
        raise ConfigError(f"port {text!r}: name {name!r} must match [a-z_][a-z0-9_]*")
    if tag and not _TAG.match(tag):
        raise ConfigError(f"port {text!r}: tag {tag!r} must match [A-Z_][A-Z0-9_]*")
    if len(parts) > 1 and not tag:
        raise ConfigError(f"port {text!r}: the tag before ':' is empty")
    index: int | None = None
    if len(parts) == 3:
        if not _INDEX.match(parts[1]) or int(parts[1]) > MAX_INDEX:
            raise ConfigError(f"port {text!r}: index {parts[1]!r} must be 0 to {MAX_INDEX}")
        index = int(parts[1])
    return tag, index, name


def port_key(ports: "PortMap", text: str) -> PortKey:
    """Return the port that a graph writes as "TAG", "TAG:1", ":1" or "1".

    Raises:
        ConfigError: there is no such port.
    """
    bare = text.removeprefix(":")
    is_index = bare.isdecimal() and len(bare) <= len(str(MAX_INDEX))
    key: PortKey = int(bare or "0") if not bare or is_index else text
    if key not in ports.ids:
        raise ConfigError(f"no port {text!r}; the node has: {ports.describe()}")
    return key


class PortMap(Sequence[Port]):
    """The ports of one node on one side, ordered by tag and index; position is the port's id."""

    __slots__ = ("_ports", "ids")

    def __init__(self, entries: Iterable[str]) -> None:
        ports: list[Port] = []
        untagged = 0
        for text in entries:
            tag, index, name = parse_port(text)
            if not tag and index is None:
                index = untagged
            if not tag:
                untagged += 1
            ports.append(Port(tag, index or 0, name))
        ports.sort(key=lambda p: (p.tag, p.index))
        for i, port in enumerate(ports):
            previous = ports[i - 1] if i and ports[i - 1].tag == port.tag else None
            if previous is not None and previous.index == port.index:
                raise ConfigError(f"ports {previous} and {port} both claim index {port.index}")
            expected = previous.index + 1 if previous else 0
            if port.index != expected:
                raise ConfigError(
                    f"port {port}: index {expected} of tag {port.tag!r} is missing; "
                    "indexes run from 0 without gaps"
                )
        self._ports = tuple(ports)
        self.ids: dict[PortKey, int] = {}
        for i, port in enumerate(ports):
            if port.tag:
                self.ids[f"{port.tag}:{port.index}"] = i
                if port.index == 0:
                    self.ids[port.tag] = i
            else:
                self.ids[port.index] = i

    def __getitem__(self, i: int) -> Port:  # type: ignore[override]  # no slices
        return self._ports[i]

    def __len__(self) -> int:
        return len(self._ports)

    def __iter__(self) -> Iterator[Port]:
        return iter(self._ports)

    def tags(self) -> list[str]:
        """Return the distinct tags in order, "" for untagged ports."""
        return list(dict.fromkeys(p.tag for p in self._ports))

    def count(self, tag: str) -> int:
        """Return how many ports `tag` has."""
        return sum(p.tag == tag for p in self._ports)

    def describe(self) -> str:
        """Return the entries as text, for messages."""
        return ", ".join(map(str, self._ports)) or "none"
