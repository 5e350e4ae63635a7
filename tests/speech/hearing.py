"""Sounds and networks that tests of speech are made with."""

import numpy as np

from firsthand.runtime import TensorSpec
from firsthand.speech.own_network import PATCH, SpeechNetwork

RATE_HZ = 16_000


def tone(hz, seconds=0.5, seed=0, loud=0.3):
    """A tone with harmonics, vibrato and noise, drawn anew for each seed."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    wander = 1 + 0.02 * np.sin(2 * np.pi * rng.uniform(3, 7) * times + rng.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(hz * wander * rng.uniform(0.97, 1.03)) / RATE_HZ
    sound = sum(np.sin(n * phase) / n for n in range(1, 5))
    return (loud * (sound / 2 + 0.05 * rng.standard_normal(len(times)))).astype(np.float32)


class Averages:
    """A runner whose direction is the means of groups of bands, and moments those of frames."""

    def __init__(self, moments=24):
        self.inputs = (TensorSpec("patch", (1, PATCH, 64), np.dtype(np.float32)),)
        self.outputs = (
            TensorSpec("direction", (1, 4), np.dtype(np.float32)),
            TensorSpec("moments", (1, moments, 8), np.dtype(np.float32)),
        )
        self._in = np.zeros((1, PATCH, 64), np.float32)
        self._out = [np.zeros(spec.shape, np.float32) for spec in self.outputs]

    def input_view(self, _):
        return self._in

    def output_view(self, index):
        return self._out[index]

    def invoke(self):
        bands = self._in[0].reshape(PATCH, 4, 16).mean(axis=(0, 2))
        self._out[0][0] = bands / np.linalg.norm(bands)
        shape = self._out[1].shape[1]
        self._out[1][0] = self._in[0].reshape(shape, PATCH // shape, 8, 8).mean(axis=(1, 3))


def network():
    return SpeechNetwork(Averages(), "averages")
