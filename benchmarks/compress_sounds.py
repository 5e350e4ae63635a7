"""The recorder's sound network, made smaller by this package's own means.

Its convolutions lose half of their channels, those that the loss of its training misses least (the
first term of its Taylor series), and learn on with the larger network's scores beside the truth;
then weights are kept in 16 bits. What joins moments in time keeps its width. `plain` is as narrow,
begun from noise and taught the same: what the chosen channels are worth.

`mean_average_precision_...` is over the classes, of windows of made-up scenes of clips that no
network learnt from; `drop_...` by how much it is below the bundled network's, with scenes drawn
anew for the interval. `kb_...` are files, `times_faster_...` the bundled file's time for a
twentieth of a second over theirs, on one processor, and `million_macs_...` what that takes.

The narrowed network lies in `weights/compress_sounds` with its card, in 16 bits; a full run trains
it and the plain one where they are missing.
"""

import copy
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.nn import functional

from debian_packages import unpacked
from firsthand.measure import (
    Figure,
    Findings,
    Interval,
    Options,
    data_root,
    measure_streams,
    run_benchmark,
)
from firsthand.measure.single_stream import QUICK, RULES
from firsthand.recorder.sounds.own import BANDS, FRAMES, OwnSounds
from firsthand.runtime import Model, load_runner
from firsthand.runtime.bundled import bundled
from firsthand.runtime.operators import operators
from firsthand.train.audio.games import GAMES
from firsthand.train.cards import write_model
from firsthand.train.checkpoints import read_weights
from firsthand.train.compress.channels import (
    importance_of,
    narrowed,
    taylor_scores,
    trace_channels,
)
from firsthand.train.compress.small_weights import with_float16_weights
from firsthand.train.export import arrays_to_tflite
from firsthand.train.loop import fit
from firsthand.train.recorder.sound_clips import CLASSES, Clips, read_clips
from firsthand.train.recorder.sound_net import SoundNet, SoundStep
from firsthand.train.recorder.sound_scenes import Scenes
from firsthand.train.recorder.sounds import NAME, SoundTask, about_sounds
from firsthand.train.run import Progress
from firsthand.train.schedule import Schedule
from firsthand.train.task import Batch

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "benchmarks" / "weights" / "compress_sounds"
WORK = ROOT / ".cache" / "compress_sounds"
TEACHER = ROOT / "benchmarks" / "weights" / "recorder" / "firsthand-sounds.weights.pt"
WIDTH = 0.5
STEPS = 1500
LOOKED_AT = 20
CHUNKS = 100
SCENES, QUICK_SCENES = 300, 20
RESAMPLES = 200
NARROW = f"{NAME}-narrow"


class Trunk(nn.Module):
    """What looks at a chunk, as pictures go through it; weights have the names of `SoundNet`."""

    def __init__(self, net: SoundNet) -> None:
        super().__init__()
        self.look, self.gather = net.look, net.gather

    def forward(self, pictures: Tensor) -> Tensor:
        """Map (b, 1, FRAMES, BANDS) to (b, width)."""
        found: Tensor = self.gather(self.look(pictures).flatten(1))
        return found


