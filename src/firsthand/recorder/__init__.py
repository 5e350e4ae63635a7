"""Recordings that can be read, searched and seen: words, sounds, speakers and tags.

    from firsthand.recorder import Library

    with Library("recordings") as library:
        for hit in library.search("public key"):
            print(hit)

After Google's Recorder. Nothing heavy is loaded here: a module comes when one of its names is first
used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.recorder.drawing import draw_recording
    from firsthand.recorder.engines.given import Given
    from firsthand.recorder.engines.sphinx import PocketSphinx
    from firsthand.recorder.engines.whisper import Whisper
    from firsthand.recorder.exchange import read_transcript, write_transcript
    from firsthand.recorder.library import Library
    from firsthand.recorder.pipeline import recorder_graph
    from firsthand.recorder.sounds.listener import Listener, together
    from firsthand.recorder.sounds.loading import load_listener
    from firsthand.recorder.speakers.embedding import Voices
    from firsthand.recorder.speakers.turns import turns_of
    from firsthand.recorder.transcript import Transcript, Turn, Word
    from firsthand.recorder.voice import load_voice

_HOMES = {
    "drawing": ("draw_recording",),
    "engines.given": ("Given",),
    "engines.sphinx": ("PocketSphinx",),
    "engines.whisper": ("Whisper",),
    "exchange": ("read_transcript", "write_transcript"),
    "library": ("Library",),
    "pipeline": ("recorder_graph",),
    "sounds.listener": ("Listener", "together"),
    "sounds.loading": ("load_listener",),
    "speakers.embedding": ("Voices",),
    "speakers.turns": ("turns_of",),
    "transcript": ("Transcript", "Turn", "Word"),
    "voice": ("load_voice",),
}

__all__ = [
    "Given",
    "Library",
    "Listener",
    "PocketSphinx",
    "Transcript",
    "Turn",
    "Voices",
    "Whisper",
    "Word",
    "draw_recording",
    "load_listener",
    "load_voice",
    "read_transcript",
    "recorder_graph",
    "together",
    "turns_of",
    "write_transcript",
]

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
