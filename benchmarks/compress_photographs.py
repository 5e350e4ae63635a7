"""The article's user: an 80 MB classifier of photographs, how small may it become?

Sign digits (`hands/sign_digits`, ten signs of the hand, 64 x 64 pixels): one person in five is held
out. The network is ResNet-9 at 1.75 times its width, 80 MB in float, and learns from 1,247
photographs, few for one of its size: the point is what compression loses, not the task. Made by
`firsthand.train.compress.family`, which keeps what is done in `.cache`; the students that are small
enough lie in `weights/compress_photographs` and are what `--quick` judges, beside the teacher's
figures as its card has them.

`teacher_top1`, `teacher_top3` and the same of each student are of the exported files on the people
held out; `NAME_times_smaller`, `NAME_times_faster` compare with the teacher's float file, and
`NAME_top3_drop` are shares by which a student is below it, picture by picture.
"""

import shutil
from pathlib import Path

import numpy as np

from firsthand.compress import Member, read_members, write_members
from firsthand.compress.judging import Candidate, answers_of, judge_family
from firsthand.measure import Figure, Findings, Options, bootstrap_mean, data_root, run_benchmark
from firsthand.measure.single_stream import QUICK, RULES
from firsthand.train.compress.family import Settings, compress
from firsthand.train.compress.given import made_by
from firsthand.train.compress.pictures import Pictures, scaled_to
from firsthand.train.hands.real import shippable
from firsthand.train.run import Progress

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "benchmarks" / "weights" / "compress_photographs"
WORK = ROOT / ".cache" / "compress_photographs"
MAKE = f"{ROOT / 'examples' / 'resnet9.py'}:make_wide"
KEPT_BYTES = 3_000_000
SIDE = 64


def signs(held_out: bool) -> Pictures:
    """The photographs of people held out, or of the others."""
    some = [
        each
        for each in shippable(data_root(__file__)).photographs
        if each.digit is not None and each.held_out == held_out
    ]
    return Pictures(
        np.stack([scaled_to(each.image, (SIDE, SIDE)) for each in some]),
        np.array([each.digit for each in some], np.int64),
        10,
        tuple(map(str, range(10))),
    )


def told(step: Progress) -> None:
    """Say how far it is, now and then."""
    if step.step % 100 == 0 or step.step == step.steps:
        print(f"{step.note}: {step.step} of {step.steps}", flush=True)


def made(options: Options) -> dict[str, Candidate]:
    """The family's files: trained, or gone on with, in a full run."""
    shown = signs(True)
    if options.quick:
        files = {path.stem: path for path in sorted(WEIGHTS.glob("*.tflite"))}
        return {name: Candidate(path, "int8", shown.pixels) for name, path in files.items()}
    settings = Settings(
        teacher_epochs=12,
        epochs=24,
        int8_epochs=4,
        batch=64,
        mirrored=True,
        seed=options.seed,
        rules=QUICK,
        sources=("Sign Language Digits Dataset, Apache-2.0",),
        licence="Apache-2.0",
    )
    family = compress(
        made_by(MAKE, 10, options.seed), signs(False), shown, WORK, settings, tell=told
    )
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    for each in family.members:
        if each.bytes <= KEPT_BYTES:
            for suffix in (".tflite", ".json"):
                shutil.copy((WORK / each.file).with_suffix(suffix), WEIGHTS)
    return {
        each.name: Candidate(WORK / each.file, each.kind, shown.pixels, each.teacher)
        for each in family.members
    }


def measure(options: Options) -> Findings:
    candidates = made(options)
    labels = signs(True).labels
    members = {
        each.name: each
        for each in judge_family(candidates, labels, QUICK if options.quick else RULES)
    }
    if options.quick:
        big = next(each for each in read_members(WEIGHTS) if each.teacher)
    else:
        big = members["teacher"]
        write_members(WEIGHTS, list(members.values()))
    figures = {
        "teacher_top1": Figure.of(big.accuracy_interval, n=len(labels)),
        "teacher_top3": Figure(big.top3, n=len(labels)),
        "teacher_mb": Figure(big.bytes / 1e6, unit="MB"),
        "teacher_ms": Figure.of(big.latency.scaled(1e-3), unit="ms"),
    }
    rng = np.random.default_rng(options.seed)
    right = {name: answers_of(name, each, labels) for name, each in candidates.items()}
    for name, each in members.items():
        if each.teacher:
            continue
        figures |= student_figures(name, each, big, len(labels))
        if "teacher" in right:
            lost = right["teacher"].top3.astype(float) - right[name].top3
            figures[f"{name}_top3_drop"] = Figure.of(bootstrap_mean(lost, rng=rng), n=len(labels))
        else:
            figures[f"{name}_top3_drop"] = Figure(big.top3 - each.top3, n=len(labels))
    return Findings(figures)


def student_figures(name: str, each: Member, big: Member, n: int) -> dict[str, Figure]:
    return {
        f"{name}_top1": Figure.of(each.accuracy_interval, n=n),
        f"{name}_top3": Figure(each.top3, n=n),
        f"{name}_mb": Figure(each.bytes / 1e6, unit="MB"),
        f"{name}_ms": Figure.of(each.latency.scaled(1e-3), unit="ms"),
        f"{name}_times_smaller": Figure(big.bytes / each.bytes),
        f"{name}_times_faster": Figure(big.median_us / each.median_us),
        f"{name}_times_fewer_macs": Figure(big.macs / each.macs),
    }


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
