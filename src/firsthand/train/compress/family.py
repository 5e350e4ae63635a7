"""A big classifier and its pictures in, a family of small int8 files out: the whole run.

Google's Learn2Compress (Ravi 2018) in five parts: the teacher learns, or is taken as it is; its
channels are put in the order of what they matter; students of some of them, sharing weights, learn
together from it; each learns on with its values rounded; and all files are judged side by side.
"""

import copy
import io
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firsthand.compress.budgets import Budget
from firsthand.compress.judging import Candidate, judge_family
from firsthand.compress.members import Member, write_members
from firsthand.compress.page import write_page
from firsthand.core import damage
from firsthand.errors import ConfigError, InputError
from firsthand.measure import Rules
from firsthand.measure.single_stream import RULES
from firsthand.runtime import Measurement
from firsthand.runtime.place import replace_bytes
from firsthand.train.cards import About, note_accuracy, write_model
from firsthand.train.compress.channels import (
    Channels,
    importance_of,
    magnitudes,
    taylor_scores,
    trace_channels,
)
from firsthand.train.compress.classifying import ClassifyingTask, Word
from firsthand.train.compress.nested import JointTask, Nested, nested_widths
from firsthand.train.compress.pictures import Batches, Disturbance, Pictures
from firsthand.train.compress.rehearsal import rehearse
from firsthand.train.compress.sizing import widths_for
from firsthand.train.compress.students import as_shares, int8_file, int8_student
from firsthand.train.export import check_export, to_tflite
from firsthand.train.loop import fit
from firsthand.train.quantise import fold_batch_norms
from firsthand.train.run import Progress
from firsthand.train.schedule import Optimiser, Schedule

TeacherIs = Literal["trained", "fixed", "joint"]
Importance = Literal["taylor", "magnitude"]

