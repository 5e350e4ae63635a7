"""What makes a speech representation good: teachers, sources, context, size, which of its layers?

Each variant learns for the same number of steps (1,000; the shipped one learnt 6,500 and more) from
the same recordings, in float, one seed, and answers the tasks of `speech_noss` by linear
discriminant analysis. `VARIANT_over_usual` is its mean score minus that of `usual`, a share, with
intervals over the clips tested with, the same for both; `score_VARIANT` the mean, and
`size_VARIANT` the millions of weights in its filters.

- `small`, `large`: half and one and a half times as wide (FRILL's curve, with the plot).
- `triplet`: the usual network from the triplet loss alone; `triplet_teacher`: the residual one, ten
  times the work; `triplet_student`: the usual network distilled from it, the article's way.
- `voices`, `sounds`: one of the two teachers alone.
- `readers`: LibriSpeech alone, a tenth of the sources; `context`: layers that see 70 ms, not 1.7 s.
- Of the shipped network, `shipped_LAYER` against all of it, `shipped`: `direction` the last layer,
  `moments` the inner one's mean and deviation, `course` how it changes, `spectrum` no network.

Those made here are kept as halves of floats in `weights/speech_ablation`, and learnt again where a
file there is deleted; from these `--quick` answers, on fewer clips.
"""

import hashlib
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from firsthand.measure import Figure, Findings, Options, data_root, plot_scatter, run_benchmark
from firsthand.measure.bootstrap import Interval
from firsthand.runtime.backends.litert import open_litert
from firsthand.runtime.bundled import bundled
from firsthand.runtime.place import replace_bytes
from firsthand.speech.noss.classifiers import recipes
from firsthand.speech.noss.sets import tasks_in
from firsthand.speech.noss.studies import resampled, run_study, table_of
from firsthand.speech.own_network import PATCH, SPECTROGRAM, SpeechNetwork
from firsthand.speech.representation import Floats, Frames, Representation
from firsthand.train.audio.recordings import Recording
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.compress.small_weights import with_float16_weights
from firsthand.train.compress.sparse import file_weights
from firsthand.train.export import arrays_to_tflite
from firsthand.train.loop import fit
from firsthand.train.run import Progress
from firsthand.train.schedule import Schedule
from firsthand.train.speech import recipe
from firsthand.train.speech.corpus import read_corpus
from firsthand.train.speech.networks import ResNetSpeech, SpeechNet
from firsthand.train.speech.teachers import Targets, targets_of, teachers
from speech_noss import fewer, told
from speech_representations import KEPT, ROOT

WEIGHTS = ROOT / "benchmarks" / "weights" / "speech_ablation"
WORK = KEPT / "ablation"
STEPS = 1_000
PLAN = Schedule(
    steps=STEPS, peak_rate=2e-3, warmup_steps=100, weight_decay=2e-2, average=0.995, clip_norm=5.0,
    checkpoint_every=250, threads=1,
)  # fmt: skip
WIDTHS = {"small": 0.5, "large": 1.5}
BOTH = recipe.LossWeights()
ONE_TEACHER = {
    "voices": recipe.LossWeights(sound=0.0),
    "sounds": recipe.LossWeights(voice=0.0, inner=0.0),
}
LAYERS = ("direction", "moments", "course", "spectrum")


class Part:
    """A part of what a speech network gives of a scene."""

    def __init__(self, network: SpeechNetwork, layer: str) -> None:
        inner, bands = network.frame_size, 2 * SPECTROGRAM.bands
        whole = np.arange(network.size)
        first = network.direction_size
        self._columns: NDArray[np.int64] = {
            "direction": whole[:first],
            "moments": whole[first : first + 2 * inner],
            "course": whole[first + 2 * inner : -bands],
            "spectrum": whole[-bands:],
        }[layer]
        self._network, self.identity = network, f"{network.identity} {layer}"
        self.size, self.frame_size = len(self._columns), network.frame_size

    def scene(self, samples: NDArray[Any]) -> Floats:
        return self._network.scene(samples)[self._columns]

    def frames(self, samples: NDArray[Any]) -> Frames:
        return self._network.frames(samples)


def student(**settings: Any) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return SpeechNet(**settings)


