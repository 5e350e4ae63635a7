"""Let at most one packet through in each period."""

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY, Packet


@STANDARD.calculator("PacketThinnerCalculator")
class PacketThinner(Calculator):
    """Thin a stream to one packet in `period` microseconds.

    `thinner_type: ASYNC` (the default): after a packet was sent, those of the next period are
    dropped. `SYNC`: periods are centred at `start_time` + i * `period`, and of each the packet
    nearest to the centre is sent (of two as near, the later), at the centre, or at its own time
    with `sync_output_timestamps: false`. Packets before `start_time` (SYNC: 0 unless given) or
    from `end_time` on are dropped. The side packet PERIOD replaces the option.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """One stream of any type."""
        contract.inputs_of(contract.inputs[0].tag if contract.inputs else "", at_least=1)
        contract.outputs_of(contract.outputs[0].tag if contract.outputs else "", at_least=1)
        contract.side_input("PERIOD", int, optional=True)
        if not _is_sync(contract.options.get("thinner_type", "ASYNC"), contract.node):
            contract.timestamp_offset = 0

    def open(self, ctx: Context) -> None:
        """Read the options, and promise that nothing comes before the start."""
        options = ctx.options
        self._sync = _is_sync(options.get("thinner_type", "ASYNC"), ctx.name)
        period = ctx.side.get("PERIOD")
        self._period = int(options.get("period", 1) if period is None else period)
        self._start = int(options.get("start_time", 0 if self._sync else ts.MIN))
        self._end = int(options.get("end_time", ts.MAX))
        if self._period < 1 or self._start >= self._end:
            raise ConfigError(
                f"a thinner needs period >= 1 and start_time < end_time, not {self._period}, "
                f"{ts.describe(self._start)} and {ts.describe(self._end)}"
            )
        self._at_centre = bool(options.get("sync_output_timestamps", True))
        self._next = self._start
        self._best: Packet | None = None
        ctx.outputs.ports[0].set_next_timestamp_bound(self._start)

    def process(self, ctx: Context) -> None:
        """Send, keep or drop the packet."""
        packet, out = ctx.inputs.packets[0], ctx.outputs.ports[0]
        if packet.payload is EMPTY or packet.timestamp < self._start:
            return
        if packet.timestamp >= self._end:
            out.close()
        elif self._sync:
            self._keep_best(ctx, packet)
        elif packet.timestamp >= self._next:
            out.add(packet)
            self._next = min(packet.timestamp + self._period, ts.MAX)
            out.set_next_timestamp_bound(max(out.bound, self._next))

    def close(self, ctx: Context) -> None:
        """Send the packet of the last period."""
        if self._best is not None and not ctx.outputs.ports[0].closed:
            ctx.outputs.ports[0].add(self._restamped(self._best))

    def _keep_best(self, ctx: Context, packet: Packet) -> None:
        out, best = ctx.outputs.ports[0], self._best
        centre = self._centre(packet.timestamp)
        if best is not None and self._centre(best.timestamp) == centre:
            if abs(packet.timestamp - centre) <= abs(best.timestamp - centre):
                self._best = packet
            return
        if best is not None:
            out.add(self._restamped(best))
        bound = centre if self._at_centre else packet.timestamp
        out.set_next_timestamp_bound(max(out.bound, bound))
        self._best = packet

    def _restamped(self, packet: Packet) -> Packet:
        return packet.at(self._centre(packet.timestamp)) if self._at_centre else packet

    def _centre(self, timestamp: int) -> int:
        periods = (timestamp - self._start + self._period // 2) // self._period
        return self._start + periods * self._period


def _is_sync(thinner_type: object, node: str) -> bool:
    if thinner_type in ("ASYNC", 1):
        return False
    if thinner_type in ("SYNC", 2):
        return True
    raise ConfigError(f"node {node!r}: thinner_type is ASYNC or SYNC, not {thinner_type!r}")
