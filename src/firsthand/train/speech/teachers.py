"""What public networks know about a recording: the targets that a student is distilled to.

Two of complementary strength, as their weights' licences allow: Resemblyzer, of voices, and YAMNet,
of sounds (both Apache-2.0). Of the first also an inner recurrent layer, every 40 ms, since that is
where words still are. What each says is reduced to its principal components on the corpus, each
made of deviation one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.runtime import ModelStore
from firsthand.runtime.place import replace_bytes
from firsthand.speech.own_network import SPECTROGRAM
from firsthand.speech.yamnet import YamnetLayer
from firsthand.train.audio.recordings import Recording
from firsthand.train.audio.resemblyzer import SIZE, Resemblyzer, mel_spectrogram
from firsthand.train.audio.resemblyzer import WINDOW as VOICE_WINDOW
from firsthand.train.speech.networks import MOMENTS
from firsthand.train.speech.views import SPEEDS, WINDOW, played, window_at

Floats = NDArray[np.float32]

STEP: Final = WINDOW // 160 * 160
"""Samples from one window to the next, of those that may be learnt from."""

SOUND: Final = 128
INNER: Final = 64
_LAYER: Final = 1
_EACH: Final = 4  # frames of a moment
_FITTED_ON: Final = 6_000
_BEFORE: Final = 60 * 160  # samples that a recurrent layer hears before a window
_AT_ONCE: Final = 256
_LAYERS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What teachers say of windows (w): of which recording, how played, from which sample on.

    `voice` (w, 256) is Resemblyzer's direction of the whole recording, `sound` (w, SOUND) YAMNet's
    of the window, `inner` (w, MOMENTS, INNER) of the window's moments.
    """

    recording: NDArray[np.int32]
    speed: NDArray[np.int8]
    start: NDArray[np.int32]
    voice: NDArray[np.float16]
    sound: NDArray[np.float16]
    inner: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.recording)

    def some(self, wanted: NDArray[np.bool_]) -> "Targets":
        """Return those of the windows that `wanted` (w,) says."""
        return Targets(*(getattr(self, name)[wanted] for name in _FIELDS))


def targets_of(
    recordings: Sequence[Recording],
    path: Path,
    voices: Resemblyzer,
    sounds: YamnetLayer,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Targets:
    """Ask the teachers of all recordings, at each of `SPEEDS`; what they say is kept at `path`."""
    named = "\n".join(f"{each.path} {len(each.samples)}" for each in recordings)
    kept = _kept(path, named)
    if kept is not None:
        return kept
    rows: list[tuple[int, int, int]] = []
    asked = _Asked(voices, sounds)
    with ThreadPoolExecutor(1) as beside:
        for number, each in enumerate(recordings):
            for speed, fraction in enumerate(SPEEDS):
                samples = played(each.samples, fraction)
                for start in range(0, max(1, len(samples) - WINDOW + STEP), STEP):
                    rows.append((number, speed, start))
                    asked.put(samples, start, beside)
            tell(number + 1, len(recordings))
        asked.flush(beside)
    table = np.array(rows)
    found = Targets(
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int8),
        table[:, 2].astype(np.int32),
        _of_wholes(np.concatenate(asked.voice), table[:, 0] * len(SPEEDS) + table[:, 1]),
        _reduced(np.concatenate(asked.sound), SOUND),
        _reduced(np.concatenate(asked.inner).reshape(-1, SIZE), INNER).reshape(-1, MOMENTS, INNER),
    )
    packed = BytesIO()
    np.savez(packed, named=np.array(named), **{name: getattr(found, name) for name in _FIELDS})
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(path, packed.getvalue())
    return found


def teachers(folder: Path) -> tuple[Resemblyzer, YamnetLayer]:
    """Open both; `ModelNotFoundError` and `DownloadError` say how they are to be had."""
    return Resemblyzer.load(folder), YamnetLayer(ModelStore().get("yamnet", pull=False))


