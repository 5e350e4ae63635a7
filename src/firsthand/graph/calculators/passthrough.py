"""Hand every packet on unchanged."""

from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, STOP, Calculator, Contract, Stop
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY


@STANDARD.calculator("PassThroughCalculator")
class PassThrough(Calculator):
    """Each input port has an output port of the same tag and index; side packets likewise."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Any ports, the same on both sides."""
        if contract.inputs.ids != contract.outputs.ids:
            raise ConfigError(
                f"node {contract.node!r}: inputs ({contract.inputs.describe()}) and outputs "
                f"({contract.outputs.describe()}) must have the same tags and indexes"
            )
        for tag in contract.inputs.tags():
            contract.inputs_of(tag)
            contract.outputs_of(tag)
        for key in contract.side_inputs.ids:
            contract.side_input(key)
        for key in contract.side_outputs.ids:
            contract.side_output(key)
        contract.timestamp_offset = 0

    def open(self, ctx: Context) -> None:
        """Hand on the side packets."""
        for key in ctx.side_outputs.names():
            ctx.side_outputs.set(key, ctx.side[key])

    def process(self, ctx: Context) -> Stop | None:
        """Hand on what there is; end where there is no input to wait for."""
        packets, ports = ctx.inputs.packets, ctx.outputs.ports
        if len(packets) == 1:  # the usual case, at half the cost
            if packets[0].payload is not EMPTY:
                ports[0].add(packets[0])
            return None
        for packet, port in zip(packets, ports, strict=True):
            if packet.payload is not EMPTY:
                port.add(packet)
        return None if packets else STOP
