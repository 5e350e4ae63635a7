"""Resemblyzer as a representation: a baseline of NOSS that needs torch."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.runtime import ModelStore
from firsthand.speech.representation import RATE_HZ, Floats, Frames, checked, padded
from firsthand.train.audio.resemblyzer import SIZE, WINDOW, Resemblyzer

_HOP: Final = WINDOW // 2


class ResemblyzerVoices:
    """Directions of voices, every 0.8 s; of the whole, their mean at length one."""

    identity: Final = "resemblyzer 0.1.4"
    size: Final = SIZE
    frame_size: Final = SIZE

    def __init__(self, network: Resemblyzer) -> None:
        self._network = network

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (256,)."""
        mean = self.frames(samples).vectors.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to directions of windows of 1.6 s."""
        sound = padded(checked(samples), WINDOW)
        windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::_HOP]
        middles = WINDOW / 2 + _HOP * np.arange(len(windows))
        return Frames(self._network.voices(windows), (1000 * middles / RATE_HZ).astype(np.float32))


def open_resemblyzer() -> ResemblyzerVoices:
    """Open the published weights, fetched beside the model store if they are not there yet."""
    return ResemblyzerVoices(Resemblyzer.load(Path(ModelStore().root) / "resemblyzer"))
