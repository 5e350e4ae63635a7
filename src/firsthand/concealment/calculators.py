"""Concealment's stages as calculators: thin, the work is done by the plain functions."""

from typing import Final

import numpy as np

from firsthand.concealment import filling
from firsthand.concealment.jitter_buffer import JitterBuffer
from firsthand.concealment.packets import Packet
from firsthand.concealment.settings import DEFAULTS, Settings
from firsthand.concealment.statistics import Statistics
from firsthand.errors import ShapeError
from firsthand.graph import EMPTY, STANDARD, Calculator, Context, Contract
from firsthand.graph.policies import immediate

_US_PER_S: Final = 1e6


@STANDARD.calculator("ConcealmentJitterBufferCalculator")
class Buffered(Calculator):
    """From PACKETS, at their arrival, and TICKS, each asking for 10 ms, to blocks of SOUND.

    Nothing waits for anything: a tick is answered with what came before it. Fed in the order of
    time, the same packets and ticks give the same blocks. By the side packets DECODER, CONCEALER
    and SETTINGS, as `JitterBuffer` has them. STATISTICS come with the blocks.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read packets and ticks."""
        contract.input("PACKETS", Packet)
        contract.input("TICKS")
        contract.side_input("DECODER", object)
        contract.side_input("CONCEALER", object, optional=True)
        contract.side_input("SETTINGS", Settings, optional=True)
        contract.output("SOUND", np.ndarray)
        contract.output("STATISTICS", Statistics, optional=True)
        contract.policy = immediate

    def open(self, ctx: Context) -> None:
        """Begin with an empty buffer."""
        self._buffer = JitterBuffer(
            ctx.side["DECODER"],
            ctx.side.get("CONCEALER"),
            settings=ctx.side.get("SETTINGS") or DEFAULTS,
        )

    def process(self, ctx: Context) -> None:
        """Take a packet, give a block."""
        now_s = ctx.timestamp / _US_PER_S
        packet = ctx.inputs["PACKETS"].payload
        if packet is not EMPTY:
            self._buffer.push(packet, now_s)
        if ctx.inputs["TICKS"].payload is not EMPTY:
            ctx.send("SOUND", self._buffer.pull(now_s))
            if "STATISTICS" in ctx.outputs:
                ctx.send("STATISTICS", self._buffer.statistics)


@STANDARD.calculator("ConcealmentFillCalculator")
class Fill(Calculator):
    """From blocks of SOUND (rate_hz // 100,) and whether they are LOST to blocks without losses.

    A block is lost where LOST says so, and where it says anything and there is no block. By the
    side packet CONCEALER. What is heard has the time at which it is given: nothing is delayed.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read blocks and losses."""
        contract.input("SOUND", np.ndarray)
        contract.input("LOST", bool)
        contract.side_input("CONCEALER", object)
        contract.output(0, np.ndarray)
        contract.timestamp_offset = 0

    def open(self, ctx: Context) -> None:
        """Begin with nothing heard."""
        self._concealer = ctx.side["CONCEALER"]
        self._length = self._concealer.rate_hz // 100
        self._state = filling.begin(self._concealer, delay_ms=0)

    def process(self, ctx: Context) -> None:
        """Fill a block, or let it through."""
        block = ctx.inputs["SOUND"].payload
        if ctx.inputs["LOST"].payload or block is EMPTY:
            block = None
        elif block.shape != (self._length,):
            raise ShapeError(f"a block is of shape ({self._length},), not {block.shape}")
        self._state, filled = filling.step(self._state, block)
        ctx.send(0, filled)
