"""Objects, from an image or frame by frame."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from numpy.typing import NDArray

from firsthand.geometry import Camera
from firsthand.graph import Graph, Tracer
from firsthand.graph.streaming import one_for_one
from firsthand.media.frame import Frame, as_rgb
from firsthand.media.timed import timed
from firsthand.objects.models import BoxModels, load_models, open_network
from firsthand.objects.options import NETWORK_INTERVAL_US, REDETECT_INTERVAL_US, TrackerOptions
from firsthand.objects.pipeline import tracking_graph
from firsthand.objects.tracking import TrackerState, step
from firsthand.objects.types import ObjectsResult
from firsthand.runtime import Model, ModelCard, ModelStore


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Finds objects: `Objects.load("chair")`, then `detect` for images or `track` for videos.

    `Objects.open` takes a network of one's own.
    Used by one thread at a time. Several `track` at once do not disturb each other.
    """

    models: BoxModels
    options: TrackerOptions = TrackerOptions()  # noqa: RUF009 # frozen

    @classmethod
    def load(
        cls,
        category: str = "shoe",
        *,
        max_objects: int = 5,
        threads: int = 1,
        detector_threshold: float = 0.5,
        presence_threshold: float = 0.99,
        redetect_interval_us: int = REDETECT_INTERVAL_US,
        focal_px: float | None = None,
        longest_m: float | None = None,
        store: ModelStore | None = None,
    ) -> "Objects":
        """Load the published models of a category: camera, chair, cup or shoe ("sneakers").

        They are MediaPipe's, fetched on first use. `threads` is how many run them; the other
        options are those of `TrackerOptions`, which has more.

        Raises `ConfigError` for options out of range, and what `models.load_models` raises.
        """
        options = TrackerOptions(
            max_objects=max_objects,
            detector_threshold=detector_threshold,
            presence_threshold=presence_threshold,
            redetect_interval_us=redetect_interval_us,
            focal_px=focal_px,
            longest_m=longest_m,
        )
        return cls(load_models(category, threads=threads, store=store), options)

    @classmethod
    def open(
        cls,
        model: Model | str | os.PathLike[str],
        *,
        max_objects: int = 5,
        threads: int = 1,
        detector_threshold: float = 0.5,
        redetect_interval_us: int = NETWORK_INTERVAL_US,
        focal_px: float | None = None,
        longest_m: float | None = None,
    ) -> "Objects":
        """Load a network of one's own, as `firsthand train objects` makes it.

        It looks at a whole picture once in `redetect_interval_us`; between, optical flow alone
        follows what it saw. The options are as in `load`.

        Raises `ConfigError` for options out of range, and what `models.open_network` raises.
        """
        options = TrackerOptions(
            max_objects=max_objects,
            detector_threshold=detector_threshold,
            redetect_interval_us=redetect_interval_us,
            focal_px=focal_px,
            longest_m=longest_m,
        )
        return cls(open_network(model, threads=threads), options)

    @property
    def cards(self) -> Sequence[ModelCard]:
        """What is known of the models."""
        return self.models.cards

    def detect(self, image: NDArray[Any], *, camera: Camera | None = None) -> ObjectsResult:
        """Find the objects in a single image, whatever `as_rgb` accepts, at time 0.

        `camera` took it; without it the options have a say, see `TrackerOptions.camera`. Objects
        come in the order of the detector's scores. For boxes that stand on a known plane see
        `scaling.standing_on`.

        Raises `ShapeError` or `InputError` for what is no image.
        """
        options = self.options
        if camera is not None:
            options = replace(options, camera=camera, focal_px=None)
        return step(TrackerState(), as_rgb(image), 0, self.models, options)[1]

    def track(
        self,
        frames: Iterable[Frame | NDArray[Any]],
        *,
        fps: float = 30.0,
        trace: Tracer | None = None,
    ) -> Iterator[ObjectsResult]:
        """Yield the objects in each frame, following them from one to the next.

        Frames carry their times; to images without, whatever `as_rgb` accepts, times are given at
        `fps` frames per second. The work is done by `pipeline.tracking_graph` in this thread;
        `trace` records what each of its nodes takes. Raises as `tracking.step`.
        """
        packets = ((frame, frame.timestamp_us) for frame in timed(frames, fps))
        side = {"models": self.models, "options": self.options}
        return one_for_one(
            _tracking(), packets, into="frame", out="objects", side=side, trace=trace
        )


@cache
def _tracking() -> Graph:
    return Graph(tracking_graph())
