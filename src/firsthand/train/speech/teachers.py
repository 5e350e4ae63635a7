"""What public networks know about a recording: the targets that a student is distilled to.

Two of complementary strength, as their weights' licences allow: Resemblyzer, of voices, and YAMNet,
of sounds (both Apache-2.0). Of the first also an inner recurrent layer, every 40 ms, since that is
where words still are. What each says is reduced to its principal components on the corpus, each
made of deviation one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.runtime import ModelStore
from firsthand.runtime.place import replace_bytes
from firsthand.speech.own import SPECTROGRAM
from firsthand.speech.yamnet import YamnetLayer
from firsthand.train.audio.resemblyzer import SIZE, Resemblyzer, mel_frames
from firsthand.train.audio.resemblyzer import WINDOW as VOICE_WINDOW
from firsthand.train.speech.corpus import Recording
from firsthand.train.speech.networks import MOMENTS
from firsthand.train.speech.views import SPEEDS, WINDOW, played, window_at

Floats = NDArray[np.float32]

STEP: Final = WINDOW // 2 // 160 * 160
"""Samples from one window to the next, of those that may be learnt from."""

SOUND: Final = 128
INNER: Final = 64
_LAYER: Final = 1
_EACH: Final = 4  # frames of a moment
_FITTED_ON: Final = 6_000
_VOICE_WINDOWS: Final = 4


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
    voice, sound, inner = [], [], []
    for number, each in enumerate(recordings):
        for speed, fraction in enumerate(SPEEDS):
            samples = played(each.samples, fraction)
            starts = range(0, max(1, len(samples) - WINDOW + STEP), STEP)
            windows = np.stack([window_at(samples, start) for start in starts])
            direction, moments = heard_by(voices, samples, list(starts))
            voice.append(np.repeat(direction[None], len(starts), axis=0).astype(np.float16))
            inner.append(moments.astype(np.float16))
            sound.append(np.stack([sounds.scene(window) for window in windows]).astype(np.float16))
            rows += [(number, speed, start) for start in starts]
        tell(number + 1, len(recordings))
    table = np.array(rows)
    found = Targets(
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int8),
        table[:, 2].astype(np.int32),
        np.concatenate(voice),
        _reduced(np.concatenate(sound), SOUND),
        _reduced(np.concatenate(inner).reshape(-1, SIZE), INNER).reshape(-1, MOMENTS, INNER),
    )
    packed = BytesIO()
    np.savez(packed, named=np.array(named), **{name: getattr(found, name) for name in _FIELDS})
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(path, packed.getvalue())
    return found


def teachers(folder: Path) -> tuple[Resemblyzer, YamnetLayer]:
    """Open both; `ModelNotFoundError` and `DownloadError` say how they are to be had."""
    return Resemblyzer.load(folder), YamnetLayer(ModelStore().get("yamnet", pull=False))


@torch.inference_mode()
def heard_by(voices: Resemblyzer, samples: Floats, starts: Sequence[int]) -> tuple[Floats, Floats]:
    """Return Resemblyzer's direction of a recording (256,), and of windows (w, MOMENTS, 256).

    The latter are its inner layer's, which has heard all before, averaged over 40 ms.
    """
    sound = np.pad(samples, (0, max(0, max(VOICE_WINDOW, starts[-1] + WINDOW) - len(samples))))
    whole = np.lib.stride_tricks.sliding_window_view(sound, VOICE_WINDOW)[:: VOICE_WINDOW // 2]
    some = np.linspace(0, len(whole) - 1, min(len(whole), _VOICE_WINDOWS)).astype(int)
    direction = voices.voices(whole[np.unique(some)]).mean(axis=0)
    direction /= np.linalg.norm(direction)
    middle = torch.from_numpy(mel_frames(sound))[None]
    for layer in range(_LAYER + 1):
        middle = _layer(voices.lstm, layer, middle)
    middle = middle[0]
    frames = MOMENTS * _EACH
    found = []
    for start in starts:
        first = start // SPECTROGRAM.hop
        part = middle[first : first + frames]
        part = torch.nn.functional.pad(part, (0, 0, 0, frames - len(part)))
        found.append(part.reshape(MOMENTS, _EACH, SIZE).mean(dim=1))
    return direction, torch.stack(found).numpy()


def _layer(lstm: torch.nn.LSTM, number: int, values: torch.Tensor) -> torch.Tensor:
    """Return all outputs of one layer of a recurrent network of several."""
    one = torch.nn.LSTM(values.shape[-1], SIZE, batch_first=True)
    wanted = {f"{name}_l0": getattr(lstm, f"{name}_l{number}") for name in _WEIGHTS}
    one.load_state_dict(wanted)
    found: torch.Tensor = one(values)[0]
    return found


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
    except (OSError, ValueError, KeyError, BadZipFile):
        return None
    if not len(found):
        raise InputError(f"{path}: holds no targets: delete it")
    return found
