"""What scores windows of sound."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class SoundClassifier(Protocol):
    """Scores windows of 960 ms that begin every 50 ms, the first with the first sample."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the scores."""
        ...

    def begin(self) -> Any:
        """Return the state of a stream that has not begun."""
        ...

    def step(self, state: Any, block: NDArray[Any]) -> tuple[Any, NDArray[np.float32]]:
        """Take the next samples (n,) at 16 kHz; give scores (windows, classes) in 0..1."""
        ...

    def last(self, state: Any) -> NDArray[np.float32]:
        """Give the score of a last window with silence after what is left, if there is any."""
        ...
