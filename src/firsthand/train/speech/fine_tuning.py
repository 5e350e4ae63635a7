"""The article's second way to a small task: the whole network learns on, with a layer after it."""

import time
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
from firsthand.speech.own_network import PATCH, SPECTROGRAM
from firsthand.speech.representation import checked, padded
from firsthand.train.loop import fit
from firsthand.train.run import Progress
from firsthand.train.schedule import Schedule
from firsthand.train.task import Batch

Floats = NDArray[np.float32]

_WINDOW: Final = (PATCH - 1) * SPECTROGRAM.hop + SPECTROGRAM.window
_MIXED_DB: Final = (-40.0, -15.0)


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """A network that has learnt a task, and what it took: `seconds` of wall time."""

    network: nn.Module
    classes: int
    seconds: float

    @torch.inference_mode()
    def __call__(self, samples: NDArray[np.float32]) -> Floats:
        """Return how likely each class is, (classes,), over all patches of a sound (n,)."""
        self.network.eval()
        said = self.network(torch.from_numpy(_patches(samples)))
        found: Floats = said.softmax(dim=1).mean(dim=0).numpy()
        return found


class Tuned(nn.Module):
    """A speech network and a layer from its direction and its moments to classes."""

    def __init__(self, network: nn.Module, classes: int) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            direction, moments = network.eval()(torch.zeros(1, PATCH, SPECTROGRAM.bands))
        self.judge = nn.Linear(direction.shape[1] + 2 * moments.shape[2], classes)

    def forward(self, patches: Tensor) -> Tensor:
        """Map patches (b, 96, 64) to logits (b, classes)."""
        direction, moments = self.network(patches)
        scaled = direction * direction.shape[1] ** 0.5
        mean = moments.mean(dim=1)
        spread = ((moments - mean[:, None]) ** 2).mean(dim=1).add(1e-4).sqrt()
        found: Tensor = self.judge(torch.cat([scaled, mean, spread], dim=1))
        return found


class TuningTask:
    """Learns which class clips are of, from windows of them with some noise."""

    def __init__(
        self,
        model: Tuned,
        clips: Sequence[Floats],
        labels: NDArray[np.int64],
        batch: int,
        seed: int,
    ) -> None:
        self.model: nn.Module = model
        self.recipe = f"fine-tuned on {len(clips)} clips"
        self._clips = [padded(checked(clip), _WINDOW) for clip in clips]
        self._labels, self._size, self._seed = labels, min(batch, len(clips)), seed

    def batch(self, step: int) -> Batch:
        """Draw a window of each of some clips."""
        rng = np.random.default_rng([self._seed, step])
        chosen = rng.choice(len(self._clips), self._size, replace=False)
        windows = []
        for place in chosen:
            clip = self._clips[place]
            start = int(rng.integers(len(clip) - _WINDOW + 1))
            window = clip[start : start + _WINDOW]
            noise_db = rng.uniform(*_MIXED_DB) + 10 * np.log10(np.mean(window**2) + 1e-10)
            noise = rng.standard_normal(_WINDOW).astype(np.float32)
            windows.append(SPECTROGRAM(window + noise * np.float32(10 ** (noise_db / 20))))
        return {
            "patches": torch.from_numpy(np.stack(windows)),
            "labels": torch.from_numpy(self._labels[chosen]),
        }

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the cross-entropy."""
        said = self.model(batch["patches"])
        right = (said.detach().argmax(1) == batch["labels"]).float().mean()
        return {"total": functional.cross_entropy(said, batch["labels"]), "right": right}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing: it is judged by what it answers."""


def fine_tune(
    network: nn.Module,
    clips: Sequence[Floats],
    labels: Sequence[int],
    folder: Path,
    *,
    steps: int = 200,
    rate: float = 1e-3,
    batch: int = 32,
    threads: int = 1,
    seed: int = 0,
    clock_s: Callable[[], float] = time.monotonic,
    tell: Callable[[Progress], None] = lambda _: None,
) -> FineTuned:
    """Train a speech network on with clips (n,) at 16 kHz and their classes, counted from 0.

    The network is changed in place. `InputError` for fewer than two classes, and what `fit` raises.
    """
    wanted = np.array(labels, np.int64)
    if len(clips) != len(wanted) or len(set(wanted.tolist())) < 2:
        raise InputError(
            f"{len(clips)} clips came with {len(wanted)} labels of two classes or more"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Tuned(network, int(wanted.max()) + 1)
    plan = Schedule(
        steps=steps, peak_rate=rate, warmup_steps=steps // 10, weight_decay=1e-2, clip_norm=5.0,
        checkpoint_every=max(1, steps), threads=threads,
    )  # fmt: skip
    began_s = clock_s()
    fit(TuningTask(model, clips, wanted, batch, seed), plan, folder, seed=seed, tell=tell)
    return FineTuned(model.eval(), int(wanted.max()) + 1, clock_s() - began_s)


def _patches(samples: NDArray[np.float32]) -> Floats:
    """Return the patches (n, 96, 64) of a sound, the last one padded with silence."""
    sound = checked(samples)
    hop = PATCH * SPECTROGRAM.hop
    count = max(1, -(-(len(sound) - _WINDOW) // hop) + 1)
    frames = SPECTROGRAM(padded(sound, (count - 1) * hop + _WINDOW))
    return frames[: count * PATCH].reshape(count, PATCH, SPECTROGRAM.bands)
