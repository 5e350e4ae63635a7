"""The recorder's stages as calculators: thin, the work is done by the plain functions."""

from typing import Final

import numpy as np

from firsthand.graph import STANDARD, Calculator, Context, Contract
from firsthand.recorder import speech, voice
from firsthand.recorder.guessing import Guesser
from firsthand.recorder.sounds.listener import Heard, Listener
from firsthand.recorder.speakers.embedding import SpeakerNetwork, Voices, VoicesState
from firsthand.recorder.speech import Spoken
from firsthand.recorder.transcriber import Transcriber, written
from firsthand.runtime import Runner

_GUESS_EVERY: Final = voice.RATE_HZ // 4


@STANDARD.calculator("RecorderVoiceCalculator")
class Voice(Calculator):
    """From blocks of samples (n,) at 16 kHz to how likely each frame is speech, by VOICE."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read blocks."""
        contract.input(0, np.ndarray)
        contract.side_input("VOICE", Runner)
        contract.output(0, np.ndarray)

    def open(self, _: Context) -> None:
        """Begin with silence."""
        self._state = voice.VoiceState()

    def process(self, ctx: Context) -> None:
        """Judge the frames that are whole by now."""
        block = ctx.inputs[0].payload
        self._state, chances = voice.step(ctx.side["VOICE"], self._state, block)
        ctx.send(0, chances)


@STANDARD.calculator("RecorderSpeechCalculator")
class Speech(Calculator):
    """From blocks and their chances to lists of `Spoken`, SPANS, and the `Spoken` UNDER_WAY.

    A span comes at the timestamp of the block with which its pause is over, the last one when the
    stream ends, at the timestamp after the last block's.
    """

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read blocks and chances."""
        contract.input("SOUND", np.ndarray)
        contract.input("CHANCES", np.ndarray)
        contract.output("SPANS", list)
        contract.output("UNDER_WAY", Spoken, optional=True)

    def open(self, _: Context) -> None:
        """Begin with silence."""
        self._state = speech.SpeechState()
        self._samples = self._last = 0

    def process(self, ctx: Context) -> None:
        """Cut what has been said by now."""
        block = ctx.inputs["SOUND"].payload
        self._state, ended = speech.step(self._state, block, ctx.inputs["CHANCES"].payload)
        self._last = ctx.timestamp
        if ended:
            ctx.send("SPANS", ended)
        self._samples += len(block)
        if "UNDER_WAY" in ctx.outputs and self._samples >= _GUESS_EVERY:
            self._samples = 0
            if (now := speech.under_way(self._state)) is not None:
                ctx.send("UNDER_WAY", now)

    def close(self, ctx: Context) -> None:
        """Cut what was being said."""
        if ended := speech.finish(self._state):
            ctx.send("SPANS", ended, self._last + 1)


@STANDARD.calculator("RecorderTranscribeCalculator")
class Transcribe(Calculator):
    """From lists of `Spoken` to lists of words, none empty, by ENGINE."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read spans."""
        contract.input(0, list)
        contract.side_input("ENGINE", object)
        contract.output(0, list)

    def open(self, _: Context) -> None:
        """Begin with no words."""
        self._last_ms = 0

    def process(self, ctx: Context) -> None:
        """Write down spans."""
        engine: Transcriber = ctx.side["ENGINE"]
        words = []
        for span in ctx.inputs[0].payload:
            words += written(engine, span, self._last_ms)
            self._last_ms = words[-1].start_ms if words else self._last_ms
        if words:
            ctx.send(0, words)


@STANDARD.calculator("RecorderGuessCalculator")
class Guess(Calculator):
    """From the `Spoken` under way to the words so far, by GUESSER."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read what is under way."""
        contract.input(0, Spoken)
        contract.side_input("GUESSER", object)
        contract.output(0, list)

    def process(self, ctx: Context) -> None:
        """Guess."""
        guesser: Guesser = ctx.side["GUESSER"]
        ctx.send(0, guesser.words(ctx.inputs[0].payload))


@STANDARD.calculator("RecorderSpeakersCalculator")
class Speakers(Calculator):
    """From blocks and their chances to `Voices`, by the net SPEAKERS."""

    @classmethod
    def contract(cls, contract: Contract) -> None:
        """Read blocks and chances."""
        contract.input("SOUND", np.ndarray)
        contract.input("CHANCES", np.ndarray)
        contract.side_input("SPEAKERS", SpeakerNetwork)
        contract.output(0, Voices)

    def open(self, _: Context) -> None:
        """Begin with nobody."""
        self._state = VoicesState()

    def process(self, ctx: Context) -> None:
        """Tell whose voices the windows are that are whole by now."""
        network: SpeakerNetwork = ctx.side["SPEAKERS"]
        block, chances = ctx.inputs["SOUND"].payload, ctx.inputs["CHANCES"].payload
        self._state, voices = network.step(self._state, block, chances)
        if len(voices.places):
            ctx.send(0, voices)


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
