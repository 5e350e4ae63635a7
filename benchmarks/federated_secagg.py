"""What does secure aggregation cost, beside Flower's SecAgg+?

500 devices, vectors of 100,000 numbers modulo 2**32, everybody in one process, by CPU time, the
garbage collector off. Ours verifies certificates, signatures and the survivors' consent, which
Flower's does not have. `server_cpu_s_0` and `_10` are with 51 shares of a secret (50 neighbours'
and in Flower's one's own) and a threshold of 26, with none and a tenth of the devices lost after
they shared their secrets; `_30` with 76 neighbours and a threshold of 31. `client_cpu_ms` is the
median device's whole round. Medians over rounds; the server knows its devices' certificates from
before.

`server_ratio_flower` and `client_ratio_flower` are Flower's times over ours in the same run, with a
tenth lost, rounds alternating. `expansion` is what a device sends and is sent over its vector. With
`--quick` 60 devices and vectors of 10,000, of 15 shares.
"""

import gc
import time
from dataclasses import dataclass
from pathlib import Path

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
from firsthand.federated.degree import Degree
from firsthand.federated.simulation import PHASES
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    Peer,
    PeerEnvironment,
    available_cpus,
    bootstrap_median,
    bootstrap_ratio,
    pinned,
    plot_ratios,
    run_benchmark,
)

ROOT = Path(__file__).resolve().parents[1]
ASSUMED = Assumed(0.05, 0.10, "honest")
VECTORS = PHASES.index("vectors")


@dataclass(frozen=True)
class Setting:
    devices: int
    length: int
    degree: Degree
    lost: float

    @property
    def gone(self) -> int:
        return round(self.lost * self.devices)


@dataclass(frozen=True)
class Spent:
    server_s: float
    client_ms: float
    expansion: float


class Ours:
    """The fleet, enrolled once, and rounds of it."""

    def __init__(self, devices: int) -> None:
        self.authority, self.planner = Authority(), Ed25519PrivateKey.generate()
        self.identities = [Identity.enrolled(self.authority) for _ in range(devices)]

    def round(self, setting: Setting) -> Spent:
        query = Histogram("x", tuple(range(setting.length)), most=setting.length, each=1_000)
        least = setting.devices - setting.gone
        plan = Plan(query, least, setting.devices, ASSUMED, degree=setting.degree)
        signed = SignedPlan.made(plan, self.planner)
        assert signed.plan == plan
        vector = np.random.default_rng(0).integers(0, 1_000, setting.length)
        rules = Rules(least=3, threshold=2, assumed=Assumed(0.02, 0.02, "honest"))
        server = Aggregator(
            signed,
            self.authority.key.public_key(),
            enrolled={each.public: each.certificate for each in self.identities},
        )
        devices: dict[bytes, Device] = {}
        client = dict.fromkeys((each.public for each in self.identities), 0.0)
        passed = dict.fromkeys(client, 0)
        gone = {each.public for each in self.identities[: setting.gone]}
        outbox = dict.fromkeys(client, b"")
        server_s = 0.0
        for phase in range(len(PHASES)):
            for identity in self.identities:
                public = identity.public
                if phase >= VECTORS and public in gone:
                    continue
                before = time.process_time()
                if phase:
                    message = devices[public].receive(outbox[public])
                else:
                    devices[public] = Device(
                        identity,
                        signed,
                        lambda _: vector,
                        Ledger({"x": Budget(0.0, exact=True)}),
                        planner=self.planner.public_key(),
                        authority=self.authority.key.public_key(),
                        rules=rules,
                    )
                    message = devices[public].advertise()
                between = time.process_time()
                server.receive(public, message)
                server_s += time.process_time() - between
                client[public] += between - before
                passed[public] += len(message) + len(outbox[public])
            before = time.process_time()
            outbox = server.advance()
            server_s += time.process_time() - before
        total = server.total()
        stayed = setting.devices - setting.gone
        assert total.devices == stayed
        assert np.array_equal(total.numbers, (vector * stayed).astype(np.uint32))
        stayers = [public for public in client if public not in gone]
        return Spent(
            server_s,
            1000 * float(np.median([client[public] for public in stayers])),
            float(np.median([passed[public] for public in stayers])) / (4 * setting.length),
        )


def measure(options: Options) -> Findings:
    size, length = (60, 10_000) if options.quick else (500, 100_000)
    few = Degree(14, 8) if options.quick else Degree(50, 26)
    many = Degree(22, 9) if options.quick else Degree(76, 31)
    settings = {
        "0": Setting(size, length, few, 0.0),
        "10": Setting(size, length, few, 0.1),
        "30": Setting(size, length, many, 0.3),
    }
    rounds = 3 if options.quick else 5
    rng = np.random.default_rng(options.seed)
    ours: dict[str, list[Spent]] = {name: [] for name in settings}
    theirs: list[tuple[float, float]] = []
    cpu = available_cpus()[-1:]
    worker = ROOT / "benchmarks" / "peers" / "flower" / "worker.py"
    gc.disable()
    with pinned(cpu), Peer(PeerEnvironment("flower", ROOT), worker, cpus=cpu) as peer:
        fleet = Ours(size)
        fleet.round(settings["0"])  # to warm up
        for number in range(rounds):
            for name, setting in settings.items():
                ours[name].append(fleet.round(setting))
                gc.collect()
            if number < (3 if options.quick else 2):
                reply = peer.call(
                    "secure_sum",
                    devices=size,
                    length=length,
                    shares=few.neighbours + 1,
                    threshold=few.threshold,
                    gone=settings["10"].gone,
                    timeout_s=3600,
                )
                print(f"Flower: {reply.values}", flush=True)
                assert reply["error"] < 1e-3
                theirs.append((reply["server_cpu_s"], reply["client_cpu_ms"]))
            print(f"round {number + 1}: {[spent[-1] for spent in ours.values()]}", flush=True)
        versions = peer.call("versions").values
    gc.enable()

    def median(values: list[float], unit: str) -> Figure:
        return Figure.of(bootstrap_median(np.array(values), rng=rng), unit, n=len(values))

    figures = {
        f"server_cpu_s_{name}": median([spent.server_s for spent in some], "s")
        for name, some in ours.items()
    }
    figures["client_cpu_ms"] = median([spent.client_ms for spent in ours["10"]], "ms")
    figures["server_cpu_s_flower"] = median([server for server, _ in theirs], "s")
    figures["client_cpu_ms_flower"] = median([client for _, client in theirs], "ms")
    ratios = {
        "server": bootstrap_ratio(
            np.array([server for server, _ in theirs]),
            np.array([spent.server_s for spent in ours["10"][: len(theirs)]]),
            rng=rng,
        ),
        "client": bootstrap_ratio(
            np.array([client for _, client in theirs]),
            np.array([spent.client_ms for spent in ours["10"][: len(theirs)]]),
            rng=rng,
        ),
    }
    figures |= {
        f"{name}_ratio_flower": Figure.of(ratio, note="Flower's over ours", n=len(theirs))
        for name, ratio in ratios.items()
    }
    figures["expansion"] = Figure(ours["10"][0].expansion, n=size)
    plot_ratios(
        {f"CPU of a {name}": ratio for name, ratio in ratios.items()},
        options.plot(),
        title=f"Secure aggregation, {size} devices, {length:,} numbers",
        label="Flower's time over ours (above 1: ours is faster)",
    )
    return Findings(figures, {"flwr": versions["flwr"]})


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