# Gradient descent with momentum generalised better than AdamW here. Rates are for batches of 256.
_USUAL_BATCH: Final = 256
_FEWEST_STEPS: Final = 20
_TOGETHER_RATE: Final = 0.2
_WEIGHT_DECAY: Final = 5e-4
_CLIP_NORM: Final = 10.0
_INT8_RATE: Final = 5e-4
_WARM_UP: Final = 0.2
_AVERAGE: Final = 0.99
_CHECKPOINTS: Final = 200
_LOOKED_AT: Final = 20
_CHECKED: Final = 8
_FLOAT_TOLERANCE: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a family is made.

    - `teacher`: "trained" first, from the weights that it comes with; "fixed", as it comes; or
      "joint", learning along with its students.
    - `students` of which the narrowest and widest follow from `budget`, or the `widths` themselves.
    - epochs of the teacher's learning, of the students' together, of each one's with rounded
      values; batches of `batch` pictures, None for 256 or a twentieth of all; students see `views`
      disturbed versions of each.
    - `teacher_rate` is the teacher's highest learning rate, for batches of 256, and with the root
      of their size for others: 0.4 suits a network that begins from noise, 0.02 one whose weights
      are worth keeping.
    - `importance` is what channels are kept by: "taylor" (what the loss loses) or "magnitude".
    - `half` computes in bfloat16, None wherever the processor has instructions for it.
    - `sources` and `licence` go into the cards.
    """

    teacher: TeacherIs = "trained"
    students: int = 3
    widths: tuple[float, ...] = ()
    budget: Budget = field(default_factory=Budget)
    teacher_epochs: int = 12
    epochs: int = 30
    int8_epochs: int = 3
    batch: int | None = None
    teacher_rate: float = 0.4
    views: int = 8
    importance: Importance = "taylor"
    mirrored: bool = True
    half: bool | None = None
    seed: int = 0
    threads: int = 2
    rules: Rules = RULES
    sources: tuple[str, ...] = ("pictures of the user's own",)
    licence: str = "LicenseRef-own"

    def __post_init__(self) -> None:
        if self.teacher not in get_args(TeacherIs):
            raise ConfigError(
                f"teacher={self.teacher!r}: there are {', '.join(get_args(TeacherIs))}"
            )
        if self.importance not in get_args(Importance):
            raise ConfigError(
                f"importance={self.importance!r}: there are {', '.join(get_args(Importance))}"
            )
        least = {"students": 1, "teacher_epochs": 1, "epochs": 1, "int8_epochs": 1, "batch": 2,
                 "views": 1, "threads": 1}  # fmt: skip
        for name, value in least.items():
            if getattr(self, name) is not None and getattr(self, name) < value:
                raise ConfigError(f"{name}={getattr(self, name)} must be at least {value}")
        falling = sorted(set(self.widths), reverse=True)
        if list(self.widths) != falling or not all(0 < each <= 1 for each in falling):
            raise ConfigError(f"widths={list(self.widths)} must be shares of at most 1, falling")

    @property
    def halved(self) -> bool:
        """Whether bfloat16 is computed in."""
        if self.half is None:
            return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
        return self.half


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """What was made: a folder, and what its table says."""

    folder: Path
    members: tuple[Member, ...]


def compress(
    model: nn.Module,
    pictures: Pictures,
    held_out: Pictures,
    folder: Path,
    settings: Settings,
    *,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Family:
    """Make a family of students of `model` and return it.

    `model` takes pictures (b, 3, h, w) in 0..1 and gives logits (b, classes). `folder` gets
    `NAME.tflite` and its card for the teacher and each student, `pareto.csv`, `pareto.html`, and
    `work/`, from which a run that was killed goes on where it was; what is finished is not done
    again. Accuracy is that of the files on `held_out`; nothing learns from those.

    Raises `ConfigError` for a model that cannot be traced or does not fit the pictures, or a budget
    that cannot be reached, before anything is trained; and what `loop.fit`, the export and the
    measurement raise.
    """
    candidates = make_files(model, pictures, held_out, folder, settings, tell=tell)
    return judge_files(
        folder, candidates, held_out, settings.rules, type(model).__name__, settings.budget, tell
    )


def make_files(
    model: nn.Module,
    pictures: Pictures,
    held_out: Pictures,
    folder: Path,
    settings: Settings,
    *,
    tell: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Candidate]:
    """Make the files of a family, teacher first, and their cards, as `compress` does.

    None is judged yet.
    """
    return _Run(model, pictures, held_out, folder, settings, tell).files()


def judge_files(
    folder: Path,
    candidates: Mapping[str, Candidate],
    held_out: Pictures,
    rules: Rules,
    title: str,
    budget: Budget,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Family:
    """Measure files that lie below `folder`, side by side; write its table, its page, their cards.

    Raises what `judge_family` raises.
    """

    def progress(what: str, share: float) -> None:
        tell(Progress(round(100 * share), 100, {}, 0.0, what))

    members = tuple(
        replace(each, file=candidates[each.name].path.relative_to(folder).as_posix())
        for each in judge_family(candidates, held_out.labels, rules, progress=progress)
    )
    for each in members:
        found = Measurement("accuracy", each.accuracy, f"{len(held_out)} held-out pictures")
        note_accuracy(folder / each.file, found)
    write_members(folder, members)
    write_page(folder, members, title=title, budget=budget)
    return Family(folder, members)


class _Run:
    """One run; see `make_files`."""

    def __init__(
        self,
        model: nn.Module,
        pictures: Pictures,
        held_out: Pictures,
        folder: Path,
        settings: Settings,
        tell: Callable[[Progress], None],
    ) -> None:
        self._model, self._pictures, self._held_out = model, pictures, held_out
        self._folder, self._settings, self._tell = folder, settings, tell
        side = min(pictures.size_px)
        few = max(2, min(_USUAL_BATCH, len(pictures) // _FEWEST_STEPS))
        self._batch = min(settings.batch or few, len(pictures))
        self._batches = partial(
            Batches,
            pictures,
            self._batch,
            Disturbance(side // 8, settings.mirrored, side // 4),
            settings.seed,
        )
        self._example = torch.from_numpy(as_shares(pictures.pixels[:1])).permute(0, 3, 1, 2)
        self._data = pictures_mark(pictures)

    def files(self) -> dict[str, Candidate]:
        """Do all parts that are not yet done."""
        _check_alike(self._pictures, self._held_out)
        if not self._work("widths.npz").exists():
            rehearse(self._model, self._example, self._pictures.classes, half=self._settings.halved)
        channels = trace_channels(self._model, self._example)
        widths = self._widths(channels)
        if self._settings.teacher == "trained":
            self._train_teacher()
        self._model.eval()
        nested = nested_widths(self._model, channels, self._importance(channels), widths)
        word = Word(self._model)
        self._train_together(nested, word)
        candidates = {"teacher": self._teacher_file()}
        names = student_names(len(nested.students))
        for at, name in enumerate(names):
            candidates[name] = self._student_file(name, nested.student(at), word)
        return candidates

    def _words(self, what: str, *more: object) -> str:
        s = self._settings
        parts = [what, self._data, f"batches of {self._batch}", f"bfloat16 {s.halved}", *more]
        return ", ".join(str(each) for each in parts)

    def _schedule(self, epochs: int, peak_rate: float, optimiser: Optimiser) -> Schedule:
        steps = epochs * self._batches().per_epoch
        return Schedule(
            steps=steps,
            peak_rate=peak_rate * math.sqrt(self._batch / _USUAL_BATCH),
            optimiser=optimiser,
            warmup_steps=round(_WARM_UP * steps),
            weight_decay=_WEIGHT_DECAY if optimiser == "sgd" else 0.0,
            average=_AVERAGE,
            clip_norm=_CLIP_NORM,
            checkpoint_every=_CHECKPOINTS,
            threads=self._settings.threads,
        )

    def _work(self, name: str) -> Path:
        return self._folder / "work" / name

    def _telling(self, note: str) -> Callable[[Progress], None]:
        return lambda step: self._tell(replace(step, note=step.note or note))

    def _train_teacher(self) -> None:
        s = self._settings
        task = ClassifyingTask(
            self._model, self._batches(), self._words("the teacher"), half=s.halved
        )
        fit(
            task,
            self._schedule(s.teacher_epochs, s.teacher_rate, "sgd"),
            self._work("teacher"),
            seed=s.seed,
            resume=True,
            tell=self._telling("training the teacher"),
        )

    def _widths(self, channels: Channels) -> tuple[float, ...]:
        """Return how wide students are; what a student costs no training changes."""
        s = self._settings

        def widths() -> NDArray[np.float64]:
            anyway = np.zeros(channels.count)
            return np.array(
                s.widths
                or widths_for(self._model, channels, anyway, self._example, s.budget, s.students)
            )

        words = f"{s.students} students of {s.budget}, widths {s.widths or 'by it'}"
        return tuple(_remembered(self._work("widths.npz"), words, widths).tolist())

    def _importance(self, channels: Channels) -> NDArray[np.float64]:
        """Return what each channel matters to the teacher as it is now."""

        def importance() -> NDArray[np.float64]:
            if self._settings.importance == "magnitude":
                return importance_of(channels, magnitudes(self._model))
            batches = self._batches()

            def loss(step: int, model: nn.Module) -> Tensor:
                batch = batches(step)
                return functional.cross_entropy(model(batch["pictures"]), batch["labels"])

            steps = range(min(_LOOKED_AT, batches.per_epoch))
            scores = taylor_scores(self._model, (partial(loss, step) for step in steps))
            return importance_of(channels, scores)

        words = f"by {self._settings.importance}, teacher {weights_mark(self._model)}"
        return _remembered(self._work("importance.npz"), words, importance)

    def _train_together(self, nested: Nested, word: Word) -> None:
        s = self._settings
        joint = s.teacher == "joint"
        task = JointTask(
            nested,
            self._batches(views=s.views),
            self._words("students", len(nested.students), s.teacher, f"{s.views} views"),
            teacher=self._model if joint else word,
            half=s.halved,
        )
        fit(
            task,
            self._schedule(s.epochs, _TOGETHER_RATE, "sgd"),
            self._work("students"),
            seed=s.seed,
            resume=True,
            tell=self._telling(f"training {len(nested.students)} students"),
        )
        self._model.eval()

    def _student_file(self, name: str, student: nn.Module, word: Word) -> Candidate:
        s = self._settings
        made = int8_student(
            student,
            self._batches(views=s.views),
            self._schedule(s.int8_epochs, _INT8_RATE, "adamw"),
            self._work(name),
            self._words(name, s.teacher, f"{s.views} views"),
            teacher=word,
            seed=s.seed,
            tell=self._telling(f"rounding the {name} student"),
        )
        return self._written(name, "int8", int8_file(made, self._pictures), f"a {name} student")

    def _teacher_file(self) -> Candidate:
        folded = copy.deepcopy(self._model).eval()
        try:
            fold_batch_norms(folded)
        except ConfigError:  # the converter folds what it can, in more time
            folded = self._model
        data = to_tflite(folded, self._pictures.size_px)
        probes = as_shares(self._held_out.pixels[:_CHECKED])
        check_export(folded, data, probes, _FLOAT_TOLERANCE)
        return self._written("teacher", "float32", data, "the teacher")

    def _written(self, name: str, kind: str, data: bytes, what: str) -> Candidate:
        path = self._folder / f"{name}.tflite"
        if not path.exists() or path.read_bytes() != data:
            write_model(self._folder, name, data, self._about(what))
        return Candidate(path, kind, self._held_out.pixels, teacher=name == "teacher")

    def _about(self, what: str) -> About:
        return About(
            version="1",
            task="image classification",
            description=f"{what[0].upper()}{what[1:]} of a family that was made by compression",
            licence=self._settings.licence,
            inputs=("picture, RGB, 0..1",),
            outputs=("logits, one for each class",),
            preprocessing="RGB scaled to the input's size, divided by 255: range 0..1",
            training_sources=self._settings.sources,
            labels=self._pictures.names,
        )


def weights_mark(model: nn.Module) -> str:
    """Tell a network's present weights from others."""
    mark = 0
    for value in model.state_dict().values():
        mark = zlib.crc32(value.detach().contiguous().numpy().tobytes(), mark)
    return f"{mark:08x}"


