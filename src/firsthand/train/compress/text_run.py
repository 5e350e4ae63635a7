"""Texts in, a measured family out: a reader as the teacher, and int8 students of projections."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import fx, nn

from firsthand.compress.judging import Candidate, judge_family
from firsthand.compress.members import Member, write_members
from firsthand.compress.page import write_page
from firsthand.compress.text import TextProjection, TextTokens
from firsthand.errors import ConfigError
from firsthand.measure import Rules
from firsthand.runtime import Measurement
from firsthand.train.cards import About, write_model
from firsthand.train.compress.text_networks import (
    Reader,
    ReaderTask,
    TaughtTask,
    text_students,
    word_of,
)
from firsthand.train.compress.texts import TextBatches, Texts
from firsthand.train.export import arrays_to_int8_tflite, arrays_to_tflite, check_export
from firsthand.train.loop import fit
from firsthand.train.quantise import prepare
from firsthand.train.run import Progress
from firsthand.train.schedule import Schedule

TEACHER: Final = "text-teacher"
_PROBES: Final = 3
_CHECKED: Final = 16
_FLOAT_TOLERANCE: Final = 1e-3
_INT8_TOLERANCE: Final = 0.1
_SETTLING: Final = 200
_TERNARY: Final = (-128 / 127, 1.0)
"""The range whose int8 grid has -1, 0 and 1 on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlan:
    """What is made of texts, and for how long.

    - `projection`, `tokens`: what students and the teacher see.
    - `hidden`: each student's units between projection and classes.
    - `width`, `layers` of the teacher.
    - `teacher_epochs`, `epochs`, `int8_epochs`: how often the teacher and the students see each
      text, and these once more as their int8 files will compute.
    - `hidden_words`: the share of a text's words that students do not see, others each time.
    - `held_out`: the share of each class that all are judged on, and learn nothing from.

    Raises `ConfigError` for values out of range.
    """

    projection: TextProjection = TextProjection(8192)  # noqa: RUF009
    tokens: TextTokens = TextTokens()  # noqa: RUF009
    hidden: tuple[int, ...] = (64, 16)
    width: int = 128
    layers: int = 2
    teacher_epochs: int = 4
    epochs: int = 10
    int8_epochs: int = 3
    hidden_words: float = 0.1
    batch: int = 128
    held_out: float = 0.125
    threads: int = 1

    def __post_init__(self) -> None:
        counts = (self.teacher_epochs, self.epochs, self.int8_epochs, self.batch, self.threads)
        if min(counts) < 1 or not 0 < self.held_out < 1:
            raise ConfigError(
                "epochs, batch and threads are at least 1, and held_out is between 0 and 1; got "
                f"{self}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource:
    """What cards say of the texts: where they are from, and a licence for what learnt from them."""

    words: str
    licence: str


def compress_texts(
    texts: Texts,
    folder: Path,
    source: TextSource,
    plan: TextPlan,
    rules: Rules,
    *,
    seed: int,
    tell: Callable[[Progress], None] = lambda _: None,
) -> tuple[Member, ...]:
    """Train a teacher and its students, write and judge their files; return what each is worth.

    `folder` gets `text-teacher.tflite`, a `text-student-UNITS.tflite` for each student, their
    cards, `pareto.csv`, `pareto.html`, and the runs, which go on where they were stopped. A card's
    `preprocessing` are the settings of the tokens or the projection. Accuracies and times are those
    of the files, on texts of groups that nothing was learnt from.

    Raises `InputError` for texts too few to split, and what `loop.fit` and `judge_family` raise.
    """
    learn, judge = texts.split(plan.held_out, seed)
    known = f"texts {_digest(learn)}, batches of {plan.batch}"
    reading = f"a reader of {plan.width} in {plan.layers} layers of {plan.tokens}, {known}"
    learning = (
        f"students of {plan.hidden} of {plan.projection} of texts without {plan.hidden_words} of "
        f"their words, taught by {reading}"
    )
    steps = max(1, len(learn) // plan.batch)

    def schedule(epochs: int, rate: float) -> Schedule:
        count = epochs * steps
        return Schedule(
            steps=count,
            peak_rate=rate,
            warmup_steps=min(200, count // 5),
            weight_decay=0.05,
            checkpoint_every=500,
            threads=plan.threads,
        )

    def noted(stage: str) -> Callable[[Progress], None]:
        return lambda step: tell(replace(step, note="; ".join(filter(None, [stage, step.note]))))

    def batches(hidden: float, **see: Any) -> TextBatches:
        return TextBatches(learn, see, min(plan.batch, len(learn)), seed, hidden=hidden)

    classes = len(texts.names)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reader = Reader(plan.tokens, classes, plan.width, plan.layers)
        students = text_students(plan.projection.width, plan.hidden, classes)
    task = ReaderTask(reader, batches(0.0, tokens=plan.tokens), reading)
    fit(
        task,
        schedule(plan.teacher_epochs, 2e-3),
        folder / "teacher",
        seed=seed,
        resume=True,
        tell=noted("the teacher"),
    )
    word = word_of(reader, torch.from_numpy(plan.tokens(learn.texts)))
    seen = batches(plan.hidden_words, projections=plan.projection)
    together = TaughtTask(students, seen, learning, word=word)
    fit(
        together,
        schedule(plan.epochs, 2e-3),
        folder / "students",
        seed=seed,
        resume=True,
        tell=noted("all students"),
    )
    files = {TEACHER: reader_file(reader, plan.tokens, judge)}
    for at, units in enumerate(sorted(plan.hidden, reverse=True)):
        bearing = prepare(
            students.student(at),
            settle_steps=min(_SETTLING, plan.int8_epochs * steps),
            input_range=_TERNARY,
        )
        fit(
            TaughtTask(bearing, seen, learning, word=word),
            schedule(plan.int8_epochs, 5e-4),
            folder / f"student-{units}",
            seed=seed,
            resume=True,
            tell=noted(f"the student of {units} units, in int8"),
        )
        files[f"text-student-{units}"] = student_file(bearing, plan.projection, judge)
    return _judged(files, judge, folder, source, plan, rules, tell)


def reader_file(reader: Reader, tokens: TextTokens, texts: Texts) -> bytes:
    """Return the float .tflite file of a teacher, checked on some texts.

    It takes tokens (1, length, 3), int32.
    """
    some = tokens(texts.texts[:_CHECKED])
    data = arrays_to_tflite(reader, (torch.from_numpy(some[:1]),))
    check_export(reader, data, some, _FLOAT_TOLERANCE, seen=torch.from_numpy)
    return data


def student_file(bearing: nn.Module, projection: TextProjection, texts: Texts) -> bytes:
    """Return the int8 .tflite file of a student that `prepare` made and training adapted."""
    assert isinstance(bearing, fx.GraphModule)
    some = projection(texts.texts[:_CHECKED])
    rng = np.random.default_rng(0)
    data = arrays_to_int8_tflite(
        bearing, rng.uniform(-1, 1, (_PROBES, 1, projection.width)).astype(np.float32)
    )
    check_export(bearing, data, some, _INT8_TOLERANCE, seen=torch.from_numpy)
    return data


def _judged(
    files: Mapping[str, bytes],
    judge: Texts,
    folder: Path,
    source: TextSource,
    plan: TextPlan,
    rules: Rules,
    tell: Callable[[Progress], None],
) -> tuple[Member, ...]:
    def told(what: str, share: float) -> None:
        tell(Progress(round(100 * share), 100, {}, 0.0, what))

    seen = {True: plan.tokens(judge.texts), False: plan.projection(judge.texts)}
    candidates = {}
    for name, data in files.items():
        teacher = name == TEACHER
        path = write_model(folder, name, data, _about(teacher, judge, source, plan, ())).path
        candidates[name] = Candidate(path, "float32" if teacher else "int8", seen[teacher], teacher)
    members = judge_family(candidates, judge.labels, rules, progress=told)
    for member in members:  # again, with what was found
        found = (Measurement("accuracy", member.accuracy, f"{len(judge)} texts held out"),)
        about = _about(member.teacher, judge, source, plan, found)
        write_model(folder, member.name, files[member.name], about)
    write_members(folder, members)
    write_page(folder, members, title=f"{len(judge.names)} classes of texts")
    return members


def _about(
    teacher: bool,
    texts: Texts,
    source: TextSource,
    plan: TextPlan,
    accuracy: tuple[Measurement, ...],
) -> About:
    if teacher:
        what, seen = "A transformer over hashed words", "hashed words (1, length, 3), whole numbers"
    else:
        what, seen = "A network over hashed n-grams", "a projection (1, width) of -1, 0 and 1"
    return About(
        version="1",
        task="text classification",
        description=f"{what}: tells {len(texts.names)} classes of texts apart.",
        licence=source.licence,
        inputs=(seen,),
        outputs=("logits of the classes, in the order of the labels",),
        preprocessing=plan.tokens.settings if teacher else plan.projection.settings,
        training_sources=(source.words,),
        labels=texts.names,
        accuracy=accuracy,
    )


def _digest(texts: Texts) -> str:
    known = hashlib.sha256()
    for text, label in zip(texts.texts, texts.labels.tolist(), strict=True):
        known.update(f"{label} {len(text)} {text}".encode("utf-8", "surrogatepass"))
    return known.hexdigest()[:16]
