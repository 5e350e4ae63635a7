"""A classifier that tests can foretell: how loud a window's middle is, and how quiet."""

import numpy as np

WINDOW, HOP = 15_360, 800


class Loudness:
    classes = ("loud", "quiet")

    def begin(self) -> np.ndarray:
        return np.empty(0, np.float32)

    def step(self, state: np.ndarray, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        samples = np.concatenate([state, block]).astype(np.float32)
        count = max(0, (len(samples) - WINDOW) // HOP + 1)
        middle = (WINDOW - HOP) // 2
        loud = [
            np.abs(samples[n * HOP + middle : n * HOP + middle + HOP]).max() for n in range(count)
        ]
        scores = np.array([[each, 0.9 * (each < 0.1)] for each in loud], np.float32)
        return samples[count * HOP :], scores.reshape(-1, 2)

    def last(self, state: np.ndarray) -> np.ndarray:
        padded = np.pad(state, (0, max(0, WINDOW - len(state))))
        return self.step(self.begin(), padded)[1][: 1 if len(state) else 0]
