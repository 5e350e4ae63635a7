"""The demo's part about sounds as numbers: a classifier learns some seconds, and hears the rest."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import typer

from firsthand.cli.demo.section import Chart, Lane, Mark, Section, Sound, Span, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firsthand.speech import Classifier

LABELS: Final = ("woman", "man", "rooster", "rain", "quiet")
THERE: Final = (
    ("woman", 0.6, 4.5), ("quiet", 4.9, 5.7), ("man", 5.8, 6.8), ("man", 7.9, 10.5),
    ("man", 11.1, 13.2), ("quiet", 13.4, 15.0), ("woman", 16.6, 22.4), ("rooster", 23.2, 25.2),
    ("quiet", 25.3, 26.6), ("man", 26.8, 28.5), ("woman", 30.1, 40.8), ("rain", 41.3, 46.3),
)  # fmt: skip
"""What is in `two_readers.ogg`, in seconds; a dog's bark, too short to learn and to ask, is not."""

LEARNT_UNTIL_S: Final[Mapping[str, float]] = MappingProxyType(
    {"woman": 4.5, "man": 10.5, "rooster": 24.2, "rain": 43.3, "quiet": 15.0}
)
"""Up to when each is learnt from; what comes later it is asked about."""

HOW: Final = """\
from firsthand.speech import personalize

# sounds or files, of a second or so
told = personalize(clips, labels)
print(told(another))
told.save("mine.tflite")"""


def run(examples: Path, folder: Path) -> Section:
    """Learn five kinds of sounds from a handful of clips, and name what is in the recording."""
    from firsthand.measure import wilson
    from firsthand.media import read_audio
    from firsthand.speech import personalize
    from firsthand.speech.representation import RATE_HZ

    path = examples / "media" / "recorder" / "two_readers.ogg"
    sound, _ = read_audio(path, RATE_HZ)

    def clip(start_s: float) -> "NDArray[Any]":
        return sound[round(start_s * RATE_HZ) : round((start_s + 1) * RATE_HZ)]

    taught, asked = seconds(learnt=True), seconds(learnt=False)
    classifier = personalize([clip(at) for _, at in taught], [label for label, _ in taught])
    classifier.save(folder / "mine.tflite")
    answers = [_best(classifier, clip(at)) for _, at in asked]
    right = sum(answer == label for (label, _), answer in zip(asked, answers, strict=True))
    marks = [
        Mark(label, wilson(sum(hits), len(hits)).scaled(100))
        for label in LABELS
        if (hits := [a == label for (true, _), a in zip(asked, answers, strict=True)
                     if true == label])
    ]  # fmt: skip
    typer.echo(
        f"learnt {len(taught)} seconds, and told {right} of {len(asked)} other seconds rightly"
    )
    whole_s = len(sound) / RATE_HZ
    return Section(
        told=f"{len(taught)} clips of a second are all that this classifier learns from: of "
        "each reader's voice, a rooster, rain, and quiet. Then it is asked about seconds it "
        f"has not heard, and names {right} of {len(asked)} rightly. Voices are asked in "
        "other sentences; of the rooster and the rain there is only one recording, so the rest of "
        "that is asked. What it knows are counts and sums of 560 numbers a clip; it takes more "
        "clips at any time.",
        how=HOW,
        blocks=(
            Sound(
                "The recording",
                path.read_bytes(),
                "audio/ogg",
                told="what is there, what was learnt from, and what is heard in each second",
                spectrum=_spectrum(sound),
                lanes=(
                    Lane("what is there", [_span(each, whole_s) for each in THERE]),
                    Lane("learnt from", [_span((n, at, at + 1), whole_s) for n, at in taught]),
                    Lane(
                        "heard as",
                        [
                            _span((answer, at, at + 1), whole_s)
                            for (_, at), answer in zip(asked, answers, strict=True)
                        ],
                    ),
                ),
                key=[(tint, label) for tint, label in enumerate(LABELS)],
            ),
            Chart("Seconds named rightly, with 95% intervals", marks, "%"),
            Table(
                ("", *LABELS),
                [
                    ("clips learnt from", *_counts(taught)),
                    ("other seconds asked", *_counts(asked)),
                ],
                "How much that is",
                notes=("Ten people's words and other sounds are measured in docs/speech.md.",),
            ),
        ),
        files=(
            ("mine.tflite", "the classifier: a vector in, likelihoods out"),
            ("mine.json", "its card"),
        ),
        credit="Voices from LibriSpeech (CC BY 4.0), sounds from ESC-10 (CC BY).",
    )


def seconds(*, learnt: bool) -> list[tuple[str, float]]:
    """Return seconds to learn from, or the others: the label of each, and when it begins.

    Stretches shorter than a second are passed over.
    """
    return [
        (label, start)
        for label, first, last in THERE
        for start in _starts(first, last)
        if (start + 1 <= LEARNT_UNTIL_S[label] + 1e-6) == learnt
    ]


def _starts(first_s: float, last_s: float) -> Iterator[float]:
    count = int(last_s - first_s + 1e-6)
    yield from (first_s + number for number in range(count))


def _counts(chosen: Sequence[tuple[str, float]]) -> list[str]:
    labels = [label for label, _ in chosen]
    return [str(labels.count(label)) for label in LABELS]


def _best(classifier: "Classifier", clip: "NDArray[Any]") -> str:
    return next(iter(classifier(clip)))


def _span(there: tuple[str, float, float], whole_s: float) -> Span:
    label, first_s, last_s = there
    return Span(first_s / whole_s, last_s / whole_s, label, LABELS.index(label))


def _spectrum(sound: "NDArray[Any]") -> bytes:
    from firsthand.concealment.report.pictures import loudest_of, spectrogram_png

    return spectrogram_png(sound, loudest_of(sound))
