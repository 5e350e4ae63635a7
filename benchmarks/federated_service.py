"""Does a federated service keep its word when devices and servers die, and how many can it hold?

- `rounds_exact`: rounds of 200 devices over HTTPS, on this machine, in seven processes and 20
  processes of one device each that kill themselves, four in each phase; the share of rounds whose
  sum is that of all who sent a vector, and of nobody else. Every device has a number of its own, so
  that the sum says who is in it.
- `kills_survived`: the server is killed (SIGKILL) at 50 random moments and started again, while 40
  devices go through round after round; the share of rounds that are afterwards either exact, with
  all in it whose vector was acknowledged, or ended without a sum. `rounds_done` of
  `rounds_begun` had a sum; none was ever a second one.
- `checkins_per_s_sqlite`, `checkins_per_s_postgresql`: visits of devices, each signed, verified and
  kept before it is answered, that one process takes on one core, over TLS from 64 connections of
  `wrk` on the other; `p99_ms` and `p99_ms_postgresql`: their 99th percentile.

`--quick`: 24 devices with five lost, three kills, short loads.
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx2 as httpx
import numpy as np

from firsthand.federated import Assumed, Budget, Histogram, Identity, SignedPlan, planned
from firsthand.federated.service import wire
from firsthand.federated.service.coordinator import PHASES
from firsthand.federated.service.home import Home
from firsthand.federated.service.keyring import Keyring
from firsthand.federated.service.store import Record, Store
from firsthand.measure import Figure, Findings, Options, available_cpus, run_benchmark, wilson
from firsthand.measure.postgres import postgres

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 64
ASSUMED = Assumed(0.05, 0.2)


class Service:
    """A server as `firsthand federated serve` runs it, and devices that come to it."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store = folder, store
        self.keys = Keyring.made(folder / "keys", ["localhost"], datetime.now(UTC))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, *pinned: str) -> None:
        self._server = subprocess.Popen(
            [
                *pinned, sys.executable, "-m", "firsthand.cli", "federated", "serve",
                "--keys", str(self.keys.folder), "--store", self.store,
                "--port", str(self.port), "--least-s", "1",
            ],
            stdout=subprocess.PIPE,
            cwd=self.folder,
        )  # fmt: skip
        assert self._server.stdout is not None
        while b"devices come" not in (line := self._server.stdout.readline()):
            assert line, "the server ended"

    def kill(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGKILL)
        self._server.wait()
        assert self._server.stdout is not None
        self._server.stdout.close()


