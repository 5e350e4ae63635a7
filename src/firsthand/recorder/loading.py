"""What is to listen to recordings, chosen by name and loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from firsthand.errors import InputError, ModelNotFoundError
from firsthand.recorder.engines.sphinx import PocketSphinx, SphinxGuesser
from firsthand.recorder.engines.whisper import Whisper
from firsthand.recorder.engines.whisper_weights import BASE
from firsthand.recorder.guessing import Guesser, Shared, TailGuesser
from firsthand.recorder.sounds.loading import load_listener
from firsthand.recorder.speakers.loading import load_speakers
from firsthand.recorder.transcriber import Transcriber
from firsthand.recorder.voice import load_voice
from firsthand.recorder.writing import Ears

Engine = Literal["auto", "whisper", "pocketsphinx"]
Sounds = Literal["own", "yamnet", "none"]


@dataclass(frozen=True, slots=True)
class EarsOptions:
    """What is to listen to a recording, and whether somebody reads along (`live`).

    `engine` auto takes Whisper where its model is; `model` is the folder of one, "" for the base
    model; `language` a code such as "en", "" if it is to be found out.
    """

    engine: Engine = "auto"
    model: str = ""
    language: str = ""
    sounds: Sounds = "own"
    speakers: bool = True
    live: bool = False


def load_ears(asked: EarsOptions, warn: Callable[[str], None] = lambda _: None) -> Ears:
    """Load what is asked for; `warn` is told where that is not the best there is.

    Raises what loading a model does, and `InputError` for what an engine does not know.
    """
    return ears_with(Shared(load_engine(asked, warn)), asked)


def ears_with(engine: Shared, asked: EarsOptions) -> Ears:
    """Load all but the engine, which several recordings may share."""
    guesser: Guesser | None = None
    if asked.live:
        guesser = SphinxGuesser() if engine.name == PocketSphinx.name else TailGuesser(engine)
    return Ears(
        engine,
        load_voice(),
        None if asked.sounds == "none" else load_listener(asked.sounds),
        load_speakers() if asked.speakers else None,
        guesser,
    )


def load_engine(asked: EarsOptions, warn: Callable[[str], None] = lambda _: None) -> Transcriber:
    """Load what writes words down; see `load_ears`."""
    if asked.engine != "pocketsphinx":
        try:
            return Whisper(asked.model or BASE, language=asked.language)
        except ModelNotFoundError as error:
            if asked.engine == "whisper" or asked.model:
                raise
            warn(f"{error}; going on with PocketSphinx, which makes more mistakes")
    if asked.language not in ("", "en"):
        raise InputError(
            f"PocketSphinx knows English only, not {asked.language!r}; use --engine whisper"
        )
    return PocketSphinx()
