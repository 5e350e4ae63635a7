"""Make one stream of several."""

from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY


@STANDARD.calculator("MergeCalculator")
class Merge(Calculator):
    """Hand on, at each time, the packet of the first input that has one."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """At least one input of any tag; one output."""
        if not contract.inputs or len(contract.outputs) != 1:
            raise ConfigError(
                f"node {contract.node!r} merges one or more inputs into one output; it has "
                f"inputs ({contract.inputs.describe()}) and outputs "
                f"({contract.outputs.describe()})"
            )
        for tag in contract.inputs.tags():
            contract.inputs_of(tag)
        for tag in contract.outputs.tags():
            contract.outputs_of(tag)
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Hand on the first packet there is."""
        for packet in ctx.inputs.packets:
            if packet.payload is not EMPTY:
                ctx.outputs.ports[0].add(packet)
                return
