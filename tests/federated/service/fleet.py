"""A server over HTTPS and its devices, for tests: keys, homes, and what devices hold."""

import threading
import time
import weakref
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firsthand.errors import GoneError, RefusalError, StoreError
from firsthand.federated import (
    Assumed,
    Authority,
    Budget,
    Device,
    Histogram,
    Identity,
    Ledger,
    Rules,
    SignedPlan,
    planned,
)
from firsthand.federated.aggregator import Phase
from firsthand.federated.service.agent import Agent
from firsthand.federated.service.coordinator import PHASES, Coordinator, Letter, Visit
from firsthand.federated.service.desk import Desk
from firsthand.federated.service.home import Home
from firsthand.federated.service.keyring import (
    AUTHORITY,
    PLANNER,
    TLS_CERTIFICATE,
    TLS_KEY,
    Keyring,
)
from firsthand.federated.service.listener import Limits, listener
from firsthand.federated.service.pace import Pace
from firsthand.federated.service.serving import devices_served
from firsthand.federated.service.store import Store

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BINS = ("a", "b", "c", "d")
QUESTION = Histogram("letters", BINS, most=4, each=9)
ASSUMED = Assumed(corrupt=0.05, dropout=0.1)
RULES = Rules(least=3, threshold=2, assumed=ASSUMED)
PACE = Pace(least_s=1.0, most_s=60.0)


def keyring(folder):
    return Keyring.made(folder, ["localhost", "127.0.0.1"], datetime.now(UTC))


def home(folder, keys, server, region="north", source="letters"):
    found = Home.made(folder, keys, server, region)
    found.consent.give(source, Budget(100.0, exact=True), NOW)
    return found


def visited(found, link):
    """Visit until there is a round: the server looks for new ones four times a second."""
    until = time.monotonic() + 20
    while (came := found.visit(link)).outcome == "no round" and time.monotonic() < until:
        threading.Event().wait(0.1)
    return came


def visit(found):
    """As `visited`, by a link of its own."""
    with found.linked() as link:
        return visited(found, link)


def letters(number):
    return [BINS[(number + k) % 4] for k in range(1 + number % 3)]


def agent(found, number, **more):
    given = {"when": (), "rules": RULES} | more
    return Agent(found, {"letters": lambda: letters(number)}, **given)


def question(keys, least=8, most=12, **more):
    plan = planned(QUESTION, least=least, most=most, assumed=ASSUMED, **more)
    return SignedPlan.made(plan, keys.planner)


def ask(store, keys, region="", timeout_s=20.0, **more):
    signed = question(keys, **more)
    store.ask(signed.plan.round_id, signed.to_bytes(), region, timeout_s, 0.0)
    return signed.plan


def coordinator(store, keys):
    publics = keys.public(AUTHORITY), keys.public(PLANNER)
    return Coordinator(store, *publics, now=time.time(), pace=PACE)


@contextmanager
def serving(store, keys, limits=None):
    app = listener(Desk(coordinator(store, keys)), limits or Limits())
    with devices_served(app, keys.folder / TLS_CERTIFICATE, keys.folder / TLS_KEY) as address:
        yield address


@contextmanager
def again(store, keys, port):
    """A server at the port of one that has gone."""
    app = listener(Desk(coordinator(store, keys)))
    with devices_served(
        app, keys.folder / TLS_CERTIFICATE, keys.folder / TLS_KEY, port=port
    ) as address:
        yield address


def messages_of(store, number):
    """All that is kept of what devices sent in a round."""
    return [message for phase in Phase for message in store.messages(number, phase)]


def opened(tmp_path):
    return Store(f"sqlite:///{tmp_path / 'rounds.db'}")


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Fleet:
    """Devices and a coordinator that speak directly; `restart` has it begin again from its store.

    `lost` is asked before a device answers in a phase whether it is gone.
    """

    def __init__(self, tmp_path, devices=12, lost=lambda phase, number: False, url=None):
        self.authority, self.planner = Authority(), Ed25519PrivateKey.generate()
        self.url = url or f"sqlite:///{tmp_path / 'rounds.db'}"
        self.store, self.clock, self.lost = Store(self.url), Clock(), lost
        weakref.finalize(self, self.store.close)
        self.plan = planned(QUESTION, least=8, most=12, assumed=ASSUMED)
        self.signed = SignedPlan.made(self.plan, self.planner)
        self.store.ask(self.plan.round_id, self.signed.to_bytes(), "", 10.0, 0.0)
        self.values, self.devices, self.visits = {}, {}, {}
        for number in range(devices):
            identity = Identity.enrolled(self.authority)
            self.values[identity.public] = QUESTION.local(letters(number))
            self.visits[identity.public] = Visit(identity.public, identity.certificate, "north")
            self.devices[identity.public] = Device(
                identity,
                self.signed,
                lambda _, mine=identity.public: self.values[mine],
                Ledger({"letters": Budget(1.0, exact=True)}),
                planner=self.planner.public_key(),
                authority=self.authority.key.public_key(),
                rules=RULES,
            )
        self.summed = set()
        self.restart()

    def restart(self):
        self.coordinator = Coordinator(
            self.store,
            self.authority.key.public_key(),
            self.planner.public_key(),
            now=self.clock.now,
            pace=PACE,
        )

    def letter(self, public, phase, data):
        return Letter(self.plan.round_id, phase, public, data)

    def take(self, letter):
        (answer,) = self.coordinator.take([letter], self.clock.now)
        return answer

    def insist(self, letter):
        """Send until it is kept, as a device does while nothing can be."""
        for _ in range(50):
            answer = self.take(letter)
            if not isinstance(answer, StoreError):
                return answer
            self.tick()
        raise AssertionError(answer)

    def tick(self):
        with suppress(StoreError):
            self.coordinator.tick(self.clock.now)

    def told(self, phase, public):
        """Ask until it is known, as time goes by."""
        for _ in range(50):
            with suppress(StoreError):
                found = self.coordinator.told(self.plan.round_id, phase, public)
                if found is not None:
                    return found
                self.clock.now += 11.0
            self.tick()
        raise AssertionError

    def come(self):
        for _ in range(50):
            answers = self.coordinator.welcome(list(self.visits.values()), self.clock.now)
            if not any(isinstance(answer, StoreError) for answer in answers):
                return

    def run(self, between=lambda: None):
        """Go through the round, `between` any two messages; return how it was kept."""
        self.come()
        for phase in PHASES.values():
            for number, (public, device) in enumerate(self.devices.items()):
                if self.lost(phase, number):
                    continue
                between()
                try:
                    data = b"" if phase is Phase.KEYS else self.told(phase, public)
                    message = device.receive(data) if data else device.advertise()
                    answer = self.insist(self.letter(public, phase, message))
                except (GoneError, RefusalError):
                    continue
                if phase is Phase.VECTORS and answer is None:
                    self.summed.add(public)
            between()
            self.tick()
            record = self.store.named(self.plan.round_id)
            if (record.state, record.phase) == ("open", phase):
                self.clock.now += 11.0
                self.tick()
                self.tick()
        return self.store.named(self.plan.round_id)

    def exact(self, record):
        """Whether the sum is that of those whose vectors were acknowledged."""
        total = np.frombuffer(record.total, self.plan.dtype)
        wanted = sum(self.values[public] for public in self.summed)
        return record.devices == len(self.summed) and np.array_equal(total, wanted)
