"""The recipe of the concealer: recordings in, two Models out."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from firsthand.concealment.generative import CONTEXT_NAME, SHAPE_NAME, SPECTROGRAM, TOLD
from firsthand.errors import InputError
from firsthand.runtime import Model
from firsthand.train.cards import About, write_model
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.concealment.corpus import read_corpus, sources_of
from firsthand.train.concealment.networks import CONDITION, Concealing, ContextNet, ShapeNet
from firsthand.train.concealment.stretches import Stretches
from firsthand.train.concealment.task import ConcealTask
from firsthand.train.export import arrays_to_tflite
from firsthand.train.loop import fit
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule

RECIPES: Final = ("usual",)
STEPS: Final = 6_000

_WEIGHTS: Final = "weights.pt"


def train_concealment(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train the networks on recordings below `run.data` and of Debian's packages.

    Returns the shaping network's file; the other's lies beside it. Raises `InputError` without
    recordings, and what `loop.fit` raises.
    """
    if run.data is None:
        raise InputError("this recipe learns from recordings: name their folder with --data")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        nets = Concealing()
    origin = "" if run.start is None else f", begun from {read_weights(run.start, nets)}"
    corpus, unreadable = read_corpus(
        run.data, tell=lambda what, done, whole: tell(Progress(done, whole, {}, 0.0, what))
    )
    for reason in unreadable:
        tell(Progress(0, 1, {}, 0.0, f"left out: {reason}"))
    count = sum(map(len, corpus.speech.values()))
    words = f"{run.recipe}, {count} recordings, {len(corpus.backgrounds)} backgrounds{origin}"
    steps = run.steps or STEPS
    plan = Schedule(
        steps=steps,
        peak_rate=2e-3 if run.start is None else 1e-3,
        warmup_steps=min(100, steps // 5),
        weight_decay=1e-2,
        average=0.998,
        clip_norm=1.0,
        checkpoint_every=100,
        threads=1,  # the other processor draws stretches meanwhile
    )
    task = ConcealTask(nets, Stretches(corpus), words, run.seed)
    fit(task, plan, run.folder / "float", seed=run.seed, resume=run.resume, tell=tell)
    write_weights(run.folder / _WEIGHTS, nets.state_dict(), {"recipe": run.recipe})
    sources = sources_of(corpus)
    _context(run.folder, nets.context, sources)
    return _shape(run.folder, nets.shape, sources).path


def _context(folder: Path, net: ContextNet, sources: tuple[str, ...]) -> Model:
    state = torch.zeros(1, net.width)
    data = arrays_to_tflite(net, (torch.zeros(1, SPECTROGRAM.bands), state))
    about = _about(
        "What is said, and by whom: the conditioning network of the concealer",
        sources,
        inputs=("a frame of generative.SPECTROGRAM, the last 20 ms", "the state, at first zeros"),
        outputs=("what the shaping network is told", "the state after the frame"),
    )
    return write_model(folder, CONTEXT_NAME, data, about)


def _shape(folder: Path, net: ShapeNet, sources: tuple[str, ...]) -> Model:
    inputs: tuple[Tensor, ...] = (torch.zeros(1, TOLD), torch.zeros(1, CONDITION))
    about = _about(
        "How a sound goes on that stopped: the shaping network of the concealer",
        sources,
        inputs=("what course.told tells of a frame", "the conditioning network's first output"),
        outputs=("gains of three carriers in 32 bands each, 0 to 2, and the next pace less 1",),
    )
    return write_model(folder, SHAPE_NAME, arrays_to_tflite(net, inputs), about)


def _about(
    description: str, sources: tuple[str, ...], inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> About:
    return About(
        version="1",
        task="packet-loss-concealment",
        description=f"{description}. How calls sound with it is in docs/concealment.md",
        licence="Apache-2.0",
        inputs=inputs,
        outputs=outputs,
        preprocessing="see firsthand.concealment.generative",
        training_sources=sources,
    )
