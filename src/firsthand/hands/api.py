"""Hands, from an image or frame by frame."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firsthand.graph import Graph, Tracer
from firsthand.graph.streaming import one_for_one
from firsthand.hands.models import HandModels, ModelFile, load_models
from firsthand.hands.pipeline import tracking_graph
from firsthand.hands.search import Search
from firsthand.hands.stills import detect
from firsthand.hands.tracking import REDETECT_INTERVAL_US, TrackerOptions
from firsthand.hands.types import HandsResult
from firsthand.hands.weights import DEFAULT_MODEL
from firsthand.media.frame import Frame, as_rgb
from firsthand.media.timed import timed
from firsthand.runtime import ModelCard, ModelStore


@dataclass(frozen=True, slots=True, eq=False)
class Hands:
    """Finds hands: `Hands.load()`, then `detect` for images or `track` for videos.

    Used by one thread at a time. Several `track` at once do not disturb each other.
    """

    models: HandModels
    options: TrackerOptions = TrackerOptions()  # noqa: RUF009 # frozen

    @classmethod
    def load(
        cls,
        model: str = DEFAULT_MODEL,
        *,
        palm: ModelFile | None = None,
        landmark: ModelFile | None = None,
        max_hands: int = 2,
        mirrored: bool = False,
        threads: int = 1,
        palm_threshold: float = 0.5,
        presence_threshold: float = 0.5,
        redetect_interval_us: int = REDETECT_INTERVAL_US,
        store: ModelStore | None = None,
    ) -> "Hands":
        """Load models by name, of which `weights.NAMES` has all.

        "small" and "tiny" (faster) are Firsthand's own and come with it, in eight bits; "full" and
        "lite" (faster) are MediaPipe's, fetched on first use. `palm` and `landmark`, files of your
        own, take the place of the named pair's.

        `mirrored` says whether images are mirrored, as in a selfie view: handedness is that of
        the person's real hand either way, if this is right. The other options are those of
        `TrackerOptions`; `threads` is how many run the models.

        Raises `ConfigError` for options out of range, and what `models.load_models` raises.
        """
        options = TrackerOptions(
            max_hands=max_hands,
            mirrored=mirrored,
            palm_threshold=palm_threshold,
            presence_threshold=presence_threshold,
            redetect_interval_us=redetect_interval_us,
        )
        models = load_models(model, palm=palm, landmark=landmark, threads=threads, store=store)
        return cls(models, options)

    @property
    def cards(self) -> Sequence[ModelCard]:
        """What is known of the palm detector and the landmark model."""
        return self.models.cards

    def detect(self, image: NDArray[Any], *, search: Search = "whole") -> HandsResult:
        """Find the hands in a single image, whatever `as_rgb` accepts, at time 0.

        `search` looks for small hands as well: see `search.Search`. Hands come in the order of
        their palms' scores, track ids from 0.

        Raises `ShapeError` or `InputError` for what is no image.
        """
        return detect(as_rgb(image), self.models, self.options, search)

    def track(
        self,
        frames: Iterable[Frame | NDArray[np.uint8]],
        *,
        fps: float = 30.0,
        trace: Tracer | None = None,
    ) -> Iterator[HandsResult]:
        """Yield the hands in each frame, following them from one to the next.

        Frames carry their times; to images without, whatever `as_rgb` accepts, times are given at
        `fps` frames per second. The work is done by `pipeline.tracking_graph` in this thread;
        `trace` records what each of its nodes takes. Raises as `tracking.step`.
        """
        packets = ((frame, frame.timestamp_us) for frame in timed(frames, fps))
        side = {"models": self.models, "options": self.options}
        return one_for_one(_tracking(), packets, into="frame", out="hands", side=side, trace=trace)


@cache
def _tracking() -> Graph:
    return Graph(tracking_graph())
