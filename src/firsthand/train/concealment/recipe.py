"""The recipes of concealers: recordings in, Models out.

`usual` makes what comes with the package, `frames` the predictor of frames, `samples` the networks
that make sample after sample; the latter two are what the first is measured by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from firsthand.concealment.course import NUMBERS
from firsthand.concealment.framewise import FRAMES_NAME, RECENT
from firsthand.concealment.generative import CONTEXT_NAME, SHAPE_NAME, SPECTROGRAM, TOLD
from firsthand.concealment.samplewise import SAMPLES_CONTEXT_NAME, SAMPLES_NAME
from firsthand.concealment.samplewise import TOLD as TOLD_A_SAMPLE
from firsthand.concealment.shaping import FRAME
from firsthand.errors import InputError
from firsthand.runtime import Model
from firsthand.train.cards import About, write_model
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.concealment.corpus import read_corpus, sources_of
from firsthand.train.concealment.frames import FrameNet, FrameTask
from firsthand.train.concealment.networks import CONDITION, Concealing, ContextNet, ShapeNet
from firsthand.train.concealment.samples import SampleNet, SampleTask, Sampling
from firsthand.train.concealment.stretches import Stretches
from firsthand.train.concealment.task import ConcealTask
from firsthand.train.export import arrays_to_tflite
from firsthand.train.loop import fit
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule
from firsthand.train.task import Task

_WEIGHTS: Final = "weights.pt"

Sources = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Networks, what trains them, for how long, and what writes their files.

    `write` returns the Model that is named first.
    """

    nets: Callable[[], nn.Module]
    task: Callable[[Any, Stretches, str, int], Task]
    steps: int
    peak_rate: float
    write: Callable[[Path, Any, Sources], Model]


def train_concealment(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train networks on recordings below `run.data` and of Debian's packages.

    Returns the first network's file; another's lies beside it. Raises `InputError` without
    recordings, and what `loop.fit` raises.
    """
    if run.data is None:
        raise InputError("this recipe learns from recordings: name their folder with --data")
    recipe = _RECIPES[run.recipe]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        nets = recipe.nets()
    origin = "" if run.start is None else f", begun from {read_weights(run.start, nets)}"
    corpus, unreadable = read_corpus(
        run.data, tell=lambda what, done, whole: tell(Progress(done, whole, {}, 0.0, what))
    )
    for reason in unreadable:
        tell(Progress(0, 1, {}, 0.0, f"left out: {reason}"))
    count = sum(map(len, corpus.speech.values()))
    words = f"{run.recipe}, {count} recordings, {len(corpus.backgrounds)} backgrounds{origin}"
    steps = run.steps or recipe.steps
    plan = Schedule(
        steps=steps,
        peak_rate=recipe.peak_rate if run.start is None else recipe.peak_rate / 2,
        warmup_steps=min(100, steps // 5),
        weight_decay=1e-2,
        average=0.998,
        clip_norm=1.0,
        checkpoint_every=100,
        threads=1,  # the other processor draws stretches meanwhile
    )
    task = recipe.task(nets, Stretches(corpus), words, run.seed)
    fit(task, plan, run.folder / "float", seed=run.seed, resume=run.resume, tell=tell)
    write_weights(run.folder / _WEIGHTS, nets.state_dict(), {"recipe": run.recipe})
    return recipe.write(run.folder, nets, sources_of(corpus)).path


def _write_usual(folder: Path, nets: Concealing, sources: Sources) -> Model:
    _context(folder, CONTEXT_NAME, nets.context, sources)
    return _shape(folder, nets.shape, sources)


def _write_frames(folder: Path, net: FrameNet, sources: Sources) -> Model:
    inputs = (torch.zeros(1, RECENT), torch.zeros(1, 2 * FRAME), torch.zeros(1, NUMBERS))
    about = _about(
        "The next 20 ms, from the last 70: a predictor of frames",
        sources,
        "framewise",
        inputs=(
            "the last 70 ms, over the course's level",
            "linear prediction and the last period, as they would go on",
            "course.numbers_of",
        ),
        outputs=("the frame, over the level",),
    )
    return write_model(folder, FRAMES_NAME, arrays_to_tflite(net, inputs), about)


def _write_samples(folder: Path, nets: Sampling, sources: Sources) -> Model:
    _context(folder, SAMPLES_CONTEXT_NAME, nets.context, sources)
    return _sample(folder, nets.sample, sources)


def _context(folder: Path, name: str, net: ContextNet, sources: Sources) -> Model:
    state = torch.zeros(1, net.width)
    data = arrays_to_tflite(net, (torch.zeros(1, SPECTROGRAM.bands), state))
    about = _about(
        "What is said, and by whom: the conditioning network of a concealer",
        sources,
        "generative",
        inputs=("a frame of generative.SPECTROGRAM, the last 20 ms", "the state, at first zeros"),
        outputs=("what the other network is told", "the state after the frame"),
    )
    return write_model(folder, name, data, about)


def _shape(folder: Path, net: ShapeNet, sources: Sources) -> Model:
    inputs: tuple[Tensor, ...] = (torch.zeros(1, TOLD), torch.zeros(1, CONDITION))
    about = _about(
        "How a sound goes on that stopped: the shaping network of the concealer",
        sources,
        "generative",
        inputs=("what course.told tells of a frame", "the conditioning network's first output"),
        outputs=("gains of three carriers in 32 bands each, 0 to 2, and the next pace less 1",),
    )
    return write_model(folder, SHAPE_NAME, arrays_to_tflite(net, inputs), about)


def _sample(folder: Path, net: SampleNet, sources: Sources) -> Model:
    inputs = (
        torch.zeros(1, TOLD_A_SAMPLE),
        torch.zeros(1, CONDITION),
        torch.zeros(1, net.width),
    )
    about = _about(
        "The next sample: the autoregressive network of a concealer",
        sources,
        "samplewise",
        inputs=(
            "linear prediction's sample, the latest ones, those a period before, over the level",
            "the conditioning network's first output",
            "the state, at first zeros",
        ),
        outputs=(
            "the mean less linear prediction's, and the deviation's logarithm",
            "the state after the sample",
        ),
    )
    return write_model(folder, SAMPLES_NAME, arrays_to_tflite(net.single(), inputs), about)


def _about(
    description: str,
    sources: Sources,
    module: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> About:
    return About(
        version="1",
        task="packet-loss-concealment",
        description=f"{description}. How calls sound with it is in docs/concealment.md",
        licence="Apache-2.0",
        inputs=inputs,
        outputs=outputs,
        preprocessing=f"see firsthand.concealment.{module}",
        training_sources=sources,
    )


_RECIPES: Final[Mapping[str, _Recipe]] = {
    "usual": _Recipe(Concealing, ConcealTask, 6_000, 2e-3, _write_usual),
    "frames": _Recipe(FrameNet, FrameTask, 3_000, 1e-3, _write_frames),
    "samples": _Recipe(Sampling, SampleTask, 1_000, 2e-3, _write_samples),
}
RECIPES: Final = tuple(_RECIPES)
