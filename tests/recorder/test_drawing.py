"""A recording is drawn whatever it holds."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from spoken import MEETING, transcripts

from firsthand.errors import InputError
from firsthand.recorder.drawing import draw_recording
from firsthand.recorder.library import Bars
from firsthand.recorder.transcript import Transcript, Turn, Word


def bars(count: int, seed: int = 0) -> Bars:
    rng = np.random.default_rng(seed)
    colours = rng.integers(-1, 3, count).astype(np.int16)
    return Bars(("speech", "dog", "rain"), colours, rng.integers(0, 256, count).astype(np.uint8))


def test_the_legend_names_what_is_heard_and_the_speakers(tmp_path) -> None:
    text = draw_recording("Talk", bars(200), MEETING, tmp_path / "talk.svg").read_text()
    for name in ("Talk", "speech", "dog", "rain", "Ann &amp; Bob", "Speaker 2", "Good"):
        assert name in text
    again = draw_recording("Talk", bars(200), MEETING, tmp_path / "again.svg").read_text()
    assert again == text


LATE = Transcript((Word("late", 113, 900),), (Turn(0, 113, 900),), {0: "a long name" * 9})


@settings(max_examples=5)
@example(np.zeros(1, np.int16), LATE)
@example(np.zeros(3, np.int16), LATE)
@given(hnp.arrays(np.int16, st.integers(1, 2_000), elements=st.integers(-1, 1)), transcripts())
def test_any_recording_is_drawn(tmp_path_factory, colours, transcript) -> None:
    drawn = Bars(("one", "$other$"), colours, np.full(len(colours), 100, np.uint8))
    path = draw_recording("x", drawn, transcript, tmp_path_factory.getbasetemp() / "any.png")
    assert path.stat().st_size > 1_000


def test_five_hours_are_drawn_with_few_bars(tmp_path) -> None:
    long = Transcript((Word("$x$", 0, 9),), (Turn(0, 0, 10**6), Turn(9, 10**6, 10**7)))
    path = draw_recording("Long", bars(5 * 72_000), long, tmp_path / "long.svg")
    assert path.stat().st_size < 1_000_000


def test_what_was_not_listened_to_is_not_drawn(tmp_path) -> None:
    with pytest.raises(InputError, match="was not listened to"):
        draw_recording("x", bars(0), MEETING, tmp_path / "x.png")
