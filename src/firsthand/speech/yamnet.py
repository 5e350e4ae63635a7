"""YAMNet's last layer before its classes, 1,024 numbers: a network of sounds, used for speech.

The published weights (Google, Apache-2.0), as the model store has them; see their card, `yamnet`.
"""

import hashlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ModelError
from firsthand.runtime import Model, ModelStore
from firsthand.runtime.backends.litert import open_litert
from firsthand.runtime.backends.litert_inner import with_outputs
from firsthand.speech.representation import RATE_HZ, Floats, Frames, checked, padded

WINDOW: Final = 15_600
_HOP: Final = WINDOW // 2
_LAYER: Final = 112
_SIZE: Final = 1_024


class YamnetLayer:
    """YAMNet's embedding: of the whole, the mean over windows of 975 ms that overlap by half.

    `ModelError` for a file that is another network.
    """

    frame_size: Final = _SIZE
    size: Final = _SIZE

    def __init__(self, model: Model, *, threads: int = 1) -> None:
        where = str(model.path)
        data = with_outputs(model.read(), [_LAYER], where)
        self._runner = open_litert(data, threads=threads, where=where)
        shapes = [spec.shape for spec in (*self._runner.inputs, *self._runner.outputs)]
        if shapes != [(WINDOW,), (1, _SIZE)]:
            raise ModelError(f"{where}: is not YAMNet: its layer {_LAYER} has arrays {shapes}")
        self.identity = f"yamnet {_LAYER} {hashlib.sha256(data).hexdigest()[:16]}"

    @classmethod
    def open(cls) -> "YamnetLayer":
        """Take the network from the model store; `ModelNotFoundError` says how it gets there."""
        return cls(ModelStore().get("yamnet", pull=False))

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (1024,)."""
        found: Floats = self.frames(samples).vectors.mean(axis=0)
        return found

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to windows' numbers, every 487.5 ms; the last whole one ends it."""
        sound = padded(checked(samples), WINDOW)
        windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::_HOP]
        vectors = np.empty((len(windows), _SIZE), np.float32)
        given, found = self._runner.input_view(0), self._runner.output_view(0)
        for place, window in enumerate(windows):
            given[:] = window
            self._runner.invoke()
            vectors[place] = found[0]
        middles = WINDOW / 2 + _HOP * np.arange(len(windows))
        return Frames(vectors, (1000 * middles / RATE_HZ).astype(np.float32))
