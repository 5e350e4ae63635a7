"""The demo's part about recordings: one in; words, speakers, sounds, tags and a picture out."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from firsthand.cli.demo.section import Lane, Section, Sound, Span, Words

if TYPE_CHECKING:
    from firsthand.recorder.library import Bars
    from firsthand.recorder.transcript import Transcript

_FORMS: Final[tuple[Literal["vtt", "json"], ...]] = ("vtt", "json")
_TITLE: Final = "Two readers"
HOW: Final = """\
firsthand recorder add two_readers.ogg
firsthand recorder show 1
firsthand recorder search lobster
firsthand recorder serve  # all in a page"""


def run(examples: Path, folder: Path) -> Section:
    """Add the recording of `examples` to a library of its own, and show what is known of it."""
    from firsthand.cli.recorder import loaded_ears
    from firsthand.cli.recorder_telling import print_recording
    from firsthand.cli.telling import showing
    from firsthand.recorder.adding import add_audio
    from firsthand.recorder.cues import cues
    from firsthand.recorder.drawing import draw_recording
    from firsthand.recorder.exchange import write_transcript
    from firsthand.recorder.library import Library
    from firsthand.recorder.loading import EarsOptions

    path = examples / "media" / "recorder" / "two_readers.ogg"
    ears = loaded_ears(EarsOptions(language="en"))
    with tempfile.TemporaryDirectory() as kept, Library(kept) as library, showing() as tell:
        number, _ = add_audio(library, path, ears, title=_TITLE, tell=tell)
        print_recording(library, number)
        transcript, bars, tags = (
            library.transcript(number),
            library.bars(number),
            library.tags(number),
        )
    draw_recording(_TITLE, bars, transcript, folder / "two_readers.png")
    for kind in _FORMS:
        text = write_transcript(transcript, kind)
        (folder / f"two_readers.{kind}").write_text(text, encoding="utf-8")
    heard, key = waves(bars)
    said = [
        (cue.start_ms / 1000, "" if cue.speaker is None else transcript.name_of(cue.speaker),
         cue.text)
        for cue in cues(transcript)
    ]  # fmt: skip
    missed = sorted({"dog", "rooster", "rain"} - {name for _, name in key})
    misses = f"it misses the {' and the '.join(missed)}" if missed else "nothing is missed"
    titled = f" Three words for a title: {', '.join(tags)}." if tags else ""
    return Section(
        told="47 seconds of two readers, a dog, a rooster and rain, written down on this computer "
        "alone, with who speaks and what else is heard. The waveform is coloured by what the small "
        f"network hears; {misses}. Click the waveform or a line to hear it." + titled,
        how=HOW,
        blocks=(
            Sound(
                _TITLE,
                path.read_bytes(),
                "audio/ogg",
                told=f"written down by {ears.engine.name}",
                waves=heard,
                lanes=(speaking(transcript, len(bars.levels) * 50),),
                key=key
                + [
                    (2 + speaker % 4, transcript.name_of(speaker))
                    for speaker in sorted({turn.speaker for turn in transcript.turns})
                ],
            ),
            Words(said),
        ),
        files=(
            ("two_readers.vtt", "subtitles with the speakers"),
            ("two_readers.json", "each word with its times"),
            ("two_readers.png", "the recording as one picture"),
        ),
        credit="Voices from LibriSpeech (CC BY 4.0), sounds from ESC-10 (CC BY); "
        "examples/media/recorder/ATTRIBUTION.md names each.",
    )


def waves(bars: "Bars") -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return a waveform as paths of an SVG of 1000 x 100, a tint for each class, and their names.

    Tint 6 is where nothing is heard.
    """
    import numpy as np

    drawn = bars.shortened(1_000)
    at = (np.arange(len(drawn.levels)) + 0.5) * 1000 / max(1, len(drawn.levels))
    reach = np.maximum(drawn.levels / 255 * 48, 0.5)
    classes = [place for place in np.unique(drawn.colours).tolist() if place >= 0]
    tints = {-1: 6} | {place: number % 6 for number, place in enumerate(classes)}
    paths = []
    for place, tint in tints.items():
        mine = np.flatnonzero(drawn.colours == place).tolist()
        lines = (f"M{at[n]:.1f},{50 - reach[n]:.1f}V{50 + reach[n]:.1f}" for n in mine)
        paths.append((tint, "".join(lines)))
    return paths, [(tints[place], bars.classes[place]) for place in classes]


def speaking(transcript: "Transcript", whole_ms: int) -> Lane:
    """Return who speaks when."""
    return Lane(
        "who speaks",
        [
            Span(
                turn.start_ms / whole_ms,
                turn.end_ms / whole_ms,
                transcript.name_of(turn.speaker),
                2 + turn.speaker % 4,
            )
            for turn in transcript.turns
        ],
    )