class TaughtSounds(SoundTask):
    """Learns the truth and what a larger network says, half and half."""

    def __init__(self, net: SoundNet, teacher: SoundNet, scenes: Scenes, seed: int) -> None:
        super().__init__(net, f"taught sounds, {STEPS} steps", scenes, seed)
        self._teacher = copy.deepcopy(teacher).eval()

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the cross-entropy with the mean of both."""
        chunks = batch["chunks"].unflatten(2, (FRAMES, BANDS))
        with torch.no_grad():
            known = self._teacher(chunks).sigmoid()
        wanted = (batch["heard"] + known) / 2
        said = self.model(chunks)
        return {"total": functional.binary_cross_entropy_with_logits(said, wanted) * len(CLASSES)}


def whole() -> SoundNet:
    net = SoundNet(len(CLASSES))
    read_weights(TEACHER, net)
    return net.eval()


def narrow(net: SoundNet, scenes: Scenes, seed: int) -> SoundNet:
    """The network without half of the channels of its convolutions."""
    task = SoundTask(net, "importance", scenes, seed)

    def loss(step: int, model: nn.Module) -> Tensor:
        batch = task.batch(step)
        said = model(batch["chunks"].unflatten(2, (FRAMES, BANDS)))
        return functional.binary_cross_entropy_with_logits(said, batch["heard"])

    scores = taylor_scores(net, (lambda m, at=at: loss(at, m) for at in range(LOOKED_AT)))
    trunk = Trunk(net)
    channels = trace_channels(trunk, torch.zeros(1, 1, FRAMES, BANDS))
    left = narrowed(trunk, channels, channels.kept(WIDTH, importance_of(channels, scores)))
    made = copy.deepcopy(net)
    made.look, made.gather = left.look, left.gather
    return made


def forgotten(net: SoundNet, seed: int) -> SoundNet:
    """A network of the same shape that knows nothing."""
    made = copy.deepcopy(net)
    fresh = SoundNet(len(CLASSES))
    torch.manual_seed(seed)
    for unit in made.modules():
        if isinstance(unit, nn.Conv2d | nn.Linear | nn.BatchNorm1d | nn.BatchNorm2d):
            unit.reset_parameters()
    for mine, other in zip(made.causal, fresh.causal, strict=True):
        mine.taps.data.copy_(other.taps)
    return made


def taught(name: str, net: SoundNet, teacher: SoundNet, scenes: Scenes, seed: int) -> nn.Module:
    schedule = Schedule(
        steps=STEPS,
        peak_rate=3e-3,
        warmup_steps=100,
        weight_decay=2e-2,
        average=0.995,
        clip_norm=5.0,
        checkpoint_every=250,
    )

    def tell(step: Progress) -> None:
        if step.step % 100 == 0:
            print(f"{name}: {step.step} of {step.steps}", flush=True)

    task = TaughtSounds(net, teacher, scenes, seed)
    return fit(task, schedule, WORK / name, seed=seed, resume=True, tell=tell)


def step_file(net: SoundNet) -> bytes:
    """The network as a file that takes a chunk at a time."""
    memory = torch.zeros(1, sum(net.memories), net.width)
    return arrays_to_tflite(SoundStep(net).eval(), (torch.zeros(1, FRAMES, BANDS), memory))


def made(clips: Clips, seed: int) -> None:
    """Train what is missing, and keep it."""
    scenes, teacher = Scenes(clips.learn, CHUNKS), whole()
    student = narrow(teacher, scenes, seed)
    plain = taught("plain", forgotten(student, seed), teacher, scenes, seed)
    student = taught("narrow", student, teacher, scenes, seed)
    for name, net in ((NARROW, student), (f"{NAME}-plain", plain)):
        data = with_float16_weights(step_file(net))
        write_model(WEIGHTS, name, data, about_sounds((), None))


def judged(path: Path, clips: Clips, count: int, seed: int) -> tuple[NDArray, NDArray]:
    """Scores and truth of scenes: (scenes, windows, classes) each."""
    model, scenes = OwnSounds(load_runner(path), CLASSES), Scenes(clips.test, CHUNKS)
    drawn = [scenes(np.random.default_rng([seed, 1, number])) for number in range(count)]
    scores = [model.step(model.begin(), scene.samples)[1] for scene in drawn]
    return np.stack(scores), np.stack([scene.windows() for scene in drawn])


def mean_average_precision(scores: NDArray, heard: NDArray) -> float:
    """Over the classes that occur."""
    flat, truth = scores.reshape(-1, scores.shape[-1]), heard.reshape(-1, heard.shape[-1])
    return float(
        np.mean(
            [
                average_precision_score(truth[:, at], flat[:, at])
                for at in range(flat.shape[1])
                if truth[:, at].any()
            ]
        )
    )


def measure(options: Options) -> Findings:
    clips = read_clips(data_root(__file__), unpacked(dict.fromkeys(g.package for g in GAMES)))
    files = {"narrow": WEIGHTS / f"{NARROW}.tflite", "plain": WEIGHTS / f"{NAME}-plain.tflite"}
    if not options.quick and not all(path.exists() for path in files.values()):
        made(clips, options.seed)
    with_own = {"bundled": bundled()[NAME].path, **files}
    float16 = options.folder / ".bundled_float16.tflite"
    float16.write_bytes(with_float16_weights(with_own["bundled"].read_bytes()))
    with_own["bundled_float16"] = float16
    try:
        return compared(with_own, clips, options)
    finally:
        float16.unlink()


def compared(files: Mapping[str, Path], clips: Clips, options: Options) -> Findings:
    count = QUICK_SCENES if options.quick else SCENES
    found = {name: judged(path, clips, count, options.seed) for name, path in files.items()}
    heard = found["bundled"][1]
    rng = np.random.default_rng(options.seed)
    draws = rng.integers(count, size=(20 if options.quick else RESAMPLES, count))
    drawn = {
        name: np.array([mean_average_precision(scores[d], heard[d]) for d in draws])
        for name, (scores, _) in found.items()
    }
    at_once = {name: mean_average_precision(scores, heard) for name, (scores, _) in found.items()}
    streams = measure_streams(files, QUICK if options.quick else RULES)
    figures: dict[str, Figure] = {}
    for name, path in files.items():
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        interval = Interval(at_once[name], float(low), float(high))
        macs = sum(each.macs for each in operators(Model.open(path)))
        figures |= {
            f"mean_average_precision_{name}": Figure.of(interval, n=count),
            f"kb_{name}": Figure(path.stat().st_size / 1e3, unit="KB"),
            f"million_macs_{name}": Figure(macs / 1e6),
            f"us_{name}": Figure.of(streams.latency(name).median_us, unit="us"),
        }
        if name == "bundled":
            continue
        low, high = np.quantile(drawn["bundled"] - drawn[name], [0.025, 0.975])
        drop = Interval(at_once["bundled"] - at_once[name], float(low), float(high))
        figures |= {
            f"drop_{name}": Figure.of(drop, n=count),
            f"times_faster_{name}": Figure.of(streams.ratio("bundled", name)),
            f"times_smaller_{name}": Figure(files["bundled"].stat().st_size / path.stat().st_size),
        }
    return Findings(figures, noise=streams.doubts)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
