"""Side packets from options, and streams from side packets."""

from typing import Any, Final

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, STOP, Calculator, Contract, Stop
from firsthand.graph.config import option_list
from firsthand.graph.context import Context
from firsthand.graph.packet import Packet

_VALUES: Final = {
    "int_value": int, "uint64_value": int, "int64_value": int, "float_value": float,
    "double_value": float, "bool_value": bool, "string_value": str,
}  # fmt: skip


@STANDARD.calculator("ConstantSidePacketCalculator")
class ConstantSidePacket(Calculator):
    """Make side packets PACKET:0, PACKET:1, ... of the options `packet { int_value: 2 }`, ..."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """As many outputs as there are values."""
        values = option_list(contract.options, "packet")
        names = [str(port) for port in contract.side_outputs if port.tag == "PACKET"]
        if len(values) != len(names) or not values:
            raise ConfigError(
                f"node {contract.node!r} has {len(values)} values for {len(names)} side packets "
                "PACKET:0, PACKET:1, ..."
            )
        for i, value in enumerate(values):
            contract.side_output(f"PACKET:{i}", type(_constant(value, contract.node)))

    def open(self, ctx: Context) -> None:
        """Set them all."""
        for i, value in enumerate(option_list(ctx.options, "packet")):
            ctx.side_outputs.set(f"PACKET:{i}", _constant(value, ctx.name))

    def process(self, ctx: Context) -> Stop:  # noqa: ARG002 - the signature is the calculator's
        """End at once: all is done."""
        return STOP


def _constant(value: Any, node: str) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        ((field, constant),) = value.items()
        if field in _VALUES:
            return _VALUES[field](constant)
    raise ConfigError(f"node {node!r}: packet {value!r} must have one field of {sorted(_VALUES)}")


_TIMES: Final = {"AT_PRESTREAM": ts.PRE_STREAM, "AT_POSTSTREAM": ts.POST_STREAM, "AT_ZERO": 0}
_OUTPUTS: Final = (*_TIMES, "AT_TICK", "AT_FIRST_TICK", "AT_TIMESTAMP")


@STANDARD.calculator("SidePacketToStreamCalculator")
class SidePacketToStream(Calculator):
    """Send side packets once, or at each packet of TICK, on the output of the same position.

    The outputs' tag says when: AT_PRESTREAM, AT_POSTSTREAM, AT_ZERO, AT_TIMESTAMP (that of side
    packet TIMESTAMP), AT_TICK, or AT_FIRST_TICK.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """One output tag; TICK in where the tag asks for it."""
        tags = contract.outputs.tags()
        if len(tags) != 1 or tags[0] not in _OUTPUTS:
            raise ConfigError(
                f"node {contract.node!r} has outputs ({contract.outputs.describe()}); it takes "
                f"one tag of {_OUTPUTS}"
            )
        outputs = contract.outputs_of(tags[0])
        if tags[0] in ("AT_TICK", "AT_FIRST_TICK"):
            contract.input("TICK")
            contract.timestamp_offset = 0
        if tags[0] == "AT_TIMESTAMP":
            contract.side_input("TIMESTAMP", int)
        given = contract.side_inputs.count("")
        if given != outputs:
            raise ConfigError(
                f"node {contract.node!r} has {given} untagged side packets for {outputs} outputs"
            )
        for i in range(given):
            contract.side_input(i)

    def open(self, ctx: Context) -> None:
        """Find the time."""
        tag = next(tag for tag in _OUTPUTS if tag in ctx.outputs)
        self._once = tag == "AT_FIRST_TICK"
        self._time = ctx.side["TIMESTAMP"] if tag == "AT_TIMESTAMP" else _TIMES.get(tag)

    def process(self, ctx: Context) -> Stop | None:
        """Send at a tick; without ticks end, so that `close` sends."""
        if self._time is not None:
            return STOP
        if not ctx.outputs.ports[0].closed:
            self._send(ctx, ctx.timestamp)
            if self._once:
                for port in ctx.outputs.ports:
                    port.close()
        return None

    def close(self, ctx: Context) -> None:
        """Send at the fixed time."""
        if self._time is not None:
            self._send(ctx, self._time)

    def _send(self, ctx: Context, timestamp: int) -> None:
        for i, port in enumerate(ctx.outputs.ports):
            port.add(Packet(ctx.side[i], timestamp))
