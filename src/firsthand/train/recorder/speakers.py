"""The recipe of the recorder's speaker network: what Resemblyzer knows, in a quarter of its size.

The student hears a window as a room and a microphone leave it; its target is what the teacher makes
of the whole clip, undisturbed. Beside being near to it, the direction must be nearer to it than to
those of the others in the batch.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_curve
from torch import Tensor, nn
from torch.nn import functional

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.recorder.speakers.embedding import SAME, SPECTROGRAM, WINDOW
from firsthand.runtime import Curve, Measurement, load_runner
from firsthand.runtime.place import replace_bytes
from firsthand.train.audio.resemblyzer import SIZE, Resemblyzer
from firsthand.train.audio.resemblyzer import WINDOW as SAMPLES
from firsthand.train.cards import About, write_model
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.export import arrays_to_tflite
from firsthand.train.loop import fit
from firsthand.train.recorder.speaker_clips import (
    SPEEDS,
    Voice,
    played,
    read_voices,
    recorded,
    window_of,
)
from firsthand.train.recorder.speaker_net import SpeakerNet
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule
from firsthand.train.task import Batch

Floats = NDArray[np.float32]

NAME: Final = "firsthand-speakers"
RECIPES: Final = ("usual",)
STEPS: Final = 3_500
_VOICES: Final = 24
_EACH: Final = 2
_SCALE: Final = 20.0
_TEACHER_HOP: Final = SAMPLES // 2
_MOST_WINDOWS: Final = 8
_JUDGED: Final = 40
_WEIGHTS: Final = "weights.pt"
_TARGETS: Final = "teacher.npy"


class SpeakerTask:
    """Learns the teacher's directions of clips from disturbed windows of them."""

    def __init__(
        self, net: SpeakerNet, words: str, clips: Sequence[Voice], targets: Floats, seed: int
    ) -> None:
        self.model: nn.Module = net
        self.recipe = words
        self._clips = clips
        self._targets = targets
        self._seed = seed

    def batch(self, step: int) -> Batch:
        """Draw voices, and windows of each."""
        rng = np.random.default_rng([self._seed, step])
        chosen = rng.choice(len(self._clips), _VOICES, replace=False)
        speeds = rng.integers(len(SPEEDS), size=_VOICES)
        windows = [
            SPECTROGRAM(_padded(recorded(window_of(samples, SPEEDS[speed], rng), self._clips, rng)))
            for samples, speed in zip(
                (self._clips[clip].samples for clip in chosen), speeds, strict=True
            )
            for _ in range(_EACH)
        ]
        return {
            "windows": torch.from_numpy(np.stack(windows)),
            "targets": torch.from_numpy(self._targets[chosen, speeds]),
        }

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return how far directions are from their targets, and how often nearer to others'."""
        cosines = self.model(batch["windows"]) @ batch["targets"].t()
        own = torch.arange(_VOICES).repeat_interleave(_EACH)
        far = (1 - cosines.gather(1, own[:, None])).mean()
        confused = functional.cross_entropy(_SCALE * cosines, own)
        return {"total": 5 * far + confused, "far": far, "confused": confused}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: directions of 256 numbers are measured at the end."""


def train_speakers(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train the network on voices below `run.data`; return its file.

    Raises `DownloadError` where the teacher's weights cannot be had, and what `read_voices` and
    `loop.fit` raise.
    """
    if run.data is None:
        raise InputError("this recipe learns from recordings: name their folder with --data")
    teacher = Resemblyzer.load(run.folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        net = SpeakerNet(SIZE)
    origin = "" if run.start is None else f", begun from {read_weights(run.start, net)}"
    clips = read_voices(
        run.data, tell=lambda what, done, whole: tell(Progress(done, whole, {}, 0.0, what))
    )
    targets = _targets(run.folder / _TARGETS, teacher, clips.learn, tell)
    steps = run.steps or STEPS
    schedule = Schedule(
        steps=steps,
        peak_rate=3e-3 if run.start is None else 1e-3,
        warmup_steps=min(200, steps // 5),
        weight_decay=2e-2,
        average=0.998,
        clip_norm=5.0,
        checkpoint_every=250,
    )
    words = f"voices of {len(clips.learn)} clips as Resemblyzer hears them{origin}"
    task = SpeakerTask(net, words, clips.learn, targets, run.seed)
    trained = fit(task, schedule, run.folder / "float", seed=run.seed, resume=run.resume, tell=tell)
    write_weights(run.folder / _WEIGHTS, trained.state_dict(), {"recipe": run.recipe})
    window = torch.zeros(1, WINDOW, SPECTROGRAM.bands)
    data = arrays_to_tflite(trained, (window,))
    path = write_model(run.folder, NAME, data, _about((), None)).path
    runner = load_runner(path)

    def judge(windows: Floats) -> Floats:
        seen = [runner(SPECTROGRAM(_padded(window))[None])[0][0].copy() for window in windows]
        return np.stack(seen)

    same, other = cosines(judge, clips.calibrate, run.seed)
    middle = float((same.mean() + other.mean()) / 2)
    curve = Curve(SAME, (0.0, middle, 1.0), (0.0, 0.5, 1.0), 0.5)
    accuracy = tuple(
        Measurement(
            "equal error rate of pairs of windows",
            _equal_error_rate(*cosines(judge, clips.test, run.seed, disturbed=disturbed)),
            f"{len({clip.speaker for clip in clips.test})} readers neither learnt from nor "
            f"calibrated with, {how}",
        )
        for disturbed, how in ((False, "as recorded"), (True, "disturbed as in training"))
    )
    return write_model(run.folder, NAME, data, _about(accuracy, curve)).path


def _targets(
    path: Path, teacher: Resemblyzer, clips: Sequence[Voice], tell: Callable[[Progress], None]
) -> Floats:
    """Return the teacher's directions of clips at each speed, (clips, SPEEDS, SIZE).

    They are kept in a file, as they take minutes.
    """
    shape = (len(clips), len(SPEEDS), SIZE)
    if path.exists():
        with suppress(*damage.ARRAYS):  # a damaged file is made anew
            kept: Floats = np.load(path, allow_pickle=False)
            if kept.shape == shape:
                return kept
    found = np.empty(shape, np.float32)
    for number, clip in enumerate(clips):
        for place, speed in enumerate(SPEEDS):
            samples = played(clip.samples, speed)
            windows = np.lib.stride_tricks.sliding_window_view(samples, SAMPLES)[::_TEACHER_HOP]
            mean = teacher.voices(windows[:_MOST_WINDOWS]).mean(axis=0)
            found[number, place] = mean / np.linalg.norm(mean)
        tell(Progress(number + 1, len(clips), {}, 0.0, "asking the teacher"))
    path.parent.mkdir(parents=True, exist_ok=True)
    kept_as = BytesIO()
    np.save(kept_as, found)
    replace_bytes(path, kept_as.getvalue())
    return found


def cosines(
    judge: Callable[[Floats], Floats],
    clips: Sequence[Voice],
    seed: int,
    *,
    disturbed: bool = True,
) -> tuple[Floats, Floats]:
    """Return the cosines of windows of one speaker's different clips, and of different speakers'.

    `judge` maps windows (n, samples) to directions (n, size). There are as many windows of each
    speaker, as they are or `disturbed` as in training.
    """
    rng = np.random.default_rng([seed, 1])
    speakers = sorted({clip.speaker for clip in clips})
    windows, who, which = [], [], []
    for number, speaker in enumerate(speakers):
        mine = [clip for clip in clips if clip.speaker == speaker]
        for index in range(_JUDGED):
            window = window_of(mine[index % len(mine)].samples, (1, 1), rng)
            windows.append(recorded(window, clips, rng) if disturbed else window)
            who.append(number)
            which.append(index % len(mine))
    directions = judge(np.stack(windows))
    near = np.clip(directions @ directions.T, 0, 1)
    one, two = np.triu_indices(len(near), 1)
    people, clip = np.array(who), np.array(which)
    alike = people[one] == people[two]
    return near[one, two][alike & (clip[one] != clip[two])], near[one, two][~alike]


def _equal_error_rate(same: Floats, other: Floats) -> float:
    """Return the share of pairs told wrong where as many of both kinds are."""
    truth = np.concatenate([np.ones(len(same)), np.zeros(len(other))])
    false, true, _ = roc_curve(truth, np.concatenate([same, other]))
    place = int(np.argmin(np.abs(false - (1 - true))))
    return float((false[place] + 1 - true[place]) / 2)


def _padded(window: Floats) -> Floats:
    """Return a window with what the last frames of its spectrogram reach into."""
    return np.pad(window, (0, SPECTROGRAM.window - SPECTROGRAM.hop))


def _about(accuracy: tuple[Measurement, ...], curve: Curve | None) -> About:
    return About(
        version="1",
        task="speaker-embedding",
        description=(
            "A direction for 1.6 s of speech, alike for one voice: learnt from Resemblyzer 0.1.4 "
            "(Apache-2.0), whose own training data are LibriSpeech and VoxCeleb 1 and 2"
        ),
        licence="Apache-2.0",
        inputs=(f"{WINDOW} frames of the spectrogram of firsthand.dsp.logmel.LogMel()",),
        outputs=("a direction, of length 1",),
        preprocessing="one channel at 16 kHz, log-mel spectrogram",
        labels=(),
        training_sources=(
            "LibriSpeech, train-clean-100 (CC BY 4.0)",
            "speech-to-intent-benchmark and wake-word-benchmark of Picovoice (Apache-2.0)",
            "as teacher, the weights of Resemblyzer 0.1.4 (Apache-2.0)",
        ),
        accuracy=accuracy,
        calibration=() if curve is None else (curve,),
    )
