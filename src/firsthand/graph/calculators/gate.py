"""Let packets through, or not."""

from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY

_CONTROLS = ("ALLOW", "DISALLOW")


@STANDARD.calculator("GateCalculator")
class Gate(Calculator):
    """Hand on the untagged inputs while ALLOW is true (or DISALLOW false).

    The control is a stream or a side packet; without one, the option `allow` decides (false
    unless given). A time at which the control stream has no packet counts as disallowed, with the
    option `empty_packets_as_allow` as allowed. STATE_CHANGE gets the new state whenever it
    changes. What is held back still raises the outputs' bounds; where a side packet closes the
    gate for good, the outputs are closed.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Untagged streams of any type in and out; at most one control."""
        streams = [tag for tag in _CONTROLS if tag in contract.inputs.ids]
        sides = [tag for tag in _CONTROLS if tag in contract.side_inputs.ids]
        if len(streams) + len(sides) > 1:
            raise ConfigError(
                f"node {contract.node!r} has {len(streams) + len(sides)} controls; give ALLOW or "
                "DISALLOW, as a stream or as a side packet"
            )
        for tag in streams:
            contract.input(tag, bool)
        for tag in sides:
            contract.side_input(tag, bool, optional=True)
        gated = contract.inputs_of("")
        if contract.outputs_of("") != gated:
            raise ConfigError(
                f"node {contract.node!r} gates {gated} streams, so it needs as many untagged "
                f"outputs; it was given: {contract.outputs.describe()}"
            )
        contract.output("STATE_CHANGE", bool, optional=True)
        contract.timestamp_offset = 0

    def open(self, ctx: Context) -> None:
        """Find what decides."""
        self._control = next((tag for tag in _CONTROLS if tag in ctx.inputs), "")
        self._when_empty = bool(ctx.options.get("empty_packets_as_allow", False))
        self._fixed = bool(ctx.options.get("allow", False))
        self._for_good = False
        for tag in _CONTROLS:
            decision = ctx.side.get(tag)
            if decision is not None:
                self._fixed = decision == (tag == "ALLOW")
                self._for_good = not self._fixed
        self._state: bool | None = None

    def process(self, ctx: Context) -> None:
        """Decide, tell of a change, and hand on."""
        allow = self._fixed
        if self._control:
            control = ctx.inputs[self._control].payload
            allow = self._when_empty if control is EMPTY else control == (self._control == "ALLOW")
        if self._state not in (None, allow) and "STATE_CHANGE" in ctx.outputs:
            ctx.send("STATE_CHANGE", allow)
        self._state = allow
        for i, packet in enumerate(ctx.inputs.packets):  # untagged ports come first
            if i not in ctx.outputs:
                break
            if self._for_good:
                ctx.outputs[i].close()
            elif allow and packet.payload is not EMPTY:
                ctx.outputs[i].add(packet)
