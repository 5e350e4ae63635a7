"""Join an input with what the graph made of the input before it."""

from collections import deque

from firsthand.core import timestamp as ts
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY, Packet
from firsthand.graph.policies import immediate


@STANDARD.calculator("PreviousLoopbackCalculator")
class PreviousLoopback(Calculator):
    """Send the LOOP packet made at the previous MAIN packet's time, at this MAIN packet's time.

    LOOP is a back edge. For the first MAIN packet, and wherever LOOP had no packet, PREV_LOOP
    only gets a bound, so that nobody waits for a result that does not exist.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Take MAIN and LOOP of any type, make PREV_LOOP."""
        contract.input("MAIN")
        contract.input("LOOP")
        contract.output("PREV_LOOP")
        contract.policy = immediate
        contract.process_timestamp_bounds = True

    def open(self, ctx: Context) -> None:  # noqa: ARG002 - the signature is the calculator's
        """Start with nothing seen."""
        self._mains: deque[tuple[int, int]] = deque()  # time, and the LOOP time it waits for
        self._loops: deque[Packet] = deque()
        self._last_main = self._last_main_packet = ts.UNSTARTED
        self._last_loop = ts.UNSET

    def process(self, ctx: Context) -> None:
        """Match as many MAIN times as LOOP has settled."""
        main, loop = ctx.inputs["MAIN"], ctx.inputs["LOOP"]
        if main.timestamp > self._last_main:
            self._last_main = main.timestamp
            if main.payload is EMPTY:
                self._mains.append((main.timestamp, ts.UNSET))
            else:
                self._mains.append((main.timestamp, self._last_main_packet))
                self._last_main_packet = main.timestamp
        if loop.timestamp > self._last_loop:
            self._last_loop = loop.timestamp
            self._loops.append(loop)
        out = ctx.outputs["PREV_LOOP"]
        while self._mains and self._loops:
            time, wanted = self._mains[0]
            found = self._loops[0]
            if wanted > found.timestamp:
                self._loops.popleft()
                continue
            self._mains.popleft()
            if wanted == found.timestamp:
                self._loops.popleft()
                if found.payload is not EMPTY:
                    out.add(found.at(time))
                    continue
            out.set_next_timestamp_bound(ts.next_allowed(time))
        if not self._mains and main.payload is EMPTY and main.timestamp == ts.MAX:
            out.close()
