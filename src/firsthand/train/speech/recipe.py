"""The recipes of speech representations: recordings in, a Model out.

- `usual`: a student hears a window as a room and a microphone leave it, and learns what Resemblyzer
  and YAMNet said of it undisturbed, from its direction and its moments; and to tell clips apart.
- `triplet`: the residual teacher of the article's way, from the triplet loss alone.
- `triplet-student`: the student, distilled from that teacher, named with `--start`.
- `small`, `large`: `usual` at half and one and a half times the width.
- `random`: the student before it has learnt anything, a strong baseline (arXiv:2002.12764).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firsthand.errors import InputError
from firsthand.runtime import Measurement, Model
from firsthand.speech.own_network import PATCH, SPECTROGRAM, TASK
from firsthand.train.audio.recordings import Recording
from firsthand.train.audio.resemblyzer import SIZE
from firsthand.train.cards import About, write_model
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.export import arrays_to_int8_tflite, arrays_to_tflite, check_export
from firsthand.train.loop import fit
from firsthand.train.quantise import fold_batch_norms, prepare
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule
from firsthand.train.speech.corpus import read_corpus, sources_of
from firsthand.train.speech.networks import MOMENTS, ResNetSpeech, SpeechNet
from firsthand.train.speech.teachers import INNER, SOUND, Targets, targets_of, teachers
from firsthand.train.speech.triplets import triplet_loss
from firsthand.train.speech.views import SPEEDS, as_heard, patches_of, played, window_at
from firsthand.train.task import Batch

Floats = NDArray[np.float32]

NAME: Final = "firsthand-speech"
RECIPES: Final = ("usual", "small", "large", "triplet", "triplet-student", "random")
STEPS: Final[Mapping[str, int]] = {"triplet": 4_000}
USUAL_STEPS: Final = 6_500
INT8_STEPS: Final = 800

_WIDTHS: Final = {"small": 0.5, "large": 1.5}
_CLIPS: Final = 40
_NEAR_S: Final = 10.0
_SETTLING: Final = 200
_TOLERANCE: Final = 0.35  # of eight bits, over three dozen operations
_PROBES: Final = 3
_WEIGHTS: Final = "weights.pt"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A window: of which recording, how played, from which sample on."""

    recording: int
    speed: int
    start: int


class Pairs:
    """Draws two windows, within ten seconds, of each of some recordings."""

    def __init__(self, recordings: Sequence[Recording], seed: int) -> None:
        self.recordings, self._seed = recordings, seed
        self._sounds: dict[tuple[int, int], Floats] = {}

    def windows(self, places: Sequence[Place], step: int) -> Tensor:
        """Return windows (n, WINDOW) as they may be heard in step `step`."""
        rng = np.random.default_rng([self._seed, 1, step])
        found = []
        for place in places:
            window = window_at(self.sound(place.recording, place.speed), place.start)
            found.append(as_heard(window, self.recordings, rng))
        return torch.from_numpy(np.stack(found))

    def sound(self, recording: int, speed: int) -> Floats:
        """Return a recording as played at one of `SPEEDS`."""
        if (recording, speed) not in self._sounds:
            samples = self.recordings[recording].samples
            self._sounds[recording, speed] = played(samples, SPEEDS[speed])
        return self._sounds[recording, speed]


