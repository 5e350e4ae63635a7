"""Asking models: the same images for all, some at a time in turn, each model in its own process."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.challenge.images import Prepared, prepared_for
from firsthand.errors import InputError, ModelError
from firsthand.measure.single_stream import ModelProcess, Rules
from firsthand.media import RgbImage, read_image
from firsthand.runtime import Model

BATCH: Final = 32
PASSES: Final = 3
"""How often every image is answered; its time is the median."""

Progress = Callable[[str, float], None]
"""Is told what is done, and its share that is, 0..1."""


class Asked(ModelProcess):
    """A model's process that answers `count` images, each `passes` times.

    Subclasses say which outputs they understand and keep what is in them. Errors name the model.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        count: int,
        rules: Rules,
        *,
        value_range: tuple[float, float] | None = None,
        passes: int = PASSES,
        cpu: int | None = None,
    ) -> None:
        super().__init__(name, model.path, rules, cpu)
        self._card, self._range = model.card, value_range
        self._seconds = np.empty((passes, count))
        self._prepared: Prepared | None = None

    @abstractmethod
    def check(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Raise `ModelError` or `InputError` for outputs that cannot be understood."""

    @abstractmethod
    def shown(self, prepared: Prepared, pixels: RgbImage) -> NDArray[Any]:
        """Return an image as the model is to see it."""

    @abstractmethod
    def keep(self, at: int, outputs: list[NDArray[Any]], pixels: RgbImage) -> None:
        """Keep what was answered to image `at`."""

    @property
    def seconds(self) -> NDArray[np.float64]:
        """How long each answer took (n,), from the image in the model's form to its outputs."""
        return np.asarray(np.median(self._seconds, axis=0))

    def begin(self) -> None:
        """Load the model; see that it fits."""
        loaded = self.load()
        try:
            self._prepared = prepared_for(loaded["inputs"], self._card, self._range)
            self.check(loaded["outputs"])
        except (ModelError, InputError) as error:
            raise type(error)(f"{self.name}: {error}") from error
        self.stop()

    def answer(self, turn: int, first: int, pixels: list[RgbImage]) -> None:
        """Answer the images from `first` on, for the `turn`-th time."""
        assert self._prepared is not None
        inputs = np.stack([self.shown(self._prepared, each)[np.newaxis] for each in pixels])
        with self.going():
            found = self.call("answer", arrays={"i0": inputs})
        self._seconds[turn, first : first + len(pixels)] = found["query_ns"] / 1e9
        columns = [found[f"o{n}"] for n in range(len(found.arrays) - 1)]
        for at, outputs in enumerate(zip(*columns, strict=True)):
            self.keep(first + at, list(outputs), pixels[at])


def ask(
    asked: Sequence[Asked],
    files: Sequence[Path],
    *,
    passes: int = PASSES,
    seed: int = 0,
    progress: Progress = lambda _what, _share: None,
) -> None:
    """Have models answer images, as often as they were made for; `MediaError` for no image."""
    for each in asked:
        each.begin()
    rng = np.random.default_rng(seed)
    total, done = passes * len(files), 0
    for turn in range(passes):
        for first in range(0, len(files), BATCH):
            pixels = [read_image(path) for path in files[first : first + BATCH]]
            for at in rng.permutation(len(asked)):
                asked[at].answer(turn, first, pixels)
            done += len(pixels)
            progress("answering", done / total)
