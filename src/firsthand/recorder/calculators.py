"""The recorder's stages as calculators: thin, the work is done by the plain functions."""

import numpy as np

from firsthand.graph import STANDARD, Calculator, Context, Contract
from firsthand.recorder.sounds.listener import Heard, Listener
from firsthand.recorder.transcriber import Listening, Transcriber, finish, step
from firsthand.runtime import Runner


@STANDARD.calculator("RecorderTranscribeCalculator")
class Transcribe(Calculator):
    """From blocks of samples (n,) at 16 kHz to lists of words, by ENGINE and the network VOICE.

    Words come at the timestamp of the block with which the pause after them is over, the last ones
    when the stream ends, at the timestamp after the last block's.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read blocks."""
        contract.input(0, np.ndarray)
        contract.side_input("ENGINE", object)
        contract.side_input("VOICE", Runner)
        contract.output(0, list)

    def open(self, ctx: Context) -> None:
        """Begin with silence."""
        self._state = Listening()
        self._engine: Transcriber = ctx.side["ENGINE"]
        self._last = 0

    def process(self, ctx: Context) -> None:
        """Write down what has been said by now."""
        self._state, words = step(
            self._engine, ctx.side["VOICE"], self._state, ctx.inputs[0].payload
        )
        self._last = ctx.timestamp
        if words:
            ctx.send(0, words)

    def close(self, ctx: Context) -> None:
        """Write down what was being said."""
        if words := finish(self._engine, self._state):
            ctx.send(0, words, self._last + 1)


@STANDARD.calculator("RecorderSoundsCalculator")
class Sounds(Calculator):
    """From blocks of samples (n,) at 16 kHz to `Heard`, by LISTENER.

    The last one comes when the stream ends, at the timestamp after the last block's.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read blocks."""
        contract.input(0, np.ndarray)
        contract.side_input("LISTENER", Listener)
        contract.output(0, Heard)

    def open(self, ctx: Context) -> None:
        """Begin with nothing heard."""
        self._listener: Listener = ctx.side["LISTENER"]
        self._state = self._listener.begin()
        self._last = 0

    def process(self, ctx: Context) -> None:
        """Tell what is settled by now."""
        self._state, heard = self._listener.step(self._state, ctx.inputs[0].payload)
        self._last = ctx.timestamp
        ctx.send(0, heard)

    def close(self, ctx: Context) -> None:
        """Tell the rest."""
        ctx.send(0, self._listener.finish(self._state), self._last + 1)
