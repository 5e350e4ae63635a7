"""How small does a classifier of CIFAR-10 become, and what is lost?

The teacher in `weights/compress_cifar10` is a ResNet-9 after the 22 epochs of

    firsthand compress run examples/resnet9.py:make --data ../shared/data/cifar10 \
        --teacher-epochs 22 -o OUT/

rounded to int8, channel by channel, to be small enough to keep, and taken as floats here. The
students beside it learn in a full run where one is missing: three of some of its channels, sharing
weights, from it together, then each on with its values rounded; what is done is kept in `.cache`.
The pictures are CIFAR-10's as JPEG of quality 75, not the original pixels: accuracies are a little
below those that others publish.

`teacher_accuracy` and `small_accuracy` are of the exported files on the 10,000 test pictures,
`..._top3` the right one among three; `small_times_smaller`, `small_times_faster` and
`small_times_fewer_macs` compare the small int8 file with the teacher's float file under LiteRT, one
processor, one thread, side by side. `middle_accuracy_drop` and `large_accuracy_drop` are shares by
which they are below the teacher, negative where one is better, paired picture by picture.
`joint_over_single_time` is what a step of training all three takes over one of the largest alone,
the teacher's forward pass in both; `..._remembered` the same where the teacher's word is known.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from firsthand.compress import Member, frontier
from firsthand.compress.judging import Candidate, answers_of, member
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_mean,
    bootstrap_ratio,
    data_root,
    house_axes,
    measure_streams,
    run_benchmark,
    wilson,
)
from firsthand.measure.single_stream import QUICK, RULES
from firsthand.train.compress.channels import importance_of, magnitudes, trace_channels
from firsthand.train.compress.classifying import ClassifyingTask, Word
from firsthand.train.compress.family import Settings, compress
from firsthand.train.compress.given import read_pictures
from firsthand.train.compress.kept import read_kept
from firsthand.train.compress.nested import JointTask, nested_widths
from firsthand.train.compress.pictures import Batches, Disturbance, Pictures
from firsthand.train.compress.students import as_shares
from firsthand.train.compress.teacher import ResNet9
from firsthand.train.export import to_tflite
from firsthand.train.loop import Task
from firsthand.train.run import Progress

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "benchmarks" / "weights" / "compress_cifar10"
WORK = ROOT / ".cache" / "compress_cifar10"
STUDENTS = ("large", "middle", "small")
WIDTHS = (0.5, 0.286, 0.164)
"""Those that `sizing.widths_for` finds for ResNet-9, for timing what training takes."""
BATCH = 256


def made(pictures: Pictures, held_out: Pictures, seed: int) -> None:
    """Train the students and keep their files."""
    teacher = ResNet9(10)
    read_kept(WEIGHTS / "teacher.npz", teacher)
    settings = Settings(
        teacher="fixed",
        epochs=16,
        int8_epochs=2,
        views=5,
        seed=seed,
        rules=QUICK,
        sources=("CIFAR-10 (Krizhevsky 2009), as JPEG of quality 75",),
        licence="Apache-2.0",
    )
    compress(teacher, pictures, held_out, WORK, settings, tell=told)
    for name in STUDENTS:
        for suffix in (".tflite", ".json"):
            shutil.copy(WORK / f"{name}{suffix}", WEIGHTS)


def told(step: Progress) -> None:
    """Say how far it is, now and then."""
    if step.step % 100 == 0 or step.step == step.steps:
        print(f"{step.note}: {step.step} of {step.steps}", flush=True)


def measure(options: Options) -> Findings:
    pictures, held_out = read_pictures(data_root(__file__) / "cifar10", None, 0)
    if not options.quick and not all((WEIGHTS / f"{name}.tflite").exists() for name in STUDENTS):
        made(pictures, held_out, options.seed)
    shown = held_out.taken(np.arange(1000)) if options.quick else held_out
    teacher = ResNet9(10).eval()
    read_kept(WEIGHTS / "teacher.npz", teacher)
    file = options.folder / ".teacher.tflite"
    file.write_bytes(to_tflite(teacher, pictures.size_px))
    try:
        figures, noise = judged(file, shown, options)
    finally:
        file.unlink()
    figures |= training_times(teacher, pictures, 2 if options.quick else 12, options.seed)
    return Findings(figures, noise=noise)


def judged(
    teacher: Path, shown: Pictures, options: Options
) -> tuple[dict[str, Figure], tuple[str, ...]]:
    """The figures of the files."""
    candidates = {"teacher": Candidate(teacher, "float32", shown.pixels, teacher=True)}
    candidates |= {
        name: Candidate(WEIGHTS / f"{name}.tflite", "int8", shown.pixels) for name in STUDENTS
    }
    answers = {name: answers_of(name, each, shown.labels) for name, each in candidates.items()}
    streams = measure_streams(
        {name: each.path for name, each in candidates.items()},
        QUICK if options.quick else RULES,
        inputs={name: {"i0": as_shares(shown.pixels[:64])[:, None]} for name in candidates},
    )
    members = {
        name: member(name, each, answers[name], streams.latency(name))
        for name, each in candidates.items()
    }
    big, n = members["teacher"], len(shown)
    figures: dict[str, Figure] = {}
    rng = np.random.default_rng(options.seed)
    for name, each in members.items():
        figures |= {
            f"{name}_accuracy": Figure.of(each.accuracy_interval, n=n),
            f"{name}_top3": Figure.of(wilson(int(answers[name].top3.sum()), n), n=n),
            f"{name}_kb": Figure(each.bytes / 1e3, unit="KB"),
            f"{name}_million_macs": Figure(each.macs / 1e6),
            f"{name}_ms": Figure.of(each.latency.scaled(1e-3), unit="ms"),
            f"{name}_memory_mb": Figure(each.memory_mb, unit="MB"),
        }
        if name == "teacher":
            continue
        lost = answers["teacher"].right.astype(float) - answers[name].right
        figures |= {
            f"{name}_accuracy_drop": Figure.of(bootstrap_mean(lost, rng=rng), n=n),
            f"{name}_times_smaller": Figure(big.bytes / each.bytes),
            f"{name}_times_faster": Figure.of(streams.ratio("teacher", name)),
            f"{name}_times_fewer_macs": Figure(big.macs / each.macs),
            f"{name}_times_less_energy_proxy": Figure(big.energy_uj / each.energy_uj),
        }
    draw(members, options.plot())
    return figures, streams.doubts


def training_times(
    teacher: ResNet9, pictures: Pictures, steps: int, seed: int
) -> dict[str, Figure]:
    """What a step takes, all three and the largest alone in turn."""
    example = torch.from_numpy(as_shares(pictures.pixels[:1])).permute(0, 3, 1, 2)
    channels = trace_channels(teacher, example)
    importance = importance_of(channels, magnitudes(teacher))
    nested = nested_widths(teacher, channels, importance, WIDTHS)
    alone = nested.student(0)

    def tasks(views: int) -> tuple[Task, Task]:
        batches = Batches(pictures, BATCH, Disturbance(), seed, views=views)
        word = Word(teacher)
        return (
            JointTask(nested, batches, "all", teacher=word, half=True),
            ClassifyingTask(alone, batches, "largest", teacher=word, half=True),
        )

    def paired(views: int) -> Figure:
        acts = [stepping(task) for task in tasks(views)]
        for act in acts:
            act(0)
        took = np.array([[timed(act, step) for act in acts] for step in range(1, steps + 1)])
        rng = np.random.default_rng(seed)
        return Figure.of(bootstrap_ratio(took[:, 0], took[:, 1], rng=rng), n=steps)

    return {
        "joint_over_single_time": paired(0),
        "joint_over_single_time_remembered": paired_remembered(tasks(1), steps, seed),
    }


def paired_remembered(tasks: tuple[Task, Task], steps: int, seed: int) -> Figure:
    """The same of batches whose word is known, both having seen them before."""
    acts = [stepping(task) for task in tasks]
    took = []
    for step in range(steps + 1):
        for act in acts:
            act(step)
        took.append([timed(act, step) for act in acts])
    rows = np.array(took[1:])
    return Figure.of(
        bootstrap_ratio(rows[:, 0], rows[:, 1], rng=np.random.default_rng(seed)), n=steps
    )


def stepping(task: Task) -> Callable[[int], None]:
    """A step of training."""
    model = task.model.train()
    optimiser = torch.optim.AdamW(
        [each for each in model.parameters() if each.requires_grad], lr=1e-4, fused=True
    )

    def step(at: int) -> None:
        batch = task.batch(at)
        laid = {
            name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
            for name, value in batch.items()
        }
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(task.loss(laid)["total"])
        optimiser.step()

    return step


def timed(act: Callable[[int], None], step: int) -> float:
    begun = time.perf_counter()
    act(step)
    return time.perf_counter() - begun


def draw(members: dict[str, Member], path: Path) -> None:
    """Accuracy over time."""
    best = {each.name for each in frontier(list(members.values()))}
    with house_axes(path, "A family of CIFAR-10 classifiers", (6.8, 4.2)) as axes:
        for each in members.values():
            low, high = each.accuracy - each.accuracy_low, each.accuracy_high - each.accuracy
            axes.errorbar(
                each.median_us / 1e3,
                100 * each.accuracy,
                yerr=[[100 * low], [100 * high]],
                fmt="s" if each.teacher else "o",
                color="#0072B2" if each.name in best else "#D55E00",
                capsize=3,
            )
            axes.annotate(
                f"{each.name}, {each.bytes / 1e3:,.0f} KB",
                (each.median_us / 1e3, 100 * each.accuracy),
                xytext=(6, -12),
                textcoords="offset points",
            )
        axes.set_xscale("log")
        axes.margins(x=0.3, y=0.2)
        axes.set_xlabel("median time of a picture, ms")
        axes.set_ylabel("right, %")


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
