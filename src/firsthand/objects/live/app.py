"""The page's application."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from firsthand.core.clock import Clock
from firsthand.media.frame import RgbImage
from firsthand.objects.api import Objects
from firsthand.objects.categories import CATEGORIES, category_of
from firsthand.objects.drawing import COLORS, EDGES
from firsthand.objects.live.options import LIMITS, LiveOptions, read_options
from firsthand.objects.models import ObjectModels, load_models
from firsthand.objects.records import record
from firsthand.objects.tracking import TrackerState
from firsthand.objects.tracking import step as track_step
from firsthand.objects.types import ObjectsResult
from firsthand.web import LocalApp
from firsthand.web.live import MOST_CONNECTIONS, LiveSystem, live_page


def live_app(
    default: LiveOptions | None = None,
    *,
    load: Callable[[str], ObjectModels] = load_models,
    clock: Clock | None = None,
    most_connections: int = MOST_CONNECTIONS,
    token: str | None = None,
) -> LocalApp:
    """Return the page for `firsthand.web.serve`.

    Args:
        default: what is chosen at first; None for shoes.
        load: returns the models of a category, and raises what `load_models` does.
        clock: tells how long the work takes; the monotonic one if None.
        most_connections: at most so many pages at once; others are told so.
        token: what opens the page; None for a random one.

    Raises `ConfigError` for a category that there is not, and for options out of range.
    """
    chosen = default or LiveOptions()
    chosen = replace(chosen, category=category_of(chosen.category).name)
    _ = chosen.tracker
    system = LiveSystem(
        title="Objects",
        things="objects",
        welcome="Show a thing",
        package="firsthand.objects.live",
        models=tuple(CATEGORIES),
        default=chosen,
        about={"edges": EDGES, "colors": COLORS},
        load=load,
        read_options=partial(read_options, default=chosen),
        begin=TrackerState,
        step=_step,
        look=_look,
        record=record,
        limits=LIMITS,
    )
    return live_page(system, clock=clock, most_connections=most_connections, token=token)


def _step(
    state: TrackerState,
    image: RgbImage,
    timestamp_us: int,
    models: ObjectModels,
    options: LiveOptions,
) -> tuple[TrackerState, ObjectsResult]:
    return track_step(state, image, timestamp_us, models, options.tracker)


def _look(image: RgbImage, models: ObjectModels, options: LiveOptions) -> ObjectsResult:
    return Objects(models, options.tracker).detect(image)
