"""A round for tests: every device and the server, and a hand in what passes between them."""

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
from firsthand.federated.simulation import PHASES

BINS = ("a", "b", "c", "d")
QUESTION = Histogram("letters", BINS, most=4, each=9)
ASSUMED = Assumed(corrupt=0.05, dropout=0.1)


def plan_for(devices=12, **more):
    given = {"least": devices - 4, "most": devices, "assumed": ASSUMED} | more
    return Plan(QUESTION, **given)


class Round:
    """`devices` by their keys; `step` takes one phase, with messages changed on the way."""

    def __init__(self, devices=12, plan=None, rules=None, ledger=None):
        self.authority, self.planner = Authority(), Ed25519PrivateKey.generate()
        self.plan = plan or plan_for(devices)
        self.signed = SignedPlan.made(self.plan, self.planner)
        self.rules = rules or Rules(least=self.plan.least, threshold=2, assumed=ASSUMED)
        self.values = {}
        self.devices = {}
        for number in range(devices):
            identity = Identity.enrolled(self.authority)
            values = [BINS[(number + k) % 4] for k in range(1 + number % 3)]
            self.values[identity.public] = self.plan.query.local(values)
            self.devices[identity.public] = self.device(identity, ledger=ledger)
        self.server = Aggregator(self.signed, self.authority.key.public_key())
        self.outbox = dict.fromkeys(self.devices, b"")
        self.phase = 0

    def device(self, identity, *, ledger=None, signed=None, rules=None, answer=None):
        return Device(
            identity,
            signed or self.signed,
            answer or (lambda _: self.values[identity.public]),
            ledger or Ledger({"letters": Budget(100.0, exact=True)}),
            planner=self.planner.public_key(),
            authority=self.authority.key.public_key(),
            rules=rules or self.rules,
        )

    def send(self, public, changed=lambda data: data):
        """Let a device answer what it was sent last, and the server hear it."""
        data = self.outbox[public]
        device = self.devices[public]
        message = device.receive(data) if self.phase else device.advertise()
        self.server.receive(public, changed(message))
        return message

    def step(self, silent=()):
        """Let all devices but the silent ones answer, and the server go on."""
        for public in list(self.outbox):
            if public not in silent:
                self.send(public)
        self.advance()

    def advance(self):
        self.outbox = self.server.advance()
        self.phase += 1

    def go_to(self, phase):
        """Go on until the server collects what is named."""
        while PHASES[self.phase] != phase:
            self.step()

    def finish(self, silent=()):
        while self.phase < len(PHASES):
            self.step(silent)
        return self.server.total()

    def sum_over(self, publics):
        return sum(self.values[public] for public in publics)

    @property
    def publics(self):
        """The devices' keys, in the order of their places in the round."""
        return [bundle.device for bundle in self.server._order]


def equal(total, wanted):
    return np.array_equal(total.numbers.astype(np.int64), wanted)