class Devices:
    """Processes of devices, and what they say they had taken."""

    def __init__(self, service: Service, least: int) -> None:
        self._service, self._least = service, least
        self._processes: list[subprocess.Popen[str]] = []
        self._threads: list[threading.Thread] = []
        self.taken: dict[tuple[str, str], set[int]] = defaultdict(set)

    def enrol(self, count: int) -> None:
        homes = self._service.folder / "homes"
        for number in range(count):
            home = Home.made(homes / str(number), self._service.keys, self._service.url, "home")
            home.consent.give("number", Budget(1.0, exact=True), datetime.now(UTC))

    def begin(self, first: int, count: int, dies: str = "") -> None:
        script = ROOT / "benchmarks" / "workers" / "federated_devices.py"
        numbers = map(str, (first, count, self._least))
        process = subprocess.Popen(
            [
                sys.executable, str(script), *numbers, str(self._service.folder / "homes"),
                self._service.url, dies,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._processes.append(process)
        thread = threading.Thread(target=self._listen, args=(process,))
        thread.start()
        self._threads.append(thread)

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "round" in said:
                self.taken[said["round"], said["phase"]].add(said["device"])

    def end(self) -> None:
        for process in self._processes:
            process.kill()
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.wait()
            thread.join()
            assert process.stdin is not None
            process.stdin.close()


@contextmanager
def service_of(store: str, folder: Path) -> Iterator[Service]:
    found = Service(folder, store)
    found.start()
    try:
        yield found
    finally:
        found.kill()


def asked(store: Store, keys: Keyring, devices: int, least: int, timeout_s: float) -> bytes:
    query = Histogram("number", tuple(str(n) for n in range(devices)), most=1, each=1)
    plan = planned(query, least=least, most=devices, assumed=ASSUMED)
    signed = SignedPlan.made(plan, keys.planner)
    store.ask(plan.round_id, signed.to_bytes(), "", timeout_s, time.time())
    return plan.round_id


def ended(store: Store, round_id: bytes, within_s: float = 300.0) -> Record:
    until = time.monotonic() + within_s
    while (record := store.named(round_id)).state == "open":
        assert time.monotonic() < until, record
        time.sleep(0.2)
    return record


def numbers_in(record: Record) -> set[int]:
    """Return whose vectors are in a sum; nobody's is twice."""
    assert record.total is not None
    total = np.frombuffer(record.total, SignedPlan.parsed(record.plan).plan.dtype)
    assert total.max() <= 1, "somebody was counted twice"
    assert total.sum() == record.devices
    return set(np.flatnonzero(total).tolist())


def dying_devices(folder: Path, rounds: int, each: int) -> list[bool]:
    """Run rounds in each phase of which `each` devices kill themselves; whether all are exact."""
    found = []
    dead = each * len(PHASES)
    devices = 9 * dead + dead if each > 1 else 24
    least = devices - 2 * dead
    for _ in range(rounds):
        with (
            tempfile.TemporaryDirectory(dir=folder) as name,
            service_of(f"sqlite:///{name}/rounds.db", Path(name)) as service,
            Store(service.store) as store,
        ):
            fleet = Devices(service, least)
            fleet.enrol(devices)
            round_id = asked(store, service.keys, devices, least, timeout_s=30.0)
            try:
                for place, phase in enumerate(PHASES):
                    for number in range(each):
                        fleet.begin(place * each + number, 1, dies=phase)
                rest = np.array_split(np.arange(dead, devices), 7 if each > 1 else 1)
                for part in rest:
                    fleet.begin(int(part[0]), len(part))
                record = ended(store, round_id)
            finally:
                fleet.end()
            expected = set(range(3 * each, devices))  # they died before their vectors
            exact = record.state == "done" and numbers_in(record) == expected
            print(f"{record.state}: {record.devices}, {record.came} {record.reason}", flush=True)
            found.append(exact)
    return found


def dying_servers(folder: Path, kills: int, seed: int) -> tuple[list[bool], int]:
    """Kill the server again and again; whether each round is as it should, and how many sums."""
    random, devices, least = Random(seed), 40, 30
    with service_of(f"sqlite:///{folder}/rounds.db", folder) as service:
        fleet = Devices(service, least)
        fleet.enrol(devices)
        rounds: list[bytes] = []
        first: dict[bytes, bytes | None] = {}
        stop = threading.Event()

        def ask_on() -> None:
            with Store(service.store) as store:
                while not stop.is_set():
                    rounds.append(asked(store, service.keys, devices, least, timeout_s=10.0))
                    record = ended(store, rounds[-1])
                    first[rounds[-1]] = record.total

        asking = threading.Thread(target=ask_on)
        try:
            fleet.begin(0, 20)
            fleet.begin(20, 20)
            asking.start()
            for number in range(kills):
                time.sleep(random.uniform(0.1, 4.0))
                service.kill()
                service.start()
                print(f"killed {number + 1} times, {len(rounds)} rounds", flush=True)
            stop.set()
            asking.join()
        finally:
            stop.set()
            fleet.end()
        good = []
        with Store(service.store) as store:
            for round_id in rounds:
                record = store.named(round_id)
                assert record.total == first[round_id], "a second sum"
                if record.state == "done":
                    acknowledged = fleet.taken[round_id.hex(), "vectors"]
                    good.append(acknowledged <= numbers_in(record))
                else:
                    good.append(record.total is None)
        return good, sum(total is not None for total in first.values())


def load(folder: Path, store: str, seconds: int, visitors: int) -> tuple[float, float]:
    """Return visits a second, and their 99th percentile in ms."""
    cores = available_cpus()
    server, client = str(cores[-1]), str(cores[0])
    service = Service(folder, store)
    service.start("taskset", "-c", server)
    try:
        path = f"{wire.CHECK_IN}?region=home"
        script = folder / "visits.lua"
        identities = [Identity.enrolled(service.keys.authority) for _ in range(visitors)]
        script.write_text(visits(identities, path))
        with httpx.Client(verify=False, timeout=30) as one:
            assert one.post(service.url + path).status_code == 400
        said = subprocess.run(
            [
                "taskset", "-c", client, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
                "--latency", "-s", str(script), service.url,
            ],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    finally:
        service.kill()
    print(said, flush=True)
    found = json.loads(said.split("figures ")[1].splitlines()[0])
    assert not found["wrong"], f"{found['wrong']} visits were not answered well"
    return found["per_s"], found["p99_ms"]


def visits(identities: list[Identity], path: str) -> str:
    """Return a script for wrk: each request is one device's visit."""
    heads = [
        "{" + ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items()) + "}"
        for headers in (wire.signed_headers(each, "POST", path, b"") for each in identities)
    ]
    return f"""
local heads = {{{", ".join(heads)}}}
local at, requests = 0, {{}}
init = function()
  for n, head in ipairs(heads) do requests[n] = wrk.format("POST", "{path}", head, "") end
end
request = function() at = at % #requests + 1; return requests[at] end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('figures {{"per_s": %f, "p99_ms": %f, "wrong": %d}}',
    1e6 * summary.requests / summary.duration, latency:percentile(99) / 1e3,
    e.status + e.connect + e.read + e.write + e.timeout))
end
"""


def share(good: list[bool]) -> Figure:
    return Figure.of(wilson(sum(good), len(good)), n=len(good))


def measure(options: Options) -> Findings:
    quick = options.quick
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        seconds, visitors = (3, 200) if quick else (20, 2_000)
        for name in ("sqlite", "postgresql", "kills"):
            (folder / name).mkdir()
        figures = {}
        database = stack.enter_context(postgres()).url
        for name, store in {
            "sqlite": f"sqlite:///{folder}/sqlite/rounds.db", "postgresql": database,
        }.items():  # fmt: skip
            per_s, p99_ms = load(folder / name, store, seconds, visitors)
            figures[f"checkins_per_s_{name}"] = Figure(per_s, unit="/s", n=round(per_s * seconds))
            figures["p99_ms" if name == "sqlite" else f"p99_ms_{name}"] = Figure(p99_ms, unit="ms")
        good, sums = dying_servers(folder / "kills", 3 if quick else 50, options.seed)
        figures["kills_survived"] = share(good)
        figures["rounds_begun"] = Figure(len(good))
        figures["rounds_done"] = Figure(sums)
        figures["rounds_exact"] = share(dying_devices(folder, 1 if quick else 3, 1 if quick else 4))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
