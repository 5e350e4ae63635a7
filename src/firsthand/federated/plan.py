"""What a round is for, signed by whoever may ask: a device reads it before it takes part."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import floor
from typing import Any, Final

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from numpy.typing import NDArray

from firsthand.errors import ConfigError, ProtocolError
from firsthand.federated.accounting import Cost, Reach, deviation_for
from firsthand.federated.degree import Assumed, Degree, degree_for
from firsthand.federated.keys import SIGNATURE_BYTES
from firsthand.federated.messages import ROUND_BYTES
from firsthand.federated.noise import SharedNoise
from firsthand.federated.queries import Answer, Query, query_from, query_to

LARGEST_PLAN: Final = 64 * 1024 * 1024
_VERSION: Final = 1
_SIGNED: Final = b"firsthand plan 1\0"
_FIELDS: Final = {
    "version", "round", "query", "least", "most", "assumed", "bits", "noise", "delta", "degree",
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One round: a question, how many devices, and what is assumed of them.

    A sum is formed over at least `least` devices that stayed to the end, out of at most `most` that
    came. With `noise` it is differentially private at `delta`. Numbers are summed modulo
    2**`bits`. `degree` is set where neighbours and threshold are not to follow from `assumed`.
    """

    query: Query
    least: int
    most: int
    assumed: Assumed = Assumed()  # noqa: RUF009 - it is frozen
    noise: SharedNoise | None = None
    delta: float = 1e-6
    degree: Degree | None = None
    bits: int = 32
    round_id: bytes = field(default_factory=lambda: secrets.token_bytes(ROUND_BYTES))

    def __post_init__(self) -> None:
        if not 3 <= self.least <= self.most:
            raise ConfigError(
                f"a round has at least 3 devices: least={self.least}, most={self.most}"
            )
        if self.bits not in (32, 64):
            raise ConfigError(f"sums are modulo 2**32 or 2**64, not 2**{self.bits}")
        if len(self.round_id) != ROUND_BYTES:
            raise ConfigError(f"a round is named by {ROUND_BYTES} bytes, not {len(self.round_id)}")
        if not 0 < self.delta < 1:
            raise ConfigError(f"delta is between 0 and 1, not {self.delta}")
        if self.noise is not None and self.noise.sharers > self.honest:
            raise ConfigError(
                f"noise is shared by {self.noise.sharers} devices, of whom as few as "
                f"{self.honest} may stay and be honest"
            )
        if self.highest - self.lowest >= 2**self.bits:
            raise ConfigError(
                f"{self.most} devices with numbers up to {self.query.largest} may sum to "
                f"{self.highest}, which 2**{self.bits} does not hold: take 64 bits, fewer devices "
                "or coarser steps"
            )

    @property
    def honest(self) -> int:
        """How many devices, at least, stay and do as they should."""
        return self.least - floor(self.assumed.corrupt * self.most)

    @property
    def scale(self) -> int:
        """In how many steps a whole number is counted."""
        return 1 if self.noise is None else self.noise.scale

    @property
    def highest(self) -> int:
        """The most that a number of the sum may be, in steps."""
        return self.most * (self.query.largest * self.scale + self._noisiest)

    @property
    def lowest(self) -> int:
        """The least that a number of the sum may be, in steps: below 0 by noise alone."""
        return -self.most * self._noisiest

    @property
    def _middle(self) -> int:
        """What stands for nothing in a device's numbers, where a question says so."""
        return int(getattr(self.query, "middle", 0))

    @property
    def _noisiest(self) -> int:
        return 0 if self.noise is None else self.noise.largest

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a vector under masks."""
        return np.dtype(f"<u{self.bits // 8}")

    @property
    def cost(self) -> Cost | None:
        """What taking part costs a device in privacy; None for an exact sum, which no cost says."""
        if self.noise is None:
            return None
        reach, scale = self.query.reach, self.scale
        length = None if reach.length is None else reach.length * scale
        return Cost(
            self.noise.deviation * scale,
            Reach(reach.numbers, reach.each * scale, length),
            self.noise.apart,
            self.noise.failing(self.query.length),
        )

    def degree_of(self, devices: int) -> Degree:
        """Return how many neighbours each of so many devices has, and the threshold."""
        if self.degree is None:
            return degree_for(devices, self.assumed, max(0, devices - self.least))
        return Degree(min(self.degree.neighbours, devices - 1), self.degree.threshold)

    def encoded(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        """Return a device's numbers (length,) with its noise, as they are summed.

        `ProtocolError` for numbers of another shape or kind, or that are not what the question
        allows: a device that is wrong about its own data reports nothing.
        """
        wanted = (self.query.length,)
        if numbers.shape != wanted or numbers.dtype.kind not in "iu":
            raise ProtocolError(f"whole numbers {wanted}, not {numbers.dtype} {numbers.shape}")
        reach, largest = self.query.reach, self.query.largest
        if numbers.min() < 0 or numbers.max() > largest:
            raise ProtocolError(
                f"numbers from 0 to {largest}, not {numbers.min()} to {numbers.max()}"
            )
        change = numbers - self._middle
        if np.count_nonzero(change) > reach.numbers or (
            reach.length is not None and float(np.sqrt((change**2.0).sum())) > reach.length
        ):
            raise ProtocolError(f"a device changes more of the sum than {reach} allows")
        steps = numbers.astype(np.int64) * self.scale
        if self.noise is not None:
            steps += self.noise.draw(self.query.length)
        return steps.astype(np.uint64).astype(self.dtype)  # modulo 2**bits

    def decoded(self, total: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum (length,) that is known modulo 2**bits, in units of the question."""
        lowest = self.lowest
        above = (total.astype(np.uint64) - np.uint64(lowest % 2**64)).astype(self.dtype)
        return (above.astype(np.float64) + lowest) / self.scale

    def answer(self, total: NDArray[Any], devices: int) -> Answer:
        """Return what the analyst gets of a sum over so many devices."""
        noise = 0.0
        if self.noise is not None:
            noise = self.noise.deviation * (devices / self.noise.sharers) ** 0.5
        return self.query.answer(self.decoded(total), devices, noise)

    def to_bytes(self) -> bytes:
        """Return the plan as JSON, keys in order."""
        entry = {
            "version": _VERSION,
            "round": self.round_id.hex(),
            "query": query_to(self.query),
            "least": self.least,
            "most": self.most,
            "assumed": asdict(self.assumed),
            "bits": self.bits,
            "noise": None if self.noise is None else asdict(self.noise),
            "delta": self.delta,
            "degree": None if self.degree is None else asdict(self.degree),
        }
        return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parsed(cls, data: bytes) -> "Plan":
        """Read a plan; `ProtocolError` for what is none."""
        if len(data) > LARGEST_PLAN:
            raise ProtocolError(f"a plan of {len(data)} bytes; {LARGEST_PLAN} are the most")
        try:
            entry = json.loads(data)
            if not isinstance(entry, Mapping) or entry.keys() != _FIELDS:
                raise ProtocolError(f"a plan has {', '.join(sorted(_FIELDS))}, no more and no less")
            if entry["version"] != _VERSION:
                raise ProtocolError(f"a plan of version {entry['version']!r}, not {_VERSION}")
            if not all(type(entry[name]) is int for name in ("least", "most", "bits")):
                raise ProtocolError("a plan counts devices and bits in whole numbers")
            return cls(
                query_from(entry["query"]),
                entry["least"],
                entry["most"],
                Assumed(**entry["assumed"]),
                None if entry["noise"] is None else SharedNoise(**entry["noise"]),
                float(entry["delta"]),
                None if entry["degree"] is None else Degree(**entry["degree"]),
                entry["bits"],
                bytes.fromhex(entry["round"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
            if isinstance(error, ProtocolError):
                raise
            raise ProtocolError(f"a plan that cannot be read: {error}") from error


@dataclass(frozen=True)
class SignedPlan:
    """A plan's bytes, and the signature of whoever may ask."""

    data: bytes
    signature: bytes

    @classmethod
    def made(cls, plan: Plan, planner: Ed25519PrivateKey) -> "SignedPlan":
        """Sign a plan."""
        data = plan.to_bytes()
        return cls(data, planner.sign(_SIGNED + data))

    @cached_property
    def plan(self) -> Plan:
        """The plan; `ProtocolError` for bytes that are none."""
        return Plan.parsed(self.data)

    @cached_property
    def context(self) -> bytes:
        """What every key, signature and share of the round is bound to: a sum over the plan."""
        return hashlib.sha256(_SIGNED + self.data).digest()

    def verify(self, planner: Ed25519PublicKey) -> None:
        """Raise `ProtocolError` unless whoever may ask has signed these very bytes."""
        try:
            planner.verify(self.signature, _SIGNED + self.data)
        except InvalidSignature as error:
            raise ProtocolError("a plan that nobody who may ask has signed") from error

    def to_bytes(self) -> bytes:
        """Return the signature, then the plan."""
        return self.signature + self.data

    @classmethod
    def parsed(cls, data: bytes) -> "SignedPlan":
        """Take both apart; `ProtocolError` for too few or too many bytes."""
        if not SIGNATURE_BYTES < len(data) <= SIGNATURE_BYTES + LARGEST_PLAN:
            raise ProtocolError(f"a signed plan of {len(data)} bytes")
        return cls(data[SIGNATURE_BYTES:], data[:SIGNATURE_BYTES])


def planned(
    query: Query,
    *,
    least: int,
    most: int,
    epsilon: float | None = None,
    delta: float = 1e-6,
    assumed: Assumed = Assumed(),  # noqa: B008 - it is frozen
    deviation: float = 0.0,
) -> Plan:
    """Return a plan whose sum costs a device at most `epsilon` at `delta`; None is an exact sum.

    The noise is the least that does, in steps fine enough for the devices that are sure to add
    theirs, and the modulus the least that holds every sum. With `deviation` instead of `epsilon`
    it is as much, for one of several rounds that are accounted for together.
    """
    degree_for(most, assumed, most - least)  # that a round can be safe at all is said now
    honest = least - floor(assumed.corrupt * most)
    if epsilon is None and not deviation:
        return _fitting(query, least, most, assumed, None, delta)
    if honest < 1:
        raise ConfigError(f"of {least} devices none is sure to be honest, of {assumed}")
    if epsilon is not None:
        deviation = deviation_for(epsilon, delta, query.reach)
        while True:
            noise = SharedNoise.of(deviation, honest)
            plan = _fitting(query, least, most, assumed, noise, delta)
            assert plan.cost is not None
            if plan.cost.epsilon(delta) <= epsilon:
                return plan
            deviation *= 1.001
    return _fitting(query, least, most, assumed, SharedNoise.of(deviation, honest), delta)


def _fitting(
    query: Query,
    least: int,
    most: int,
    assumed: Assumed,
    noise: SharedNoise | None,
    delta: float,
) -> Plan:
    scale, noisiest = (1, 0) if noise is None else (noise.scale, noise.largest)
    width = most * (query.largest * scale + 2 * noisiest)
    return Plan(query, least, most, assumed, noise, delta, bits=32 if width < 2**32 else 64)
