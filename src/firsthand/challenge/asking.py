"""Asking models: the same images for all, some at a time in turn, each model in its own process."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from firsthand.challenge.images import Prepared, prepared_for
from firsthand.errors import InputError, ModelError
from firsthand.measure import Streams
from firsthand.measure.single_stream import (
    ModelProcess,
    Rules,
    alone_on_this_machine,
    measure_streams,
)
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


A = TypeVar("A", bound=Asked)


class Options(TypedDict, total=False):
    """How models are asked: see `Asked`; `progress` hears of it."""

    value_range: tuple[float, float] | None
    passes: int
    cpu: int | None
    progress: Progress


def asked_and_timed(
    models: Mapping[str, Path],
    files: Sequence[Path],
    make: Callable[..., A],
    rules: Rules,
    options: Options,
) -> tuple[dict[str, Model], dict[str, A], Streams]:
    """Have models answer images, then measure their single streams, alone on this machine.

    `make(name, model, rules, **)` gives what is asked of one.
    """
    progress, cpu = options.get("progress", _silent), options.get("cpu")
    opened = {name: Model.open(path) for name, path in models.items()}
    with alone_on_this_machine():
        asked = ask(opened, files, make, rules, options)
        streams = measure_streams(
            models,
            rules,
            cpu=cpu,
            progress=lambda share: progress("measuring", share),
            alone=False,
        )
    return opened, asked, streams


def ask(
    models: Mapping[str, Model],
    files: Sequence[Path],
    make: Callable[..., A],
    rules: Rules,
    options: Options,
) -> dict[str, A]:
    """Have models answer images, then end their processes; `MediaError` for what is no image."""
    passes, progress = options.get("passes", PASSES), options.get("progress", _silent)
    rng = np.random.default_rng(rules.seed)
    with ExitStack() as stack:
        asked: dict[str, A] = {}
        for name, model in models.items():
            asked[name] = make(
                *(name, model, rules),
                value_range=options.get("value_range"),
                passes=passes,
                cpu=options.get("cpu"),
            )
            stack.enter_context(asked[name])
        order = list(asked.values())
        for each in order:
            each.begin()
        total, done = passes * len(files), 0
        for turn in range(passes):
            for first in range(0, len(files), BATCH):
                pixels = [read_image(path) for path in files[first : first + BATCH]]
                for at in rng.permutation(len(order)):
                    order[at].answer(turn, first, pixels)
                done += len(pixels)
                progress("answering", done / total)
    return asked


def _silent(_what: str, _share: float) -> None:
    """Show no progress."""
