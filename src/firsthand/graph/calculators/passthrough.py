"""Hand every packet on unchanged."""

from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
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

    def process(self, ctx: Context) -> None:
        """Hand on what there is."""
        for packet, port in zip(ctx.inputs.packets, ctx.outputs.ports):  # noqa: B905 - hot
            if packet.payload is not EMPTY:
                port.add(packet)
