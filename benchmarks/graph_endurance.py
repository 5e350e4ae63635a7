"""Does an hour of video pass through the graph in order and without growing, whatever nodes do?

108,000 frames (an hour at 30 a second; two minutes with --quick) of hands under a moving camera
run through the hand tracking graph with gestures, lite weights, on threads, all frames kept. Then
a tenth of that runs through the live variant, fed as fast as it goes, where the flow limiter must
drop frames. `out_of_order` counts results not later than the one before, `missing` frames without
a result; `growth_mb` is resident memory in the last tenth over that in the second. `faults_ended`
of `faults_tried` runs ended by themselves with an error that names the node, after a node was
made to raise, to return or send nonsense, to fall silent, or to hang (which a time-out must find).
"""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from firsthand.core import Clock, MonotonicClock
from firsthand.errors import CalculatorError, GraphTimeoutError
from firsthand.graph import Calculator, Context, Contract, Graph, GraphBuilder, Packet
from firsthand.graph.calculators import PassThrough
from firsthand.hands import Hands
from firsthand.hands.pipeline import gesture_graph
from firsthand.measure import Figure, Findings, Options, plot_lines, run_benchmark
from firsthand.media import Frame
from hands_clips import demo_clip

FPS = 30
FAULTS = ("raise", "nonsense", "no packet", "old packet", "silent", "hang")


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1e3
    raise AssertionError("no VmRSS in /proc/self/status")


def endless(clip: list[Frame]) -> Iterator[Frame]:
    for number, frame in enumerate(itertools.cycle(clip)):
        yield Frame(frame.image, round(number * 1e6 / FPS))


class Order:
    """Counts results, and those that are not later than the one before; keeps none of them."""

    def __init__(self) -> None:
        self.count = self.wrong = 0
        self._last = -1

    def add(self, packet: Packet) -> None:
        self.count += 1
        self.wrong += packet.timestamp <= self._last
        self._last = packet.timestamp


def pass_through(
    graph: Graph, hands: Hands, frames: Iterator[Frame], count: int, clock: Clock
) -> tuple[Order, list[float], float]:
    """Return what came out, memory over the run in MB, and frames a second."""
    order = Order()
    memory: list[float] = []
    side = {"models": hands.models, "options": hands.options}
    start_us = clock.now_us()
    with graph.start(side, observe={"hands": order.add}, threads=1) as run:
        for number, frame in enumerate(itertools.islice(frames, count)):
            run.add("frame", frame, frame.timestamp_us)
            if number % max(1, count // 200) == 0:
                memory.append(resident_mb())
    return order, memory, count / ((clock.now_us() - start_us) / 1e6)


def growth(memory: list[float]) -> float:
    tenth = len(memory) // 10
    return float(np.median(memory[-tenth:]) - np.median(memory[tenth : 2 * tenth]))


def faulty(kind: str, at: int, release: threading.Event) -> type[Calculator]:
    class Faulty(Calculator):
        @classmethod
        def contract(cls, contract: Contract) -> None:
            contract.input(0)
            contract.output(0, int)
            contract.timestamp_offset = 0

        def process(self, ctx: Context) -> object:  # type: ignore[override] # nonsense on purpose
            if ctx.timestamp == at:
                if kind == "raise":
                    raise ZeroDivisionError("planted")
                if kind == "nonsense":
                    return "nonsense"
                if kind == "no packet":
                    ctx.outputs[0].add(object())  # type: ignore[arg-type]
                if kind == "old packet":
                    ctx.send(0, 1, at=at)
                    ctx.send(0, 1, at=at - 1)
                if kind == "silent":
                    return None
                if kind == "hang":
                    release.wait()
            ctx.send(0, 1)
            return None

    return Faulty


def ends(kind: str, at: int, threads: int) -> bool:
    """Whether a graph with a planted fault comes to the end it should come to."""
    g = GraphBuilder()
    release = threading.Event()
    before = g.node(PassThrough, inputs=[g.input("in")], outputs=["a"])
    bad = g.node(faulty(kind, at, release), inputs=[before[0]], outputs=["b"], name="planted")
    after = g.node(PassThrough, inputs=[bad[0]], outputs=["c"])
    seen: list[Packet] = []
    run = Graph(g.build()).start(observe={after[0].name: seen.append}, threads=threads)
    try:
        for time in range(50):
            run.add("in", 1, time)
        run.close_inputs()
        run.wait_until_done(timeout_s=0.2 if kind == "hang" else 30)
    except CalculatorError as error:
        return kind not in ("silent", "hang") and error.node == "planted"
    except GraphTimeoutError as error:
        run.cancel()
        release.set()
        return kind == "hang" and "planted" in str(error)
    return kind == "silent" and len(seen) == 49


def measure(options: Options) -> Findings:
    count = 2 * 60 * FPS if options.quick else 3600 * FPS
    clip = demo_clip(options.seed)
    clock = MonotonicClock()
    hands = Hands.load("lite", max_hands=2)
    order, memory, fps = pass_through(Graph(gesture_graph()), hands, endless(clip), count, clock)
    live_count = count // 10
    live, live_memory, _ = pass_through(
        Graph(gesture_graph(in_flight=1)), hands, endless(clip), live_count, clock
    )
    tried = [
        ends(kind, at, threads)
        for kind in FAULTS
        for at in (0, 1, 25, 49)
        for threads in (0, 1, 3)
        if kind != "hang" or threads
    ]
    plot_lines(
        {"all frames kept": (list(np.linspace(0, count / FPS / 60, len(memory))), memory)},
        options.plot(),
        title="Resident memory over an hour of video",
        x_label="minutes of video",
        y_label="MB",
    )
    return Findings(
        {
            "frames": Figure(count),
            "missing": Figure(count - order.count, n=count),
            "out_of_order": Figure(order.wrong + live.wrong, n=count),
            "growth_mb": Figure(growth(memory), unit="MB", note="last tenth over the second"),
            "growth_mb_live": Figure(growth(live_memory), unit="MB"),
            "peak_mb": Figure(max(memory), unit="MB"),
            "frames_per_second": Figure(fps, note="on a busy machine: not a speed figure"),
            "live_frames_dropped": Figure(live_count - live.count, n=live_count),
            "faults_tried": Figure(len(tried)),
            "faults_ended": Figure(sum(tried), n=len(tried)),
        }
    )


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
