"""What does each part of compression bring to the small student of CIFAR-10?

The teacher is that of `compress_cifar10`; every row trains its small student's network, a sixth of
ResNet-9's width, in one short lesson of six epochs, one seed: two cores allow no more. Differences
under a point say little, and all are far from what a full run reaches. Accuracies are of networks
in float on the 10,000 test pictures, unless the name says int8.

- `joint`: three students that share weights, taught by the teacher; `..._middle`, `..._large`.
- `separate`: the small one alone, everything else the same.
- `separate_labels`: the same without a teacher.
- `joint_labels`: all three without a teacher; the largest teaches the others in place.
- `random_channels`: the small one alone, of channels drawn by lot instead of the important ones.
- `untrained`: the small one alone, as wide, from noise instead of the teacher's weights.
- `joint_int8_after`, `joint_int8_learnt`: the joint one's int8 file, ranges observed on 512
  pictures after training, and learnt on for one epoch with rounded values.

Networks lie in `weights/compress_ablation`, rounded to int8 channel by channel; those that are
missing are trained, some minutes each, and kept there.
"""

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from firsthand.compress.judging import Candidate, answers_of
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_mean,
    data_root,
    run_benchmark,
    wilson,
)
from firsthand.train.compress.channels import (
    Channels,
    importance_of,
    narrowed,
    taylor_scores,
    trace_channels,
)
from firsthand.train.compress.classifying import ClassifyingTask, Word, answers
from firsthand.train.compress.given import read_pictures
from firsthand.train.compress.kept import read_kept, write_kept
from firsthand.train.compress.nested import JointTask, Nested, nested_widths
from firsthand.train.compress.pictures import Batches, Disturbance, Pictures
from firsthand.train.compress.students import as_shares, int8_file, int8_student
from firsthand.train.compress.teacher import ResNet9
from firsthand.train.loop import Task, fit
from firsthand.train.schedule import Schedule
from firsthand.train.static_int8 import to_static_int8_tflite

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "benchmarks" / "weights" / "compress_ablation"
TEACHER = ROOT / "benchmarks" / "weights" / "compress_cifar10" / "teacher.npz"
WORK = ROOT / ".cache" / "compress_ablation"
WIDTHS = (0.5, 0.286, 0.164)
NAMES = ("large", "middle", "small")
EPOCHS, BATCH, LOOKED_AT, OBSERVED = 6, 256, 20, 512


