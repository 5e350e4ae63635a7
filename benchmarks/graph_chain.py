"""What does the graph cost by itself, beside MediaPipe's C++ graph driven from Python?

A chain of 10 pass-through nodes, the same text configuration on both sides; every packet is made,
sent in and observed at the end from Python. The plain figures are both sides as they come: ours
in the calling thread, MediaPipe's on its pool of threads, one wait after the last packet.
`..._each` waits for every packet, as a live pipeline does. `..._calling_thread` gives MediaPipe
its ApplicationThreadExecutor, which is like with like, and `..._threads` puts ours on a thread of
its threaded executor. Both sides are held to one processor, where MediaPipe is at its fastest,
and take turns in one run. Ratios are MediaPipe's time over ours.
"""

import time
from collections.abc import Callable
from pathlib import Path

from firsthand.graph import Graph, Packet
from firsthand.measure import (
    Elapsed,
    Figure,
    Findings,
    Options,
    Peer,
    PeerEnvironment,
    available_cpus,
    compare,
    pinned,
    plot_ratios,
    run_benchmark,
)

ROOT = Path(__file__).resolve().parents[1]
NODES = 10


def chain_text(nodes: int) -> str:
    body = "".join(
        'node { calculator: "PassThroughCalculator" '
        f'input_stream: "s{index}" output_stream: "s{index + 1}" }}\n'
        for index in range(nodes)
    )
    return f'input_stream: "s0"\noutput_stream: "s{nodes}"\n{body}'


def our_chain(packets: int, wait: str, threads: int = 0) -> Callable[[], Elapsed]:
    graph = Graph(chain_text(NODES))

    def run_once() -> Elapsed:
        seen: list[Packet] = []
        with graph.start(observe={f"s{NODES}": seen.append}, threads=threads) as run:
            add, idle = run.add_packet, run.wait_until_idle if wait == "each" else None
            start = time.perf_counter()
            for index in range(packets):
                add("s0", Packet(index, index))
                if idle is not None:
                    idle()
            run.wait_until_idle()
            elapsed_s = time.perf_counter() - start
        return per_packet(elapsed_s, len(seen), packets)

    return run_once


def mediapipe_chain(
    peer: Peer, packets: int, wait: str, executor: str = "default"
) -> Callable[[], Elapsed]:
    def run_once() -> Elapsed:
        reply = peer.call("graph_chain", nodes=NODES, packets=packets, wait=wait, executor=executor)
        return per_packet(reply["elapsed_s"], reply["received"], packets)

    return run_once


def per_packet(elapsed_s: float, received: int, packets: int) -> Elapsed:
    if received != packets:
        raise AssertionError(f"{received} of {packets} packets came out")
    return Elapsed(elapsed_s / packets)


def measure(options: Options) -> Findings:
    rounds, packets = (12, 400) if options.quick else (60, 2000)
    cpu = available_cpus()[-1:]
    worker = ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py"
    environment = PeerEnvironment("mediapipe", ROOT)
    with pinned(cpu), Peer(environment, worker, cpus=cpu) as peer:
        ours = {
            "ours": our_chain(packets, "end"),
            "ours each": our_chain(packets, "each"),
            "ours threads": our_chain(packets, "end", threads=1),
        }
        theirs = {
            "mediapipe": mediapipe_chain(peer, packets, "end"),
            "mediapipe each": mediapipe_chain(peer, packets, "each"),
            "mediapipe calling": mediapipe_chain(peer, packets, "end", "calling_thread"),
            "mediapipe calling each": mediapipe_chain(peer, packets, "each", "calling_thread"),
        }
        found = compare(
            {**ours, **theirs},
            rounds=rounds,
            seed=options.seed,
            around=dict.fromkeys(ours, peer.paused),
        )
        versions = peer.call("versions").values

    def cost(name: str, note: str) -> Figure:
        return Figure.of(found.latency(name).median_us, "us", note, rounds)

    pairs = {
        "ratio": ("mediapipe", "ours"),
        "ratio_each": ("mediapipe each", "ours each"),
        "ratio_calling_thread": ("mediapipe calling", "ours"),
        "ratio_calling_thread_each": ("mediapipe calling each", "ours each"),
        "ratio_threads": ("mediapipe", "ours threads"),
    }
    ratios = {name: found.ratio(*pair) for name, pair in pairs.items()}
    plot_ratios(
        {
            "as they come": ratios["ratio"],
            "as they come, wait for each": ratios["ratio_each"],
            "both in the calling thread": ratios["ratio_calling_thread"],
            "both, wait for each": ratios["ratio_calling_thread_each"],
            "both on other threads": ratios["ratio_threads"],
        },
        options.plot(),
        title=f"Chain of {NODES} pass-through nodes",
        label="MediaPipe's time over ours (above 1: ours is faster)",
    )
    figures = {
        "us_per_packet": cost("ours", f"{NODES} nodes, calling thread, one wait at the end"),
        "us_per_packet_mediapipe": cost("mediapipe", "the same chain, its default executor"),
        "us_per_packet_each": cost("ours each", "a wait after each packet"),
        "us_per_packet_mediapipe_each": cost("mediapipe each", "a wait after each packet"),
        "us_per_packet_mediapipe_calling_thread": cost(
            "mediapipe calling", "ApplicationThreadExecutor"
        ),
        "us_per_packet_mediapipe_calling_thread_each": cost(
            "mediapipe calling each", "ApplicationThreadExecutor, a wait after each packet"
        ),
        "us_per_packet_threads": cost("ours threads", "ours on one executor thread"),
    }
    for name, (above, below) in pairs.items():
        figures[name] = Figure.of(ratios[name], note=f"{above} over {below}", n=rounds)
    figures |= {
        "disturbed_blocks": Figure(
            int(found.disturbed.sum()),
            note="beside which the sentinel was off",
            n=found.disturbed.size,
        ),
    }
    peers = {"mediapipe": versions["mediapipe"], "mediapipe's numpy": versions["numpy"]}
    return Findings(figures, peers, found.noise)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