class TripletTask:
    """Learns to have windows of a recording nearer to each other than to those of others."""

    def __init__(
        self, net: nn.Module, words: str, recordings: Sequence[Recording], seed: int
    ) -> None:
        self.model, self.recipe = net, words
        self._pairs, self._seed = Pairs(recordings, seed), seed
        self._sources = {
            name: place for place, name in enumerate(sorted({r.source for r in recordings}))
        }

    def batch(self, step: int) -> Batch:
        """Draw recordings, and two windows of each, within ten seconds."""
        rng = np.random.default_rng([self._seed, 0, step])
        chosen = rng.choice(
            len(self._pairs.recordings), min(_CLIPS, len(self._pairs.recordings)), False
        )
        first, second = [], []
        for recording in chosen.tolist():
            speed = int(rng.integers(len(SPEEDS)))
            last = max(1, len(self._pairs.sound(recording, speed)) - SPECTROGRAM.rate_hz // 2)
            start = int(rng.integers(last))
            near = int(_NEAR_S * SPECTROGRAM.rate_hz)
            other = int(rng.integers(max(0, start - near), min(last, start + near) + 1))
            first.append(Place(recording, speed, start))
            second.append(Place(recording, speed, other))
        sources = [self._sources[self._pairs.recordings[each].source] for each in chosen.tolist()]
        return {
            "windows": self._pairs.windows([*first, *second], step),
            "origins": torch.tensor(sources),
        }

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the triplet loss, and the share of triplets that are not apart yet."""
        directions, moments = self.model(patches_of(batch["windows"]))
        half = len(directions) // 2
        apart, share = triplet_loss(directions[:half], directions[half:], batch["origins"])
        # The inner layer's numbers are to be of deviation one, which nothing else asks for.
        spread = (moments.std(dim=(0, 1)) - 1).square().mean()
        return {"total": apart + 0.1 * spread, "triplet": apart, "unsolved": share}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: representations are measured by NOSS."""


class Distilling(nn.Module):
    """A student, and the linear maps from what it gives to what its teachers say."""

    def __init__(self, net: nn.Module, size: int, inner: int, targets: Sequence[int]) -> None:
        super().__init__()
        self.net = net
        self.from_direction = nn.ModuleList(nn.Linear(size, each) for each in targets[:-1])
        self.from_moments = nn.Linear(inner, targets[-1])

    def forward(self, patches: Tensor) -> tuple[Tensor, Tensor, list[Tensor], Tensor]:
        """Return directions, moments, and what they say of each target."""
        direction, moments = self.net(patches)
        scaled = direction * direction.shape[1] ** 0.5
        said = [head(scaled) for head in self.from_direction]
        return direction, moments, said, self.from_moments(moments)


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each teacher's words count, and clips being told apart."""

    voice: float = 2.0
    sound: float = 2.0
    inner: float = 2.0
    triplet: float = 0.5


class DistillingTask:
    """Learns what teachers said of windows, from what is left of them after rooms and noise."""

    def __init__(
        self,
        model: Distilling,
        words: str,
        recordings: Sequence[Recording],
        targets: Targets,
        seed: int,
        weights: LossWeights = LossWeights(),
    ) -> None:
        self.model: nn.Module = model
        self.recipe, self._weights = words, weights
        self._pairs, self._targets, self._seed = Pairs(recordings, seed), targets, seed
        # Sources are drawn as often as the root of what there is of them says.
        sources = {name: place for place, name in enumerate(sorted({r.source for r in recordings}))}
        self._source = np.array([sources[r.source] for r in recordings])[targets.recording]
        counts = np.bincount(self._source)
        chances = 1 / np.sqrt(counts[self._source])
        self._chances = np.cumsum(chances / chances.sum())

    def batch(self, step: int) -> Batch:
        """Draw windows; for each another one of the same recording, within ten seconds."""
        rng = np.random.default_rng([self._seed, 0, step])
        first = np.searchsorted(self._chances, rng.random(_CLIPS)).clip(0, len(self._targets) - 1)
        second = np.array([self._beside(int(row), rng) for row in first])
        rows = np.concatenate([first, second])
        t = self._targets
        places = [
            Place(int(t.recording[row]), int(t.speed[row]), int(t.start[row])) for row in rows
        ]
        return {
            "windows": self._pairs.windows(places, step),
            "voice": torch.from_numpy(t.voice[rows].astype(np.float32)),
            "sound": torch.from_numpy(t.sound[rows].astype(np.float32)),
            "inner": torch.from_numpy(t.inner[rows].astype(np.float32)),
            "origins": torch.from_numpy(self._source[first]),
        }

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return how far what it says is from its teachers' words, and the triplet loss."""
        direction, moments, (voice, sound), inner = self.model(patches_of(batch["windows"]))
        half = len(direction) // 2
        far = (1 - functional.cosine_similarity(voice, batch["voice"])).mean()
        sounds = functional.smooth_l1_loss(sound, batch["sound"])
        inside = functional.smooth_l1_loss(inner, batch["inner"])
        apart, _ = triplet_loss(direction[:half], direction[half:], batch["origins"])
        spread = (moments.std(dim=(0, 1)) - 1).square().mean()
        w = self._weights
        total = w.voice * far + w.sound * sounds + w.inner * inside + w.triplet * apart
        total = total + 0.02 * spread
        return {"total": total, "voice": far, "sound": sounds, "inner": inside, "triplet": apart}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: representations are measured by NOSS."""

    def _beside(self, row: int, rng: np.random.Generator) -> int:
        t = self._targets
        near = int(_NEAR_S * SPECTROGRAM.rate_hz)
        low, high = row, row
        while low > 0 and self._same(low - 1, row) and t.start[row] - t.start[low - 1] <= near:
            low -= 1
        while (
            high < len(t) - 1
            and self._same(high + 1, row)
            and t.start[high + 1] - t.start[row] <= near
        ):
            high += 1
        return int(rng.integers(low, high + 1))

    def _same(self, one: int, other: int) -> bool:
        t = self._targets
        return bool(t.recording[one] == t.recording[other] and t.speed[one] == t.speed[other])


class Frozen:
    """What a trained network says of windows: the targets of the article's own distillation."""

    def __init__(self, net: nn.Module) -> None:
        self._net = net.eval()

    @torch.no_grad()
    def __call__(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Return its directions and moments."""
        direction, moments = self._net(patches)
        return direction, moments


class StudentTask(TripletTask):
    """Learns to give what a trained teacher gives of the same window."""

    def __init__(
        self,
        net: nn.Module,
        words: str,
        recordings: Sequence[Recording],
        teacher: Frozen,
        seed: int,
    ) -> None:
        super().__init__(net, words, recordings, seed)
        self._teacher = teacher

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the distance of directions and of moments from the teacher's."""
        patches = patches_of(batch["windows"])
        direction, moments = self.model(patches)
        wanted, inner = self._teacher(patches)
        far = (1 - (direction * wanted).sum(dim=1)).mean()
        inside = functional.smooth_l1_loss(moments, inner)
        return {"total": 4 * far + inside, "direction": far, "inner": inside}


def train_speech(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train a representation on recordings below `run.data` and of Debian's packages; its file.

    Beside `NAME.tflite`, in float, lies `NAME-int8.tflite` (not of `triplet` and `random`). Raises
    `ModelNotFoundError` and `DownloadError` where a teacher is missing, `InputError` for
    `triplet-student` without `--start`, and what `read_corpus` and `loop.fit` raise.
    """
    if run.data is None:
        raise InputError("this recipe learns from recordings: name their folder with --data")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        net: nn.Module = (
            ResNetSpeech()
            if run.recipe == "triplet"
            else SpeechNet(width=_WIDTHS.get(run.recipe, 1.0))
        )
    if run.recipe == "random":
        return _written(run, NAME, _file(net.eval()), ("nothing: its weights are drawn",)).path
    recordings, unreadable = read_corpus(
        run.data, tell=lambda what, done, whole: tell(Progress(done, whole, {}, 0.0, what))
    )
    for reason in unreadable:
        tell(Progress(0, 1, {}, 0.0, f"left out: {reason}"))
    task = _task(run, net, recordings, tell)
    steps = run.steps or STEPS.get(run.recipe, USUAL_STEPS)
    plan = Schedule(
        steps=steps,
        peak_rate=2e-3,
        warmup_steps=min(300, steps // 5),
        weight_decay=2e-2,
        average=0.998,
        clip_norm=5.0,
        checkpoint_every=250,
        threads=1,  # the other processor makes windows meanwhile
    )
    fit(task, plan, run.folder / "float", seed=run.seed, resume=run.resume, tell=tell)
    net = _student(task.model).eval()
    write_weights(run.folder / _WEIGHTS, net.state_dict(), {"recipe": run.recipe})
    sources = sources_of(recordings)
    model = _written(run, NAME, _file(net), sources)
    if run.recipe != "triplet":
        _int8(run, task, sources, tell)
    return model.path


def _task(
    run: Run, net: nn.Module, recordings: Sequence[Recording], tell: Callable[[Progress], None]
) -> TripletTask | DistillingTask:
    words = f"{run.recipe}, {len(recordings)} recordings"
    if run.recipe == "triplet":
        return TripletTask(net, words, recordings, run.seed)
    if run.recipe == "triplet-student":
        if run.start is None:
            raise InputError(
                "triplet-student learns from a teacher: name the weights.pt of a run of `triplet` "
                "with --start"
            )
        teacher = ResNetSpeech()
        origin = read_weights(run.start, teacher)
        return StudentTask(net, f"{words}, of {origin}", recordings, Frozen(teacher), run.seed)
    origin = "" if run.start is None else f", begun from {read_weights(run.start, net)}"
    targets = targets_of(
        recordings,
        run.folder / "targets.npz",
        *teachers(run.folder),
        tell=lambda done, whole: tell(Progress(done, whole, {}, 0.0, "asking the teachers")),
    )
    return DistillingTask(distilling(net, run.seed), words + origin, recordings, targets, run.seed)


def distilling(net: nn.Module, seed: int) -> Distilling:
    """Return a network with maps, drawn by `seed`, to what its teachers say."""
    with torch.no_grad():
        was = net.training
        direction, moments = net.eval()(torch.zeros(1, PATCH, SPECTROGRAM.bands))
        net.train(was)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Distilling(net, direction.shape[1], moments.shape[2], (SIZE, SOUND, INNER))


def _student(model: nn.Module) -> nn.Module:
    return model.net if isinstance(model, Distilling) else model


def _file(net: nn.Module) -> bytes:
    return arrays_to_tflite(net, (torch.zeros(1, PATCH, SPECTROGRAM.bands),))


def _int8(
    run: Run,
    task: TripletTask | DistillingTask,
    sources: tuple[str, ...],
    tell: Callable[[Progress], None],
) -> None:
    """Train on with rounded values, and write the file that computes in eight bits."""
    net = _student(task.model).eval()
    fold_batch_norms(net)
    steps = min(INT8_STEPS, run.steps or INT8_STEPS)
    rounded = prepare(
        net,
        settle_steps=min(_SETTLING, max(1, steps // 4)),
        input_range=(float(np.log(SPECTROGRAM.offset)), 6.0),
    )
    if isinstance(task.model, Distilling):
        task.model.net = rounded
    else:
        task.model = rounded
    task.recipe += ", rounded"
    plan = Schedule(
        steps=steps, peak_rate=2e-4, warmup_steps=min(50, steps // 5), clip_norm=5.0,
        checkpoint_every=200, threads=1,
    )  # fmt: skip
    fit(task, plan, run.folder / "int8", seed=run.seed, resume=run.resume, tell=tell)
    rounded.eval()
    rng = np.random.default_rng(run.seed)
    probes = rng.normal(-3, 2, (_PROBES, 1, PATCH, SPECTROGRAM.bands)).astype(np.float32)
    probes = np.clip(probes, float(np.log(SPECTROGRAM.offset)), 6)
    data = arrays_to_int8_tflite(rounded, probes)
    check_export(rounded, data, probes[:, 0], _TOLERANCE, seen=torch.from_numpy)
    _written(run, f"{NAME}-int8", data, sources)


def _written(run: Run, name: str, data: bytes, sources: tuple[str, ...]) -> Model:
    taught = (
        ("as teachers, the weights of Resemblyzer 0.1.4 and of YAMNet (Apache-2.0)",)
        if run.recipe in ("usual", "small", "large")
        else ()
    )
    return write_model(run.folder, name, data, _about(run.recipe, (*sources, *taught), ()))


def _about(recipe: str, sources: tuple[str, ...], accuracy: tuple[Measurement, ...]) -> About:
    return About(
        version="1",
        task=TASK,
        description=(
            f"What speech and other sounds are like, for classifiers to be learnt on: recipe "
            f"{recipe}. Learnt from a few hours; what it is good for is measured by NOSS"
        ),
        licence="Apache-2.0",
        inputs=(f"{PATCH} frames of the spectrogram of firsthand.dsp.logmel.LogMel()",),
        outputs=(
            "a direction, of length 1, alike for what sounds alike",
            f"{MOMENTS} moments of the inner layer, one every 40 ms",
        ),
        preprocessing="one channel at 16 kHz, log-mel spectrogram, patches of 960 ms",
        training_sources=sources,
        accuracy=accuracy,
    )