class Bench:
    """The pictures, the teacher, and the networks that come of it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.pictures, self.held_out = read_pictures(data_root(__file__) / "cifar10", None, 0)
        self.teacher = ResNet9(10).eval()
        read_kept(TEACHER, self.teacher)
        self.word = Word(self.teacher)
        self.example = torch.from_numpy(as_shares(self.pictures.pixels[:1])).permute(0, 3, 1, 2)
        self.channels = trace_channels(self.teacher, self.example)
        self.batches = Batches(self.pictures, BATCH, Disturbance(), seed, views=EPOCHS)

    @cache  # noqa: B019 - there is one bench
    def importance(self) -> NDArray[np.float64]:
        """How much each channel matters to the teacher."""

        def loss(step: int) -> Callable[[nn.Module], torch.Tensor]:
            batch = self.batches(step)
            return lambda model: functional.cross_entropy(model(batch["pictures"]), batch["labels"])

        scores = taylor_scores(self.teacher, (loss(step) for step in range(LOOKED_AT)))
        return importance_of(self.channels, scores)

    def nested(self) -> Nested:
        return nested_widths(self.teacher, self.channels, self.importance(), WIDTHS)

    def small(self, channels: Channels, importance: NDArray[np.float64]) -> nn.Module:
        return narrowed(self.teacher, channels, channels.kept(WIDTHS[-1], importance))

    def fitted(self, name: str, task: Task, rate: float) -> nn.Module:
        """A network after its lesson."""
        steps = EPOCHS * self.batches.per_epoch
        plan = Schedule(
            steps=steps,
            peak_rate=rate,
            optimiser="sgd",
            warmup_steps=steps // 5,
            weight_decay=5e-4,
            average=0.99,
            clip_norm=10.0,
            checkpoint_every=200,
        )
        return fit(task, plan, WORK / name, seed=self.seed, resume=True, tell=told(name))


def told(name: str) -> Callable[..., None]:
    """Prints how far a lesson is."""

    def tell(progress: object) -> None:
        step, steps = progress.step, progress.steps  # type: ignore[attr-defined]
        if step % 200 == 0 or step == steps:
            print(f"{name}: {step} of {steps}", flush=True)

    return tell


def students(bench: Bench) -> dict[str, nn.Module]:
    """All networks, trained where they are missing."""
    found: dict[str, nn.Module] = {}

    def joint(name: str, teacher: Word | None) -> None:
        paths = {each: WEIGHTS / f"{name}_{each}.npz" for each in NAMES}
        nested = bench.nested()
        if not all(path.exists() for path in paths.values()):
            task = JointTask(nested, bench.batches, name, teacher=teacher, half=True)
            bench.fitted(name, task, 0.2)
            for at, path in enumerate(paths.values()):
                write_kept(path, nested.student(at))
        for at, (each, path) in enumerate(paths.items()):
            student = nested.student(at)
            read_kept(path, student)
            found[name if each == "small" else f"{name}_{each}"] = student

    def alone(name: str, make: Callable[[], nn.Module], teacher: Word | None) -> None:
        student, path = make(), WEIGHTS / f"{name}.npz"
        if not path.exists():
            softening = 0.0 if teacher else 0.1
            task = ClassifyingTask(
                student, bench.batches, name, half=True, teacher=teacher, softening=softening
            )
            bench.fitted(name, task, 0.4)
            write_kept(path, student)
        read_kept(path, student)
        found[name] = student

    def lot() -> nn.Module:
        rng = np.random.default_rng(bench.seed)
        return bench.small(bench.channels, rng.random(bench.channels.count))

    def noise() -> nn.Module:
        student = bench.small(bench.channels, bench.importance())
        torch.manual_seed(bench.seed)
        for unit in student.modules():
            if isinstance(unit, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                unit.reset_parameters()
        return student

    important = lambda: bench.small(bench.channels, bench.importance())  # noqa: E731
    joint("joint", bench.word)
    joint("joint_labels", None)
    alone("separate", important, bench.word)
    alone("separate_labels", important, None)
    alone("random_channels", lot, bench.word)
    alone("untrained", noise, bench.word)
    return found


def int8_files(bench: Bench, student: nn.Module) -> dict[str, Path]:
    """The joint small student's int8 files, made where they are missing."""
    after, learnt = WEIGHTS / "joint_int8_after.tflite", WEIGHTS / "joint_int8_learnt.tflite"
    if not after.exists():
        seen = as_shares(bench.pictures.pixels[:OBSERVED])
        after.write_bytes(to_static_int8_tflite(student, bench.pictures.size_px, seen))
    if not learnt.exists():
        plan = Schedule(
            steps=bench.batches.per_epoch, peak_rate=5e-4, warmup_steps=20, clip_norm=10.0
        )
        made = int8_student(
            copy.deepcopy(student), bench.batches, plan, WORK / "int8", "int8",
            teacher=bench.word, seed=bench.seed, tell=told("int8"),
        )  # fmt: skip
        learnt.write_bytes(int8_file(made, bench.pictures))
    return {"joint_int8_after": after, "joint_int8_learnt": learnt}


def measure(options: Options) -> Findings:
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.seed)
    shown: Pictures = bench.held_out.taken(np.arange(1000 if options.quick else 10_000))
    right: dict[str, NDArray[np.bool_]] = {}
    networks = students(bench)
    for name, student in networks.items():
        right[name] = answers(student, shown).numpy() == shown.labels
    for name, path in int8_files(bench, networks["joint"]).items():
        right[name] = answers_of(name, Candidate(path, "int8", shown.pixels), shown.labels).right
    rng, n = np.random.default_rng(options.seed), len(shown)
    figures = {
        f"accuracy_{name}": Figure.of(wilson(int(r.sum()), n), n=n) for name, r in right.items()
    }
    pairs = {
        "gain_joint": ("joint", "separate"),
        "gain_teacher_alone": ("separate", "separate_labels"),
        "gain_teacher_joint": ("joint", "joint_labels"),
        "gain_importance": ("separate", "random_channels"),
        "gain_pruning": ("separate", "untrained"),
        "gain_int8_learnt": ("joint_int8_learnt", "joint_int8_after"),
        "loss_int8_after": ("joint", "joint_int8_after"),
    }
    for name, (a, b) in pairs.items():
        difference = right[a].astype(float) - right[b]
        figures[name] = Figure.of(bootstrap_mean(difference, rng=rng), n=n)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