def pictures_mark(pictures: Pictures) -> str:
    """Tell pictures from others."""
    return f"{len(pictures)} pictures {zlib.crc32(pictures.pixels.tobytes()):08x}"


def student_names(count: int) -> tuple[str, ...]:
    """Return what students are called, the largest first."""
    if count == 1:
        return ("student",)
    if count == 2:
        return ("large", "small")
    between = ("middle",) if count == 3 else tuple(f"middle{n}" for n in range(1, count - 1))
    return ("large", *between, "small")


def _check_alike(pictures: Pictures, held_out: Pictures) -> None:
    if held_out.size_px != pictures.size_px or held_out.classes > pictures.classes:
        raise InputError(
            f"held-out pictures are {held_out.size_px} of {held_out.classes} classes, those to "
            f"learn from {pictures.size_px} of {pictures.classes}"
        )


def _remembered(
    path: Path, words: str, make: Callable[[], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return what a run before this one has decided; decide it, and keep it, if none has.

    `words` say for what; `InputError` where it was for something else.
    """
    if path.exists():
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                said, values = str(kept["words"]), np.asarray(kept["values"], np.float64)
        except damage.ARRAYS as error:
            raise InputError(f"{path}: cannot be read: {error}; delete it") from error
        if said != words:
            raise InputError(
                f"{path} is of another run: {said}, not {words}. Go on with what it was begun "
                "with, or name another folder"
            )
        return values
    values, packed = make(), io.BytesIO()
    np.savez(packed, values=values, words=np.array(words))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, packed.getvalue())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    return values
