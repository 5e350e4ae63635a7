"""A fleet in one process: every device and the server as they are, messages as bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.federated.aggregator import Aggregator, Total
from firsthand.federated.device import Device, Rules
from firsthand.federated.keys import Authority, Identity
from firsthand.federated.ledger import Budget, Ledger
from firsthand.federated.plan import Plan, SignedPlan
from firsthand.federated.queries.query import Integers, Query, Values

Tell = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much of it is done."""

PHASES: Final = ("keys", "shares", "vectors", "consents", "unmasking")


@dataclass(frozen=True, slots=True)
class Drops:
    """Which share of the devices is lost on the way: as many in each phase as in the others."""

    share: float = 0.0
    seed: int = 0

    def phase_of(self, devices: int) -> NDArray[np.int64]:
        """Return for each device the phase in which it no longer answers; 5 for none."""
        if not 0 <= self.share < 1:
            raise InputError(f"a share of devices is from 0 to below 1, not {self.share}")
        rng = np.random.default_rng(self.seed)
        found = np.full(devices, len(PHASES))
        lost = rng.permutation(devices)[: round(self.share * devices)]
        found[lost] = 1 + np.arange(len(lost)) % (len(PHASES) - 1)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What a simulated round gave: the sum, and the bytes that went each way."""

    total: Total
    sent: Mapping[str, int]
    received: Mapping[str, int]


def simulate(
    plan: Plan,
    fleet: Sequence[Values],
    *,
    drops: Drops = Drops(),
    rules: Rules | None = None,
    tell: Tell = lambda *_: None,
) -> Simulated:
    """Run a round over devices that hold these records, each with keys and a ledger of its own.

    Rules are such that the devices take part in rounds as small as the plan's, if none are given.
    Raises as the server and devices do: `AbortedRoundError` where too few stay.
    """
    authority, planner = Authority(), Ed25519PrivateKey.generate()
    signed = SignedPlan.made(plan, planner)
    rules = rules or Rules(least=plan.least, threshold=2, assumed=plan.assumed)
    budgets = {plan.query.source: Budget(float("inf"), plan.delta, exact=True)}
    server = Aggregator(signed, authority.key.public_key())
    leaves = drops.phase_of(len(fleet))
    devices: dict[bytes, tuple[Device, int]] = {}
    for number, values in enumerate(fleet):
        identity = Identity.enrolled(authority)
        device = Device(
            identity,
            signed,
            _answering(values),
            Ledger(budgets),
            planner=planner.public_key(),
            authority=authority.key.public_key(),
            rules=rules,
        )
        devices[identity.public] = device, int(leaves[number])
    sent = dict.fromkeys(PHASES, 0)
    received = dict.fromkeys(PHASES, 0)
    outbox = dict.fromkeys(devices, b"")
    for phase, name in enumerate(PHASES):
        for done, (public, data) in enumerate(outbox.items(), 1):
            device, gone = devices[public]
            if gone > phase:
                message = device.receive(data) if phase else device.advertise()
                server.receive(public, message)
                received[name] += len(message)
            tell(name, done, len(outbox))
        outbox = server.advance()
        sent[name] += sum(map(len, outbox.values()))
    return Simulated(server.total(), sent, received)


def in_the_clear(plan: Plan, fleet: Sequence[Values], tell: Tell = lambda *_: None) -> Total:
    """Return what a round over all these devices gives, without masks: the same sum, sooner."""
    total: NDArray[Any] = np.zeros(plan.query.length, plan.dtype)
    for done, values in enumerate(fleet, 1):
        total += plan.encoded(plan.query.local(values))
        tell("adding", done, len(fleet))
    return Total(total, len(fleet), plan.answer(total, len(fleet)))


def _answering(values: Values) -> Callable[[Query], Integers]:
    return lambda query: query.local(values)