class _Asked:
    """What both teachers say of windows, asked many at a time."""

    def __init__(self, voices: Resemblyzer, sounds: YamnetLayer) -> None:
        self._voices, self._sounds = voices, sounds
        self._waiting: list[tuple[Floats, int, Floats]] = []
        self.voice: list[Floats] = []
        self.inner: list[NDArray[np.float16]] = []
        self.sound: list[NDArray[np.float16]] = []

    def put(self, samples: Floats, start: int, beside: Executor) -> None:
        """Ask of the window of a recording from sample `start` on."""
        first = max(0, start - _BEFORE)
        part = samples[first : first + VOICE_WINDOW]
        part = np.pad(part, (0, VOICE_WINDOW - len(part)))
        self._waiting.append((part, (start - first) // SPECTROGRAM.hop, window_at(samples, start)))
        if len(self._waiting) == _AT_ONCE:
            self.flush(beside)

    def flush(self, beside: Executor) -> None:
        """Ask what was not yet asked; of sounds in `beside`."""
        if not self._waiting:
            return
        parts, starts, windows = zip(*self._waiting, strict=True)
        self._waiting = []
        sound = beside.submit(lambda: np.stack([self._sounds.scene(each) for each in windows]))
        direction, moments = heard_by(self._voices, np.stack(parts), starts)
        self.voice.append(direction)
        self.inner.append(moments.astype(np.float16))
        self.sound.append(sound.result().astype(np.float16))


@torch.inference_mode()
def heard_by(voices: Resemblyzer, parts: Floats, starts: Sequence[int]) -> tuple[Floats, Floats]:
    """Return Resemblyzer's directions of parts (n, 25,600), and moments (n, MOMENTS, 256) in them.

    These are of an inner layer, every 40 ms from the frame of `starts` on, which heard what is
    before them in a part.
    """
    middle = torch.from_numpy(mel_spectrogram(parts))
    inner = middle
    for layer in range(_LAYERS):
        middle = _layer(voices.lstm, layer, middle)
        if layer == _LAYER:
            inner = middle
    direction = functional.normalize(torch.relu(voices.linear(middle[:, -1])), dim=1)
    frames = MOMENTS * _EACH
    moments = torch.stack(
        [each[start : start + frames] for each, start in zip(inner, starts, strict=True)]
    )
    return direction.numpy(), moments.reshape(-1, MOMENTS, _EACH, SIZE).mean(dim=2).numpy()


def _layer(lstm: torch.nn.LSTM, number: int, values: torch.Tensor) -> torch.Tensor:
    """Return all outputs of one layer of a recurrent network of several."""
    one = torch.nn.LSTM(values.shape[-1], SIZE, batch_first=True)
    one.load_state_dict({f"{name}_l0": getattr(lstm, f"{name}_l{number}") for name in _WEIGHTS})
    found: torch.Tensor = one(values)[0]
    return found


def _of_wholes(directions: Floats, whole: NDArray[np.int64]) -> NDArray[np.float16]:
    """Return for each window the direction of its whole recording, the mean over its windows."""
    firsts = np.flatnonzero(np.diff(whole, prepend=-1))
    sums = np.add.reduceat(directions, firsts, axis=0)
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    return np.repeat(sums, np.diff(firsts, append=len(whole)), axis=0).astype(np.float16)


def _reduced(values: NDArray[Any], size: int) -> NDArray[np.float16]:
    """Return the first `size` principal components of values (n, k), each of deviation one."""
    some = values[:: max(1, len(values) // _FITTED_ON)].astype(np.float64)
    middle = some.mean(axis=0)
    _, spread, axes = np.linalg.svd(some - middle, full_matrices=False)
    spread = np.maximum(spread[:size] / np.sqrt(len(some)), 1e-6)
    weights = (axes[:size].T / spread).astype(np.float32)
    found = np.zeros((len(values), size), np.float16)
    for first in range(0, len(values), 65_536):
        part = values[first : first + 65_536].astype(np.float32) - middle.astype(np.float32)
        found[first : first + 65_536, : weights.shape[1]] = part @ weights
    return found


_FIELDS: Final = ("recording", "speed", "start", "voice", "sound", "inner")
_WEIGHTS: Final = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _kept(path: Path, named: str) -> Targets | None:
    """Return what was kept of these very recordings; None for nothing, or another corpus."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
            if str(parts["named"]) != named:
                return None
            found = Targets(*(parts[name] for name in _FIELDS))
    except damage.ARRAYS:
        return None
    if not len(found):
        raise InputError(f"{path}: holds no targets: delete it")
    return found
