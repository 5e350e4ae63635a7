"""Devices and a coordinator that speak directly, on a clock that is set.

Shared by `soak_systems.py` and `faults/federated.py`.
"""

import time
from collections.abc import Callable, Iterable

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firsthand.errors import FirsthandError
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
from firsthand.federated.service.coordinator import PHASES, Coordinator, Letter, Visit
from firsthand.federated.service.store import Record, Store

ASSUMED = Assumed(0.05, 0.2)
TIMEOUT_S = 5.0
STAGES = tuple(PHASES.values())


class Fleet:
    """So many devices, each with a number of its own, and rounds that count who took part.

    `now` is what the server's clock says; a round goes on with seven tenths of the devices.
    """

    def __init__(self, store: Store, devices: int) -> None:
        self.store, self.now = store, 0.0
        self._authority, self._planner = Authority(), Ed25519PrivateKey.generate()
        self.publics = self._authority.key.public_key(), self._planner.public_key()
        self.identities = [Identity.enrolled(self._authority) for _ in range(devices)]
        self._query = Histogram("numbers", tuple(map(str, range(devices))), most=1, each=1)
        self._least = int(0.7 * devices)
        self.restart()

    def restart(self) -> None:
        """Have another server go on from what the store has."""
        self.coordinator = Coordinator(self.store, *self.publics, now=self.now)

    def visits(self) -> list[Visit]:
        return [Visit(each.public, each.certificate, "home") for each in self.identities]

    def begin(self) -> bytes:
        """Ask for a round, and have all devices come; return its name."""
        plan = planned(self._query, least=self._least, most=len(self.identities), assumed=ASSUMED)
        self.plan = SignedPlan.made(plan, self._planner)
        self.round_id = plan.round_id
        self.store.ask(self.round_id, self.plan.to_bytes(), "", TIMEOUT_S, self.now)
        self.coordinator.tick(self.now)
        self.coordinator.welcome(self.visits(), self.now)
        rules = Rules(least=self._least, threshold=2, assumed=ASSUMED)
        self.devices = [
            Device(
                identity,
                self.plan,
                lambda asked, value=str(place): asked.local([value]),
                Ledger({"numbers": Budget(float("inf"), exact=True)}),
                planner=self.publics[1],
                authority=self.publics[0],
                rules=rules,
            )
            for place, identity in enumerate(self.identities)
        ]
        return self.round_id

    def message(self, place: int, stage: int) -> bytes:
        """Return what a device says in a stage, 0..4, to what it was told."""
        if stage == 0:
            return self.devices[place].advertise()
        public = self.identities[place].public
        told = self.coordinator.told(self.round_id, STAGES[stage], public)
        assert told is not None, f"nobody was told anything in stage {stage}"
        return self.devices[place].receive(told)

    def send(self, place: int, stage: int, data: bytes) -> FirsthandError | None:
        letter = Letter(self.round_id, STAGES[stage], self.identities[place].public, data)
        (answer,) = self.coordinator.take([letter], self.now)
        return answer

    def stage(
        self, stage: int, places: Iterable[int], took: Callable[[float], None] = lambda _: None
    ) -> None:
        """Let devices answer; a round of which some do not waits for them until its time is up."""
        for place in places:
            message = self.message(place, stage)
            before = time.perf_counter()
            answer = self.send(place, stage, message)
            took(time.perf_counter() - before)
            assert answer is None, answer

    def wait(self) -> None:
        """Let the time pass after which a stage ends without those that are missing."""
        self.now += TIMEOUT_S
        self.coordinator.tick(self.now)

    def run(self, leaves: np.ndarray, took: Callable[[float], None] = lambda _: None) -> Record:
        """Go through a round; `leaves` (devices,) is the stage from which each is gone."""
        self.begin()
        for stage in range(len(STAGES)):
            self.stage(stage, map(int, np.flatnonzero(leaves > stage)), took)
            if (leaves == stage).any():
                self.wait()
        return self.record()

    def record(self) -> Record:
        return self.store.named(self.round_id)

    def counted(self, record: Record) -> list[int]:
        """Return the numbers of the devices that are in a round's sum; none without one."""
        if record.total is None:
            return []
        total = np.frombuffer(record.total, self.plan.plan.dtype)
        assert total.max() <= 1, "somebody was counted twice"
        return np.flatnonzero(total).tolist()
