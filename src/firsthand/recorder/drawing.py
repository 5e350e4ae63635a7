"""A recording as a picture: its waveform coloured by what is heard, who speaks, and some words."""

import textwrap
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from firsthand.errors import InputError
from firsthand.measure.plots import PALETTE, house_axes
from firsthand.recorder.library import Bars
from firsthand.recorder.transcript import Transcript, Word, joined

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR_MS: Final = 50
_MOST_BARS: Final = 1_200
_WIDTH_INCHES: Final = 11.0
_NOTHING: Final = "#BBBBBB"
_SPEAKERS_AT: Final = -1.25
_WORDS_AT: Final = -1.75
_CHARACTERS: Final = 170
_LONGEST: Final = 22


def draw_recording(title: str, bars: Bars, transcript: Transcript, path: Path) -> Path:
    """Draw a recording as `path`, .svg or .png.

    Of a long one each drawn bar is the loudest of several, in the colour that most of them have.
    Raises `InputError` where no bars were written, `MissingDependencyError` without matplotlib.
    """
    if not len(bars.levels):
        raise InputError("there is nothing to draw: its sound was not listened to")
    drawn = bars.shortened(_MOST_BARS)
    colours, levels = drawn.colours, drawn.levels / 255
    seconds = len(bars.levels) * _BAR_MS / 1000
    at = (np.arange(len(levels)) + 0.5) * seconds / len(levels)
    with house_axes(path, title, (_WIDTH_INCHES, 3.0)) as axes:
        found = sorted(set(colours.tolist()) - {-1})
        paint = dict(zip(found, _paints(), strict=False)) | {-1: _NOTHING}
        for colour, name in ((-1, ""), *((place, bars.classes[place]) for place in found)):
            mine = colours == colour
            axes.vlines(
                at[mine], -levels[mine], levels[mine], colors=paint[colour], lw=0.8, label=name
            )
        said = transcript.between(0, round(seconds * 1000))
        _draw_speakers(axes, said)
        _draw_words(axes, said, seconds)
        axes.set(xlim=(0, seconds), ylim=(_WORDS_AT - 0.3, 1.1), yticks=(), xlabel="seconds")
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        if found:
            axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return path


def _draw_speakers(axes: "Axes", transcript: Transcript) -> None:
    paints = list(islice(_paints(), 1 + max((t.speaker for t in transcript.turns), default=0)))
    told: set[int] = set()
    for turn in transcript.turns:
        start_s, end_s = turn.start_ms / 1000, turn.end_ms / 1000
        axes.hlines(_SPEAKERS_AT, start_s, end_s, colors=paints[turn.speaker], lw=6)
        if turn.speaker not in told:
            told.add(turn.speaker)
            name = transcript.name_of(turn.speaker)
            axes.text(
                start_s, _SPEAKERS_AT + 0.1, _plain(name), fontsize=8, va="bottom", clip_on=True
            )


def _draw_words(axes: "Axes", transcript: Transcript, seconds: float) -> None:
    """Write as many words as there is room for, where they are said."""
    wide_s = seconds / _CHARACTERS
    room_s = 0.0
    line = groupby(
        transcript.words, lambda word: int(word.start_ms / 1000 / ((_LONGEST + 1) * wide_s))
    )
    for _, group in line:
        words: list[Word] = list(group)
        start_s = words[0].start_ms / 1000
        text = _plain(textwrap.shorten(joined(words), _LONGEST, placeholder="\u2026"))
        if start_s >= room_s:
            axes.text(start_s, _WORDS_AT, text, fontsize=6.5, va="center", clip_on=True)
            room_s = start_s + (len(text) + 1) * wide_s


def _plain(text: str) -> str:
    """Return text that matplotlib does not take for a formula."""
    return text.replace("$", r"\$")


def _paints() -> Iterator[str]:
    while True:
        yield from PALETTE
