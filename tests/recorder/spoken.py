"""Transcripts for tests: made up by hypothesis, and one to read."""

from hypothesis import strategies as st

from firsthand.recorder.transcript import Transcript, Turn, Word

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12)


@st.composite
def transcripts(draw, most=30, texts=TEXTS):
    words, at_ms = [], 0
    for text in draw(st.lists(texts, max_size=most)):
        at_ms += draw(st.integers(0, 3_000))
        long_ms = draw(st.integers(0, 2_000))
        sure = draw(st.integers(0, 100)) / 100
        words.append(Word(text, at_ms, at_ms + long_ms, sure, draw(st.booleans())))
    turns, at_ms = [], 0
    for speaker in draw(st.lists(st.integers(0, 3), max_size=5)):
        start_ms = at_ms + draw(st.integers(0, 2_000))
        at_ms = start_ms + draw(st.integers(0, 20_000))
        turns.append(Turn(speaker, start_ms, at_ms))
    names = draw(st.dictionaries(st.integers(0, 3), st.text(max_size=8), max_size=3))
    return Transcript(tuple(words), tuple(turns), names, "en", "drawn")


def said(line: str, start_ms: int = 0, each_ms: int = 300) -> list[Word]:
    return [
        Word(text, start_ms + each_ms * n, start_ms + each_ms * (n + 1) - 50)
        for n, text in enumerate(line.split())
    ]


MEETING = Transcript(
    tuple(
        said("Good morning, everybody.")
        + said("Shall we begin with the budget?", 2_000)
        + said("Yes: 5 < 6 & 7 > 6.", 6_000)
    ),
    (Turn(0, 0, 4_000), Turn(1, 5_900, 9_000)),
    {0: "Ann & Bob"},
    "en",
    "people",
)
