"""Repeat the latest packets whenever a tick arrives."""

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY, Packet


@STANDARD.calculator("PacketClonerCalculator")
class PacketCloner(Calculator):
    """At each packet of the last input, send the latest packet of every other input.

    An input that has had no packet yet only raises its output's bound. With the option
    `output_only_when_all_inputs_received` such ticks are dropped, with
    `output_packets_only_when_all_inputs_received` they raise the bound of all outputs.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Take inputs of any type, the tick last; have an output for each of the others."""
        if len(contract.inputs) < 2 or len(contract.outputs) != len(contract.inputs) - 1:
            raise ConfigError(
                f"node {contract.node!r} repeats all inputs but the last; it has inputs "
                f"({contract.inputs.describe()}) and outputs ({contract.outputs.describe()})"
            )
        for tag in contract.inputs.tags():
            contract.inputs_of(tag)
        for tag in contract.outputs.tags():
            contract.outputs_of(tag)

    def open(self, ctx: Context) -> None:
        """Read the options; nothing has arrived."""
        self._settle_early = bool(
            ctx.options.get("output_packets_only_when_all_inputs_received", False)
        )
        self._wait_for_all = self._settle_early or bool(
            ctx.options.get("output_only_when_all_inputs_received", False)
        )
        self._latest: list[Packet | None] = [None] * len(ctx.outputs.ports)

    def process(self, ctx: Context) -> None:
        """Remember, and repeat at a tick."""
        for i in range(len(self._latest)):
            if ctx.inputs.packets[i].payload is not EMPTY:
                self._latest[i] = ctx.inputs.packets[i]
        if ctx.inputs.packets[-1].payload is EMPTY:
            return
        hold_back = self._wait_for_all and None in self._latest
        if hold_back and not self._settle_early:
            return
        for packet, port in zip(self._latest, ctx.outputs.ports, strict=True):
            if packet is None or hold_back:
                port.set_next_timestamp_bound(ts.next_allowed(ctx.timestamp))
            else:
                port.add(packet.at(ctx.timestamp))
