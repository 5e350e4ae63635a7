"""Stand-ins for the voice network, whose answers are known."""

import numpy as np

from firsthand.recorder.speakers.embedding import SPECTROGRAM, WINDOW
from firsthand.recorder.voice import FRAME


class Loud:
    """A `Runner` that takes loud frames for speech."""

    inputs = outputs = ()

    def __call__(self, frames, hidden, cell):
        return np.abs(frames[:, -FRAME:]).max(axis=1).astype(np.float32), hidden, cell

    def input_view(self, index):
        raise NotImplementedError

    def output_view(self, index):
        raise NotImplementedError

    def invoke(self):
        raise NotImplementedError


class Everything(Loud):
    """A `Runner` that takes everything for speech."""

    def __call__(self, frames, hidden, cell):
        return np.ones(len(frames), np.float32), hidden, cell


class Mean(Loud):
    """A speaker network whose direction is where a window's energy lies."""

    class Shape:
        def __init__(self, *shape: int) -> None:
            self.shape = shape

    inputs = (Shape(1, WINDOW, SPECTROGRAM.bands),)
    outputs = (Shape(1, SPECTROGRAM.bands),)

    def __call__(self, windows):
        mean = windows.mean(axis=1)
        return (mean / np.linalg.norm(mean, axis=1, keepdims=True),)
