"""A device and its server: check in where it may, and go through the round it is invited to."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, Final, Literal

import httpx2 as httpx

from firsthand.core.closing import Closing
from firsthand.errors import ConfigError, FirsthandError, LinkError, ProtocolError
from firsthand.federated.device import Device, Stage
from firsthand.federated.keys import Identity
from firsthand.federated.plan import LARGEST_PLAN, SignedPlan
from firsthand.federated.service import wire
from firsthand.federated.service.coordinator import PHASES

_TIMEOUT_S: Final = 60.0
_WAIT_S: Final = 20.0
_LARGEST: Final = 64 * 1024 * 1024
_FIRST_S: Final = 0.5
_LONGEST_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 7 * 86_400.0
_LONGEST_ROUND_S: Final = 6 * 3_600.0
_SOON_S: Final = 1.0

Outcome = Literal["not now", "no round", "took part", "left", "lost"]


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of a visit, and when to come again.

    "not now" is none, as the moment is not good; "left" a round that the device did not go through,
    by its own rules or the server's; "lost" one in which the server was no longer heard from. `why`
    says more.
    """

    outcome: Outcome
    pause_s: float
    why: str = ""


class Link(Closing):
    """A server at `url`, https://HOST:PORT, in whose certificate one of `authorities` has a part.

    `authorities` is a PEM file; None trusts those of the system. A request is tried again, ever
    later, for `patience_s` seconds by `clock`. `sleep` waits, and `random` says how long.
    """

    def __init__(
        self,
        url: str,
        identity: Identity,
        authorities: Path | None = None,
        *,
        patience_s: float = 120.0,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        if not url.startswith("https://"):
            raise ConfigError(f"a server's address begins with https://, not {url[:60]!r}")
        try:
            trusted = ssl.create_default_context(cafile=authorities)
            self._client = httpx.Client(base_url=url, verify=trusted, timeout=_TIMEOUT_S)
        except (OSError, ValueError, httpx.InvalidURL) as error:
            raise ConfigError(f"{url}, {authorities}: cannot be used: {error}") from error
        self._url, self._identity, self._patience_s = url, identity, patience_s
        self._sleep, self._clock, self._random = sleep, clock, random or SystemRandom()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def check_in(self, region: str) -> tuple[bytes | None, float]:
        """Return the round that the device is invited to, if any, and when to come again."""
        path = str(httpx.URL(wire.CHECK_IN, params={"region": region}))
        said = self._said("POST", path, b"")
        try:
            entry = said.json()
            name, pause = entry["round"], float(entry["pause_s"])
            round_id = None if name is None else bytes.fromhex(name)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProtocolError(f"{self._url}: no answer to a check-in: {error}") from error
        if not 0 <= pause < float("inf"):
            raise ProtocolError(f"{self._url}: told to come again after {pause} s")
        return round_id, min(pause, _LONGEST_PAUSE_S)

    def plan(self, round_id: bytes) -> SignedPlan:
        """Return a round's plan; nothing is verified."""
        return SignedPlan.parsed(self._said("GET", _at(round_id, "plan"), b"").content)

    def send(self, round_id: bytes, phase: str, data: bytes) -> None:
        """Send a message, and have it kept."""
        self._said("POST", _at(round_id, phase), data)

    def next(self, round_id: bytes, phase: str) -> bytes:
        """Return what the server says for a phase, once it does."""
        path = f"{_at(round_id, phase)}?wait_s={_WAIT_S:g}"
        until = self._clock() + _LONGEST_ROUND_S
        while (before := self._clock()) < until:
            said = self._said("GET", path, b"")
            if said.status_code == httpx.codes.OK:
                return said.content
            if self._clock() - before < _SOON_S:  # a server that does not let it wait
                self._sleep(_SOON_S)
        raise LinkError(f"{self._url}: its round goes on for more than {_LONGEST_ROUND_S:g} s")

    def _said(self, method: str, path: str, body: bytes) -> httpx.Response:
        """Return a good answer to a request; `LinkError` where none comes in time."""
        headers = wire.signed_headers(self._identity, method, path, body)
        until, wait_s = self._clock() + self._patience_s, _FIRST_S
        while True:
            try:
                found = self._read(method, path, body, headers)
                if found.status_code not in (429, 502, 503, 504):
                    break
                problem = f"answers {found.status_code}: {_detail(found)}"
            except httpx.RequestError as error:
                if (refused := _untrusted(error)) is not None:
                    raise LinkError(f"{self._url}: {refused}") from error
                problem = str(error) or type(error).__name__
            if self._clock() + wait_s > until:
                raise LinkError(f"{self._url}: {problem}")
            self._sleep(wait_s * self._random.uniform(0.5, 1.0))
            wait_s = min(2 * wait_s, _LONGEST_S)
        if found.is_success:
            return found
        raise ProtocolError(f"{self._url}: {found.status_code}: {_detail(found)}")

    def _read(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Read an answer of a size that may be."""
        most = LARGEST_PLAN if path.endswith("/plan") else _LARGEST
        with self._client.stream(method, path, content=body, headers=headers) as answer:
            pieces, size = [], 0
            for piece in answer.iter_bytes():
                size += len(piece)
                if size > most + 1_024:
                    raise ProtocolError(f"{self._url}: an answer of more than {most} bytes")
                pieces.append(piece)
            return httpx.Response(answer.status_code, content=b"".join(pieces))


def visit(link: Link, region: str, take_part: Callable[[SignedPlan], Device]) -> Visited:
    """Check in once, and go through the round if there is one.

    `take_part` makes the device's side of a plan. Whatever it or the device raises of Firsthand's
    errors ends the device's part, not the program. `LinkError` where the server cannot be reached
    at all, `ProtocolError` where it does not let the device check in.
    """
    round_id, pause = link.check_in(region)
    if round_id is None:
        return Visited("no round", pause)
    device = None
    try:
        device = take_part(link.plan(round_id))
        message = device.advertise()
        for phase in PHASES:
            if phase != "keys":
                message = device.receive(link.next(round_id, phase))
            link.send(round_id, phase, message)
    except LinkError as error:
        return Visited("lost", pause, str(error))
    except FirsthandError as error:
        done = device is not None and device.stage is Stage.DONE
        return Visited("took part" if done else "left", pause, str(error))
    return Visited("took part", pause)


def _at(round_id: bytes, what: str) -> str:
    return f"{wire.ROUNDS}/{round_id.hex()}/{what}"


def _detail(answer: httpx.Response) -> str:
    try:
        found: Any = answer.json()["detail"]
    except (ValueError, TypeError, KeyError):
        found = answer.text
    return str(found)[:500]


def _untrusted(error: BaseException) -> str | None:
    """Return why a server's certificate was not taken, if that was it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not taken: {cause.verify_message}. This device's clock says "
                f"{time.strftime('%Y-%m-%d')}; set it if that is wrong"
            )
        cause = cause.__cause__ or cause.__context__
    return None
