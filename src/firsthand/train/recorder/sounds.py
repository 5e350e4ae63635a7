"""The recipe of the recorder's sound network: clips in, a Model with calibrated scores out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.nn import functional

from firsthand.errors import InputError
from firsthand.recorder.sounds.calibration import Calibration, fit_calibration
from firsthand.recorder.sounds.own import BANDS, FRAMES, WINDOW_CHUNKS, OwnSounds
from firsthand.runtime import Measurement, load_runner
from firsthand.train.audio.games import GAMES
from firsthand.train.cards import About, write_model
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.export import arrays_to_tflite
from firsthand.train.loop import fit
from firsthand.train.recorder.sound_clips import CLASSES, Clip, read_clips
from firsthand.train.recorder.sound_net import SoundNet, SoundStep
from firsthand.train.recorder.sound_scenes import Scenes
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule
from firsthand.train.task import Batch

NAME: Final = "firsthand-sounds"
RECIPES: Final = ("usual",)
STEPS: Final = 4_000
PRECISION: Final = 0.9

_SCENES: Final = 12
_CHUNKS: Final = 100
_JUDGED: Final = 300
_WEIGHTS: Final = "weights.pt"
_ABSENT: Final = "laughter, applause, whistling, singing, cats, cars, sirens, bells, doors, typing"
"""What people would look for, and no audio that may be shipped was at hand of."""


class SoundTask:
    """Learns which classes are heard in the middle of each window of made-up scenes."""

    def __init__(self, net: SoundNet, words: str, scenes: Scenes, seed: int) -> None:
        self.model: nn.Module = net
        self.recipe = words
        self._scenes = scenes
        self._seed = seed

    def batch(self, step: int) -> Batch:
        """Draw scenes."""
        rng = np.random.default_rng([self._seed, step])
        drawn = [self._scenes(rng) for _ in range(_SCENES)]
        return {
            "chunks": torch.from_numpy(np.stack([scene.chunks() for scene in drawn])).flatten(2),
            "heard": torch.from_numpy(np.stack([scene.windows() for scene in drawn])).float(),
        }

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the binary cross-entropy of all classes, rare ones as much as frequent ones."""
        said = self.model(batch["chunks"].reshape(_SCENES, _CHUNKS, FRAMES, BANDS))
        each = functional.binary_cross_entropy_with_logits(said, batch["heard"], reduction="none")
        return {"total": each.mean() * len(CLASSES)}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: what can be heard is measured at the end."""


def train_sounds(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train the network on clips below `run.data` and of Debian's games; return its file.

    Then scores are calibrated on scenes of other clips, half of them of talk alone, as most of what
    is recorded is; and tested on others again: see `sound_clips`. Raises what
    `sound_clips.read_clips` and `loop.fit` raise.
    """
    if run.data is None:
        raise InputError("this recipe learns from recordings: name their folder with --data")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        net = SoundNet(len(CLASSES))
    origin = "" if run.start is None else f", begun from {read_weights(run.start, net)}"
    clips = read_clips(
        run.data, tell=lambda what, done, whole: tell(Progress(done, whole, {}, 0.0, what))
    )
    for reason in clips.unreadable:
        tell(Progress(0, 1, {}, 0.0, f"left out: {reason}"))
    words = f"sounds of {CLASSES}, {len(clips.learn)} clips{origin}"
    steps = run.steps or STEPS
    schedule = Schedule(
        steps=steps,
        peak_rate=3e-3 if run.start is None else 1.5e-3,
        warmup_steps=min(200, steps // 5),
        weight_decay=2e-2,
        average=0.998,
        clip_norm=5.0,
        checkpoint_every=250,
    )
    task = SoundTask(net, words, Scenes(clips.learn, _CHUNKS), run.seed)
    trained = fit(task, schedule, run.folder / "float", seed=run.seed, resume=run.resume, tell=tell)
    write_weights(run.folder / _WEIGHTS, trained.state_dict(), {"recipe": run.recipe})
    memory = torch.zeros(1, sum(net.memories), net.width)
    data = arrays_to_tflite(SoundStep(net).eval(), (torch.zeros(1, FRAMES, BANDS), memory))
    path = write_model(run.folder, NAME, data, about_sounds((), None)).path
    model = OwnSounds(load_runner(path), CLASSES)
    scores, heard = _judged(model, clips.calibrate, run.seed, tell, talk=True)
    calibration = fit_calibration(CLASSES, scores, heard, PRECISION)
    scores, heard = _judged(model, clips.test, run.seed, tell)
    accuracy = tuple(
        Measurement(
            "average precision of windows",
            float(average_precision_score(truth, found)),
            f"made-up scenes of sounds neither learnt from nor calibrated with: {kind}",
        )
        for kind, found, truth in zip(CLASSES, scores.T, heard.T, strict=True)
    )
    return write_model(run.folder, NAME, data, about_sounds(accuracy, calibration)).path


def _judged(
    model: OwnSounds,
    clips: Sequence[Clip],
    seed: int,
    tell: Callable[[Progress], None],
    *,
    talk: bool = False,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return scores and truth (windows, classes) of scenes of clips that were not learnt from.

    With `talk` there are as many scenes of speech alone as of all classes.
    """
    scenes = Scenes(clips, _CHUNKS)
    scores, heard = [], []
    for number in range(2 * _JUDGED if talk else _JUDGED):
        scene = scenes(np.random.default_rng([seed, 1, number]), talk=number >= _JUDGED)
        scores.append(model.step(model.begin(), scene.samples)[1])
        heard.append(scene.windows())
        tell(Progress(number + 1, 2 * _JUDGED, {}, 0.0, "listening to other scenes"))
    return np.concatenate(scores), np.concatenate(heard)


def about_sounds(accuracy: tuple[Measurement, ...], calibration: Calibration | None) -> About:
    """Return what the card of such a network says."""
    games = [f"{each.package} ({each.licence})" for each in GAMES if each.use == "learn"]
    return About(
        version="1",
        task="sound-classification",
        description=(
            f"What is heard, every 50 ms: {', '.join(CLASSES)}. Absent, for want of recordings "
            f"that may be shipped: {_ABSENT}"
        ),
        licence="Apache-2.0",
        inputs=(
            f"{FRAMES} frames of the spectrogram of firsthand.dsp.logmel.LogMel()",
            "the network's memory as the chunk before left it, zeros at first",
        ),
        outputs=(
            f"score of each label in the middle of the last {WINDOW_CHUNKS} chunks, 0..1",
            "the memory for the next chunk",
        ),
        preprocessing="one channel at 16 kHz, log-mel spectrogram, chunks of 50 ms",
        labels=CLASSES,
        training_sources=(
            "ESC-10, folds 1 to 3 (CC BY)",
            "LibriSpeech, train-clean-100 (CC BY 4.0)",
            f"music and noises of Debian's packages {', '.join(dict.fromkeys(games))}",
        ),
        accuracy=accuracy,
        calibration=() if calibration is None else calibration.curves,
    )
