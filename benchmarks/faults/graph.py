"""A graph in whose middle something goes wrong, and one that nobody reads from."""

import threading
from pathlib import Path

from faults import Outcome, fault, refusal
from firsthand.errors import CalculatorError, DeadlockError, GraphError, TimestampError
from firsthand.graph import STOP, Calculator, Context, Contract, Graph, GraphBuilder, Packet
from firsthand.graph.calculators import PassThrough
from graph_endurance import FAULTS, ends

TIMES, THREADS = (0, 25, 49), (0, 1, 3)
CAPACITY, MADE = 20, 10_000


def chain(most: int = 100, *, report_deadlock: bool = False) -> Graph:
    """Three nodes in a row, from `in` to `c`."""
    g = GraphBuilder()
    stream = g.input("in")
    for name in "abc":
        stream = g.node(PassThrough, inputs=[stream], outputs=[name])[0]
    g.output(stream)
    return Graph(g.build(max_queue_size=most, report_deadlock=report_deadlock))


@fault("graph", "A node in the middle raises, sends nonsense, falls silent or hangs")
def nodes(folder: Path) -> Outcome:
    _ = folder
    tried = [
        ends(kind, at, threads)
        for kind in FAULTS
        for at in TIMES
        for threads in THREADS
        if kind != "hang" or threads
    ]
    happened = f"{sum(tried)} of {len(tried)} runs end by themselves, with the node's name"
    return Outcome(all(tried), happened, "packets after it")


@fault("graph", "Whoever observes a stream raises")
def observer(folder: Path) -> Outcome:
    _ = folder
    told = []
    for threads in THREADS:

        def observe(packet: Packet) -> None:
            if packet.timestamp == 25:
                raise ZeroDivisionError("planted")

        def run(threads: int = threads, observe=observe) -> None:
            with chain().start(observe={"c": observe}, threads=threads) as run:
                for time in range(50):
                    run.add("in", time, time)

        told.append(refusal(run, CalculatorError))
    return Outcome(all("stream 'c'" in each for each in told), told[0], "packets after it")


@fault("graph", "Whoever polls a stream stops reading, while a node makes ten thousand packets")
def unread(folder: Path) -> Outcome:
    _ = folder
    made = 0

    class Source(Calculator):
        """Counts to ten thousand."""

        @classmethod
        def contract(cls, contract: Contract) -> None:
            contract.output(0, int)

        def process(self, ctx: Context) -> object:
            nonlocal made
            if made == MADE:
                return STOP
            ctx.send(0, made, at=made)
            made += 1
            return None

    g = GraphBuilder()
    g.node(Source, outputs=["n"])
    run = Graph(g.build(max_queue_size=CAPACITY)).start(poll=["n"], threads=1)
    threading.Event().wait(0.5)
    held_at = made
    read = [packet.payload for packet in iter(lambda: run.next_output("n", 30), None)]
    run.wait_until_done(timeout_s=30)
    ok = held_at <= 2 * CAPACITY and read == list(range(MADE))
    return Outcome(ok, f"it is held back after {held_at} packets; then all {len(read)} are read")


@fault("graph", "Fed and never read, where a graph may not grow")
def never_read(folder: Path) -> Outcome:
    _ = folder
    run = chain(CAPACITY, report_deadlock=True).start(poll=["c"], threads=1)
    count = 0

    def feed() -> None:
        nonlocal count
        for time in range(MADE):
            run.add("in", time, time)
            count += 1

    said = refusal(feed, DeadlockError)
    run.cancel()
    ok = bool(said) and count <= 10 * CAPACITY
    return Outcome(ok, f"after {count} packets: {said}", "what is not taken any more")


@fault("graph", "A source whose times go back, and one that comes after the end")
def times(folder: Path) -> Outcome:
    _ = folder
    told = []
    for threads in THREADS:
        seen: list[Packet] = []
        with chain().start(observe={"c": seen.append}, threads=threads) as run:
            run.add("in", 1, 10)
            told.append(refusal(lambda run=run: run.add("in", 2, 5), TimestampError))
            run.add("in", 3, 11)
            run.close_inputs()
            told.append(refusal(lambda run=run: run.add("in", 4, 12), GraphError))
        assert [packet.payload for packet in seen] == [1, 3]
    return Outcome(all(told), f"refused, and the run goes on; {told[0]}", "the packets refused")
