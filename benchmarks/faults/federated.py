"""Rounds of secure aggregation from which devices vanish, whose server dies, and which some attack.

Without sockets where that says the same; what needs them runs `firsthand federated serve`.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import numpy as np

from faults import Outcome, fault, refusal
from federated_rounds import STAGES, Fleet
from federated_service import Devices, Service, asked, ended, numbers_in
from firsthand.errors import GoneError, RefusalError, StoreError
from firsthand.federated import Authority, Identity
from firsthand.federated.service import wire
from firsthand.federated.service.coordinator import Letter, Visit
from firsthand.federated.service.store import Store

DEVICES, GONE = 20, 4
VECTORS = 2
HOUR_S = 3600.0
NEVER = len(STAGES)
EVERYBODY = np.full(DEVICES, NEVER)


@contextmanager
def fleet_in(folder: Path) -> Iterator[Fleet]:
    with Store(f"sqlite:///{folder}/rounds.db") as store:
        yield Fleet(store, DEVICES)


def without(stage: int, count: int = GONE) -> np.ndarray:
    """From which stage each device is gone: the first `count` from `stage` on."""
    leaves = EVERYBODY.copy()
    leaves[:count] = stage
    return leaves


@fault("federated", "A fifth of the devices vanishes before each of the five stages")
def vanish(folder: Path) -> Outcome:
    exact = []
    with fleet_in(folder) as fleet:
        for stage in range(len(STAGES)):
            record = fleet.run(without(stage))
            first = GONE if stage <= VECTORS else 0
            exact.append(fleet.counted(record) == list(range(first, DEVICES)))
    happened = f"{sum(exact)} of {len(exact)} rounds give the exact sum of all who sent a vector"
    return Outcome(all(exact), happened, "who vanished before their vectors")


@fault("federated", "Half of the devices vanish before each of the five stages")
def too_few(folder: Path) -> Outcome:
    ended_so = []
    with fleet_in(folder) as fleet:
        for stage in range(len(STAGES)):
            fleet.begin()
            for at in range(stage):
                fleet.stage(at, range(DEVICES))
            for at in range(stage, len(STAGES)):
                with suppress(GoneError, RefusalError):  # devices themselves go no further
                    fleet.stage(at, range(DEVICES // 2))
                fleet.wait()
            record = fleet.record()
            kept = sum(1 for at in STAGES for _ in fleet.store.messages(record.number, at))
            ended_so.append(record.state == "abandoned" and record.total is None and not kept)
        said = record.reason
    happened = f"{sum(ended_so)} of {len(ended_so)} end without a sum; such as {said!r}"
    return Outcome(all(ended_so), happened, "the round; nothing is revealed")


@fault("federated", "The server is replaced by a new one before every single message")
def replaced(folder: Path) -> Outcome:
    with fleet_in(folder) as fleet:
        fleet.begin()
        for stage in range(len(STAGES)):
            for place in range(DEVICES):
                fleet.restart()
                fleet.stage(stage, [place])
        exact = fleet.counted(fleet.record()) == list(range(DEVICES))
    return Outcome(exact, f"{DEVICES * len(STAGES)} servers, one exact sum of {DEVICES} devices")


@fault("federated", "Messages replayed, in their stage and later, and second ones of other content")
def replayed(folder: Path) -> Outcome:
    again = other = late = 0
    with fleet_in(folder) as fleet:
        fleet.begin()
        last: list[bytes] = []
        for stage in range(len(STAGES)):
            messages = [fleet.message(place, stage) for place in range(DEVICES)]
            for place, message in enumerate(messages[:-1]):
                assert fleet.send(place, stage, message) is None
                again += fleet.send(place, stage, message) is None
                changed = message[:-1] + bytes([message[-1] ^ 1])
                other += "another message" in str(fleet.send(place, stage, changed))
                if last:
                    was = last[place]
                    was = was[:-1] + bytes([was[-1] ^ 1])
                    late += fleet.send(place, stage - 1, was) is not None
            assert fleet.send(DEVICES - 1, stage, messages[-1]) is None
            last = messages
        exact = fleet.counted(fleet.record()) == list(range(DEVICES))
    count = (DEVICES - 1) * len(STAGES)
    ok = exact and again == other == count and late == count - (DEVICES - 1)
    happened = (
        f"{again} replays are answered as before, {other} others and {late} late ones refused"
    )
    return Outcome(ok, f"{happened}; the sum is exact")


@fault("federated", "Messages of strangers, of strangers' certificates, of noise, cut short")
def forged(folder: Path) -> Outcome:
    rng = np.random.default_rng(0)
    refused = tried = 0
    with fleet_in(folder) as fleet:
        stranger, other = Identity.enrolled(Authority()), fleet.identities[0]
        for visit in (
            Visit(stranger.public, stranger.certificate, "home"),
            Visit(stranger.public, other.certificate, "home"),
        ):
            (answer,) = fleet.coordinator.welcome([visit], fleet.now)
            tried, refused = tried + 1, refused + isinstance(answer, Exception)
        fleet.begin()
        for stage in range(len(STAGES)):
            message = fleet.message(0, stage)
            letter = Letter(fleet.round_id, STAGES[stage], stranger.public, message)
            (answer,) = fleet.coordinator.take([letter], fleet.now)
            wrong = [fleet.send(1, stage, data) for data in (rng.bytes(500), message[:-1], b"")]
            wrong.append(answer)
            tried += len(wrong)
            refused += sum(isinstance(each, Exception) for each in wrong)
            assert fleet.send(0, stage, message) is None
            fleet.stage(stage, range(1, DEVICES))
        exact = fleet.counted(fleet.record()) == list(range(DEVICES))
    happened = f"{refused} of {tried} refused; the sum of the others is exact"
    return Outcome(exact and refused == tried, happened)


@fault("federated", "The server's clock jumps an hour ahead in each stage, and an hour back")
def clock(folder: Path) -> Outcome:
    right = []
    with fleet_in(folder) as fleet:
        for stage in range(len(STAGES)):
            for jump_s in (HOUR_S, -HOUR_S):
                fleet.now += 10 * HOUR_S
                fleet.begin()
                for at in range(stage):
                    fleet.stage(at, range(DEVICES))
                fleet.stage(stage, range(DEVICES - GONE))
                fleet.now += jump_s
                fleet.coordinator.tick(fleet.now)
                if jump_s < 0:
                    fleet.stage(stage, range(DEVICES - GONE, DEVICES))
                for at in range(stage + 1, len(STAGES)):
                    there = DEVICES if jump_s < 0 or stage > VECTORS else DEVICES - GONE
                    gone_later = jump_s > 0 and stage > VECTORS
                    fleet.stage(at, range(DEVICES - GONE if gone_later else there))
                wanted = DEVICES if jump_s < 0 or stage > VECTORS else DEVICES - GONE
                right.append(fleet.counted(fleet.record()) == list(range(wanted)))
    happened = "ahead: the stage ends with those who answered; back: it waits for the others"
    return Outcome(all(right), f"{happened}; {sum(right)} of {len(right)} sums exact")


@fault("federated", "Another program holds the database while devices send")
def held(folder: Path) -> Outcome:
    with fleet_in(folder) as fleet:
        fleet.begin()
        other = sqlite3.connect(folder / "rounds.db", check_same_thread=False, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        let_go = threading.Timer(1.0, lambda: other.execute("ROLLBACK"))
        let_go.start()
        fleet.stage(0, [0])
        waited = not let_go.is_alive()
        let_go.join()
        other.close()
        fleet.stage(0, range(1, DEVICES))
        for stage in range(1, len(STAGES)):
            fleet.stage(stage, range(DEVICES))
        exact = fleet.counted(fleet.record()) == list(range(DEVICES))
    return Outcome(waited and exact, "messages wait until they are kept; the sum is exact")


@fault(
    "federated", "The database is overwritten with noise in mid-round, and the server begins anew"
)
def damaged(folder: Path) -> Outcome:
    path = folder / "rounds.db"
    with fleet_in(folder) as fleet:
        fleet.begin()
        fleet.stage(0, range(DEVICES))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(np.random.default_rng(0).bytes(size - 4_096))

    def begin() -> None:
        with fleet_in(folder) as anew:
            anew.begin()

    said = refusal(begin, StoreError)
    return Outcome(bool(said), said, "the rounds, and it is told")


@contextmanager
def service_in(folder: Path) -> Iterator[Service]:
    found = Service(folder, f"sqlite:///{folder}/rounds.db")
    found.start()
    try:
        yield found
    finally:
        found.kill()


@fault("federated", "The server is killed (SIGKILL) in each stage and started again", quick=False)
def server_killed(folder: Path) -> Outcome:
    """Devices come over TLS; the server is killed as soon as the store says a stage has begun."""
    with service_in(folder) as service, Store(service.store) as store:
        fleet = Devices(service, 16)
        fleet.enrol(DEVICES)
        round_id = asked(store, service.keys, DEVICES, 16, timeout_s=30.0)
        killed_in = []
        try:
            fleet.begin(0, DEVICES)
            for stage in range(1, len(STAGES) + 1):
                until = time.monotonic() + 120
                while (record := store.named(round_id)).state == "open" and record.phase < stage:
                    assert time.monotonic() < until, record
                    threading.Event().wait(0.02)
                if record.state != "open":
                    break
                service.kill()
                killed_in.append(record.phase)
                service.start()
            record = ended(store, round_id)
        finally:
            fleet.end()
        whole = record.state == "done" and fleet.taken[round_id.hex(), "vectors"] <= numbers_in(
            record
        )
    happened = (
        f"killed {len(killed_in)} times; the round ends with the exact sum of {record.devices}"
    )
    return Outcome(whole and len(set(killed_in)) >= 4, happened)


@fault("federated", "Requests over TLS that are not signed, signed for another, of noise, too long")
def requests(folder: Path) -> Outcome:
    rng = np.random.default_rng(0)
    path = f"{wire.CHECK_IN}?region=home"
    with service_in(folder) as service:
        known = Identity.enrolled(service.keys.authority)
        good = wire.signed_headers(known, "POST", path, b"")
        stranger = wire.signed_headers(Identity.enrolled(Authority()), "POST", path, b"")
        noise = {name: rng.bytes(40).hex() for name in good}
        with httpx.Client(base_url=service.url, verify=False, timeout=30) as client:
            codes = [
                client.post(path).status_code,
                client.post(path, headers=noise).status_code,
                client.post(path, headers=stranger).status_code,
                client.post(path, headers=good, content=b"another body").status_code,
                client.post(path, headers=good, content=bytes(100_000)).status_code,
                client.post(f"{path}%00", headers=good).status_code,
                client.get("/v1/rounds/none/plan", headers=good).status_code,
            ]
            after = client.post(path, headers=good)
    told = all(400 <= code < 500 for code in codes)
    happened = f"answered by {sorted(set(codes))}; an honest device is welcome afterwards"
    return Outcome(told and after.status_code == 200, happened)
