"""Bring a stream to a constant rate."""

import math

from firsthand.core import timestamp as ts
from firsthand.errors import ConfigError
from firsthand.graph.calculator import STANDARD, Calculator, Contract
from firsthand.graph.context import Context
from firsthand.graph.packet import EMPTY, Packet

_US_PER_S = 1_000_000


@STANDARD.calculator("PacketResamplerCalculator")
class PacketResampler(Calculator):
    """Send one packet for each period of 1 / `frame_rate` seconds, at the period's centre.

    Each period gets the packet nearest to its centre, or the latest one before it where it had
    none. Centres lie at whole periods from the first packet, or from `base_timestamp`. Options,
    in microseconds: `start_time` and `end_time` (only outputs in this half-open range are sent;
    with `round_limits` also those within half a period of it), and `flush_last_packet` (true
    unless given: at the end, the last packet is sent for its period too).

    MediaPipe's `jitter` and `reproducible_sampling` are refused.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """One stream, tagged DATA or untagged."""
        key: str | int = "DATA" if "DATA" in contract.inputs.ids else 0
        contract.input(key)
        contract.output("DATA" if "DATA" in contract.outputs.ids else 0)
        rate = contract.options.get("frame_rate", -1.0)
        if not 0 < rate <= _US_PER_S:
            raise ConfigError(
                f"node {contract.node!r}: frame_rate={rate} must lie above 0 and at most at "
                f"{_US_PER_S} a second"
            )
        for name in ("jitter", "reproducible_sampling"):
            if contract.options.get(name):
                raise ConfigError(
                    f"node {contract.node!r}: option {name} is not there; outputs lie at regular "
                    "times, so leave it out"
                )

    def open(self, ctx: Context) -> None:
        """Read the options; no packet has come."""
        options = ctx.options
        self._rate = float(options["frame_rate"])
        self._base: int | None = options.get("base_timestamp")
        margin = int(_US_PER_S / self._rate) // 2 if options.get("round_limits") else 0
        self._start = max(options.get("start_time", ts.MIN) - margin, ts.MIN)
        self._end = min(options.get("end_time", ts.MAX) + margin, ts.MAX)
        self._flush = bool(options.get("flush_last_packet", True))
        self._first: int | None = None
        self._last: Packet | None = None
        self._period = 0

    def process(self, ctx: Context) -> None:
        """Fill the periods before this packet, and its own if its centre has passed."""
        packet = ctx.inputs.packets[0]
        if packet.payload is EMPTY:
            return
        if self._first is None:
            self._first = self._aligned(packet.timestamp)
        now = self._index(packet.timestamp)
        if now >= self._period:
            while now > self._period:
                # Only alignment to a base can leave periods before the first packet.
                self._send(ctx, self._last or packet)
            centre = self._centre(self._period)
            if packet.timestamp >= centre:
                last = self._last
                nearer = last is None or packet.timestamp - centre <= centre - last.timestamp
                self._send(ctx, packet if nearer or last is None else last)
            port = ctx.outputs.ports[0]
            port.set_next_timestamp_bound(max(port.bound, self._centre(self._period)))
        self._last = packet

    def close(self, ctx: Context) -> None:
        """Send the last packet if its period has had none."""
        if ctx.graph_error is not None or self._last is None or not self._flush:
            return
        if self._index(self._last.timestamp) == self._period:
            self._send(ctx, self._last)

    def _send(self, ctx: Context, packet: Packet) -> None:
        centre = self._centre(self._period)
        if self._start <= centre < self._end:
            ctx.outputs.ports[0].add(packet.at(centre))
        self._period += 1

    def _aligned(self, timestamp: int) -> int:
        if self._base is None:
            return timestamp
        periods = _round((timestamp - self._base) / _US_PER_S * self._rate)
        return self._base + _round(periods / self._rate * _US_PER_S)

    def _index(self, timestamp: int) -> int:
        assert self._first is not None
        return _round((timestamp - self._first) / _US_PER_S * self._rate)

    def _centre(self, period: int) -> int:
        assert self._first is not None
        return self._first + _round(period / self._rate * _US_PER_S)


def _round(value: float) -> int:
    """Round to the nearest whole number, halves away from zero (Python rounds them to even)."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
