"""Share one stream out over several, and gather them again."""

from collections.abc import Sequence

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError, InputError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY, Packet
from firsthand.graph.policies import CLOSE, NOT_READY, PROCESS, InputPolicy
from firsthand.graph.ports import PortMap
from firsthand.graph.streams import InputStream


class MuxPolicy(InputPolicy):
    """Wait for the control stream and the one data stream it selects; drop what others missed.

    The control is the last port, as in MediaPipe; it carries the position of a data port. A
    position that does not exist is left to the calculator to refuse.
    """

    def __init__(self, streams: Sequence[InputStream]) -> None:
        self._data, self._control = streams[:-1], streams[-1]

    def readiness(self) -> tuple[int, int]:
        """See `InputPolicy.readiness`."""
        time = self._control.head()
        self._drop_before(time)
        if not self._control.queue:
            return (CLOSE if time == ts.DONE else NOT_READY), time
        selected = self._selected()
        if selected is None or selected.queue or selected.bound > time:
            return PROCESS, time
        return NOT_READY, time

    def fill(self, timestamp: int) -> list[Packet]:
        """See `InputPolicy.fill`."""
        selected = self._selected()
        packets = [
            stream.take(timestamp) if stream is selected else Packet(EMPTY, timestamp)
            for stream in self._data
        ]
        packets.append(self._control.take(timestamp))
        self._drop_before(ts.next_allowed(timestamp))
        return packets

    def _selected(self) -> InputStream | None:
        i = self._control.queue[0].payload
        return self._data[i] if isinstance(i, int) and 0 <= i < len(self._data) else None

    def _drop_before(self, timestamp: int) -> None:
        for stream in self._data:
            while stream.queue and stream.queue[0].timestamp < timestamp:
                stream.queue.popleft()


def mux(streams: Sequence[InputStream], _ports: PortMap, _bounds: bool) -> InputPolicy:
    """Make a `MuxPolicy`."""
    return MuxPolicy(streams)


@STANDARD.calculator("MuxCalculator")
class Mux(Calculator):
    """Hand on, at each time of SELECT, the packet of the INPUT it names (0, 1, ...).

    SELECT is a stream, or a side packet that holds for the whole run.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """INPUT:0, INPUT:1, ... of any type in, OUTPUT out."""
        contract.inputs_of("INPUT", at_least=1)
        contract.output("OUTPUT")
        if "SELECT" in contract.side_inputs.ids:
            contract.side_input("SELECT", int)
        else:
            contract.input("SELECT", int)
            contract.policy = mux
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Hand on the selected packet."""
        if "SELECT" in ctx.side:
            select = ctx.side["SELECT"]
            inputs = ctx.inputs.packets
        else:
            select = ctx.inputs["SELECT"].payload
            inputs = ctx.inputs.packets[:-1]
        if not 0 <= select < len(inputs):
            raise InputError(f"SELECT is {select}; the node has INPUT:0 to INPUT:{len(inputs) - 1}")
        if inputs[select].payload is not EMPTY:
            ctx.outputs["OUTPUT"].add(inputs[select])


@STANDARD.calculator("RoundRobinDemuxCalculator")
class RoundRobinDemux(Calculator):
    """Send packets to OUTPUT:0, OUTPUT:1, ... in turn; SELECT tells a `Mux` where each went."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """One input of any tag; OUTPUTs, and SELECT where wanted."""
        if len(contract.inputs) != 1:
            raise ConfigError(
                f"node {contract.node!r} shares out one input; it has: {contract.inputs.describe()}"
            )
        contract.inputs_of(contract.inputs[0].tag)
        contract.outputs_of("OUTPUT", at_least=1)
        contract.output("SELECT", int, optional=True)

    def open(self, ctx: Context) -> None:
        """Start with OUTPUT:0."""
        self._next = 0
        self._count = len(ctx.outputs.ports) - ("SELECT" in ctx.outputs)

    def process(self, ctx: Context) -> None:
        """Send to the next one."""
        ctx.outputs[f"OUTPUT:{self._next}"].add(ctx.inputs.packets[0])
        if "SELECT" in ctx.outputs:
            ctx.send("SELECT", self._next)
        self._next = (self._next + 1) % self._count
