"""YAMNet's published weights, window by window: 521 classes of AudioSet every 50 ms.

The file has its front end inside, so whole windows are computed anew at each hop. The network is
Google's (Apache-2.0); Firsthand neither trained nor bundles it: see its card, `yamnet`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ModelError, ShapeError
from firsthand.recorder.sounds.events import HOP_MS
from firsthand.runtime import Model, Runner, load_runner

Floats = NDArray[np.float32]

RATE_HZ: Final = 16_000
WINDOW: Final = 15_600
HOP: Final = HOP_MS * RATE_HZ // 1000

_CLASSES: Final = 521


@dataclass(frozen=True, slots=True)
class Waiting:
    """Samples that windows to come will need."""

    samples: Floats = field(default_factory=lambda: np.empty(0, np.float32))


class Yamnet:
    """The network and its classes' names; `ModelError` for a file that is another network."""

    def __init__(self, runner: Runner, classes: Sequence[str]) -> None:
        shapes = [spec.shape for spec in (*runner.inputs, *runner.outputs)]
        if shapes != [(WINDOW,), (1, _CLASSES)]:
            raise ModelError(
                f"YAMNet maps ({WINDOW},) to (1, {_CLASSES}); this file's arrays are {shapes}"
            )
        if len(classes) != _CLASSES:
            raise InputError(f"YAMNet has {_CLASSES} classes, not {len(classes)}")
        self.classes = tuple(classes)
        self._runner = runner

    @classmethod
    def open(cls, model: Model, *, threads: int = 1) -> "Yamnet":
        """Load the network; the names of its classes are on its card."""
        return cls(load_runner(model, threads=threads), model.card.labels)

    def begin(self) -> Waiting:
        """Return the state of a stream that has not begun."""
        return Waiting()

    def step(self, state: Waiting, block: NDArray[Any]) -> tuple[Waiting, Floats]:
        """Take the next samples (n,) at 16 kHz; give scores (windows, 521) of whole windows.

        A window begins every 50 ms, the first with the first sample.
        """
        if block.ndim != 1:
            raise ShapeError(f"sound is of shape (n,), not {block.shape}")
        samples = np.concatenate([state.samples, block.astype(np.float32, copy=False)])
        count = max(0, (len(samples) - WINDOW) // HOP + 1)
        scores = np.empty((count, _CLASSES), np.float32)
        view, heard = self._runner.input_view(0), self._runner.output_view(0)
        for index in range(count):
            view[:] = samples[index * HOP : index * HOP + WINDOW]
            self._runner.invoke()
            scores[index] = heard[0]
        return Waiting(samples[count * HOP :].copy()), scores

    def last(self, state: Waiting) -> Floats:
        """Give the scores (1, 521) of what is left at the end, with silence after it, if any is."""
        rest = state.samples
        if not len(rest):
            return np.empty((0, _CLASSES), np.float32)
        return self.step(Waiting(), np.pad(rest, (0, max(0, WINDOW - len(rest)))))[1][:1]
