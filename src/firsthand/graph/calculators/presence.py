"""Tell where a stream has packets."""

from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY


@STANDARD.calculator("PacketPresenceCalculator")
class PacketPresence(Calculator):
    """Send true for each packet of PACKET, and false for each settled time without one."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """PACKET of any type in, PRESENCE out."""
        contract.input("PACKET")
        contract.output("PRESENCE", bool)
        contract.process_timestamp_bounds = True
        contract.timestamp_offset = 0

    def process(self, ctx: Context) -> None:
        """Tell of this time."""
        ctx.send("PRESENCE", ctx.inputs["PACKET"].payload is not EMPTY)
