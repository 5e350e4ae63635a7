"""Whose voice it is, by Resemblyzer: the teacher of the recorder's speaker network.

Three recurrent layers over a mel spectrogram, trained by the generalised end-to-end loss (Wan et
al. 2018, arXiv:1710.10467) on thousands of speakers. Its weights (Apache-2.0) come in the package
of that name; of its code nothing is used, so what else it depends on need not be there.
"""

import hashlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from firsthand.errors import ChecksumError
from firsthand.runtime.fetch import FetchSession, HttpPolicy
from firsthand.runtime.place import replace_bytes
from firsthand.runtime.sources import WheelSource

Floats = NDArray[np.float32]

RATE_HZ: Final = 16_000
WINDOW: Final = 25_600
"""Samples that are judged at once: 1.6 s."""

SIZE: Final = 256

_FILE: Final = "resemblyzer.pt"
_SOURCE: Final = WheelSource("resemblyzer", "0.1.4", "resemblyzer/pretrained.pt")
_SHA256: Final = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_SIZE_BYTES: Final = 17_090_379

_BANDS: Final = 40
_FFT: Final = 400
_HOP: Final = 160
_FRAMES: Final = 160
_LEAST_DB: Final = -30.0
_LINEAR_HZ: Final = 1000.0  # Slaney's mel scale (Auditory Toolbox, 1998) is linear up to here
_HZ_PER_MEL: Final = 200.0 / 3
_LOG_STEP: Final = float(np.log(6.4) / 27)


class Resemblyzer(nn.Module):
    """The network of the package `resemblyzer`, 256 numbers for 1.6 s of speech."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(_BANDS, SIZE, 3, batch_first=True)
        self.linear = nn.Linear(SIZE, SIZE)

    @classmethod
    def load(cls, folder: Path) -> "Resemblyzer":
        """Load the weights, fetched into `folder` if they are not there yet.

        Raises `DownloadError` where they cannot be had, `ChecksumError` for others.
        """
        path = folder / _FILE
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            part = BytesIO()
            with FetchSession(HttpPolicy()) as session:
                session.write(_SOURCE, part, _SIZE_BYTES, lambda *_: None)
            replace_bytes(path, part.getvalue())
        data = path.read_bytes()
        if (found := hashlib.sha256(data).hexdigest()) != _SHA256:
            raise ChecksumError(f"{path} has SHA-256 {found}, not {_SHA256}: delete it")
        weights: dict[str, Tensor] = torch.load(
            BytesIO(data), map_location="cpu", weights_only=True
        )["model_state"]
        net = cls()
        net.load_state_dict({name: weights[name] for name in net.state_dict()})
        return net.eval()

    def forward(self, mels: Tensor) -> Tensor:
        """Map (n, frames, 40) to (n, 256) of length one."""
        _, (hidden, _) = self.lstm(mels)
        return functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)

    def voices(self, windows: NDArray[Any]) -> Floats:
        """Map windows (n, WINDOW) at 16 kHz to embeddings (n, 256)."""
        with torch.inference_mode():
            found = [
                self(torch.from_numpy(mel_spectrogram(windows[first : first + 32])))
                for first in range(0, len(windows), 32)
            ]
            return np.asarray(torch.cat(found).numpy()) if found else np.empty((0, SIZE), "f4")


def mel_spectrogram(windows: NDArray[Any]) -> Floats:
    """Map (n, WINDOW) to (n, 160, 40) as the network learnt to see it: power, not its logarithm.

    Quiet windows are made as loud as -30 dB of full scale.
    """
    return np.stack([mel_frames(window)[:_FRAMES] for window in windows])


def mel_frames(samples: NDArray[Any]) -> Floats:
    """Map a recording (n,) to (frames, 40), one every 10 ms, as `mel_spectrogram` does."""
    wide = samples.astype(np.float64)
    power = float((wide**2).mean())
    wanted = 10 ** (_LEAST_DB / 10)
    wide = np.pad(wide * np.sqrt(max(1.0, wanted / max(power, 1e-12))), _FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(wide, _FFT)[::_HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)
    spectrum = np.abs(np.fft.rfft(frames * hann)) ** 2
    return np.asarray(spectrum @ _slaney_bands(), np.float32)


@cache
def _slaney_bands() -> NDArray[np.float64]:
    """Return weights (201, 40): triangles of equal area on Slaney's mel scale, 0 to 8 kHz."""
    bins = np.linspace(0, RATE_HZ / 2, _FFT // 2 + 1)
    top = _LINEAR_HZ / _HZ_PER_MEL
    highest = top + np.log(RATE_HZ / 2 / _LINEAR_HZ) / _LOG_STEP
    mels = np.linspace(0, highest, _BANDS + 2)
    logarithmic = _LINEAR_HZ * np.exp(_LOG_STEP * (mels - top))
    edges = np.where(mels < top, mels * _HZ_PER_MEL, logarithmic)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - low) / (middle - low)
    falling = (high - bins[:, None]) / (high - middle)
    found: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * (2 / (high - low))
    return found