class Lessons:
    """The trainings, and what they share: recordings, and what teachers say of them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @cached_property
    def _recordings(self) -> tuple[Recording, ...]:
        return read_corpus(data_root(__file__))[0]

    @cached_property
    def _targets(self) -> Targets:
        return targets_of(self._recordings, WORK / "targets.npz", *teachers(WORK))

    def distilled(
        self,
        net: nn.Module,
        only: Callable[[Recording], bool] = lambda _: True,
        weights: recipe.LossWeights = BOTH,
    ) -> recipe.DistillingTask:
        """A student of the teachers, of some recordings."""
        wanted = np.array([only(each) for each in self._recordings])[self._targets.recording]
        return recipe.DistillingTask(
            recipe.distilling(net, self._seed),
            f"usual, {int(wanted.sum())} windows, {weights}",
            self._recordings,
            self._targets.some(wanted),
            self._seed,
            weights,
        )

    def triplets(self, net: nn.Module) -> recipe.TripletTask:
        """The triplet loss alone."""
        return recipe.TripletTask(net, "triplet", self._recordings, self._seed)

    def of_teacher(self, net: nn.Module) -> recipe.StudentTask:
        """A student of a network that learnt by triplets."""
        teacher = recipe.Frozen(self.taught("triplet_teacher", residual(), self.triplets))
        return recipe.StudentTask(net, "triplet-student", self._recordings, teacher, self._seed)

    def taught(self, name: str, net: nn.Module, task: Callable[[nn.Module], Any]) -> nn.Module:
        """Train a variant, or go on with it, or take what was trained."""
        weights = WORK / name / "weights.pt"
        if not weights.exists():
            print(f"{name}: learning", flush=True)
            fit(task(net), PLAN, weights.parent, seed=self._seed, resume=True, tell=counted)
            write_weights(weights, net.state_dict(), {"recipe": name})
        read_weights(weights, net)
        return net


def counted(step: Progress) -> None:
    if step.step % 250 == 0:
        losses = ", ".join(f"{name} {value:.3f}" for name, value in step.losses.items())
        print(f"  {step.step} of {step.steps}: {losses}", flush=True)


def residual() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ResNetSpeech()


Variant = tuple[Callable[[], nn.Module], Callable[[nn.Module], Any]]


def variants(lessons: Lessons) -> dict[str, Variant]:
    """Return for each the network, and how it learns."""
    return {
        "usual": (student, lessons.distilled),
        **{name: (partial(student, width=w), lessons.distilled) for name, w in WIDTHS.items()},
        **{
            name: (student, partial(lessons.distilled, weights=weights))
            for name, weights in ONE_TEACHER.items()
        },
        "readers": (student, partial(lessons.distilled, only=is_of_reader)),
        "context": (partial(student, kernel=1), lessons.distilled),
        "triplet": (student, lessons.triplets),
        "triplet_teacher": (residual, lessons.triplets),
        "triplet_student": (student, lessons.of_teacher),
    }


def is_of_reader(recording: Recording) -> bool:
    return recording.source.startswith("reader ")


def trained(options: Options) -> None:
    """Make all variants that are not there yet."""
    lessons = Lessons(options.seed)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    for name, (made, task) in variants(lessons).items():
        path = WEIGHTS / f"{name}.tflite"
        if not path.exists():
            net = lessons.taught(name, made(), task)
            example = (torch.zeros(1, PATCH, SPECTROGRAM.bands),)
            replace_bytes(path, with_float16_weights(arrays_to_tflite(net.eval(), example)))


def opened(name: str) -> Representation:
    layer = name.removeprefix("shipped_")
    if layer in LAYERS:
        return Part(shipped(), layer)
    if name == "shipped":
        return shipped()
    path = WEIGHTS / f"{name}.tflite"
    data = path.read_bytes()
    network = open_litert(data, where=path.name, threads=1)
    return SpeechNetwork(network, hashlib.sha256(data).hexdigest()[:16])


def shipped() -> SpeechNetwork:
    return SpeechNetwork.open(bundled()["firsthand-speech"])


def measure(options: Options) -> Findings:
    if not options.quick:
        trained(options)
    names = sorted(path.stem for path in WEIGHTS.glob("*.tflite"))
    names += ["shipped", *(f"shipped_{layer}" for layer in LAYERS)]
    tasks = tasks_in(data_root(__file__))
    some = recipes(speakers=False, kinds=("LDA",))
    if options.quick:
        tasks = {name: fewer(task) for name, task in tasks.items()}
    folder = KEPT / ("ablation-quick" if options.quick else "ablation-answers")
    cells = run_study(
        names, tasks, folder, seed=options.seed, recipes=some, opening=opened, tell=told
    )
    models, _, observed = table_of(cells)
    drawn = resampled(cells, np.random.default_rng(options.seed)).mean(axis=2)
    figures, points = {}, {}
    for row, name in enumerate(models):
        low, high = np.quantile(drawn[:, row], (0.025, 0.975))
        mean = float(observed[row].mean())
        figures[f"score_{name}"] = Figure.of(Interval(mean, float(low), float(high)), n=len(tasks))
        against = "shipped" if name.startswith("shipped_") else "usual"
        other = models.index(against)
        if other != row and name != "shipped":
            low, high = np.quantile(drawn[:, row] - drawn[:, other], (0.025, 0.975))
            apart = Interval(mean - float(observed[other].mean()), float(low), float(high))
            figures[f"{name}_over_{against}"] = Figure.of(apart, n=len(tasks))
        if name in WIDTHS or name == "usual":
            count = weights_of(WEIGHTS / f"{name}.tflite")
            figures[f"size_{name}"] = Figure(count / 1e6, unit="million weights")
            points[name] = (count / 1e6, 100 * mean)
    plot_scatter(
        {name: ([x], [y]) for name, (x, y) in points.items()},
        options.plot(),
        x_label="millions of weights",
        y_label="mean score over the tasks, %",
        title="Size and usefulness, the same lessons",
    )
    return Findings(figures)


def weights_of(path: Path) -> int:
    return sum(values.size for values in file_weights(path.read_bytes()).values())


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
