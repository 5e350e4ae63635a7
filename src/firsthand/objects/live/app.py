"""The page's application."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from firsthand.core.clock import Clock
from firsthand.media.frame import RgbImage
from firsthand.objects.api import Objects
from firsthand.objects.categories import CATEGORIES
from firsthand.objects.drawing import COLORS, EDGES
from firsthand.objects.live.options import LIMITS, NOTHING, LiveOptions, known, read_options
from firsthand.objects.models import BoxModels, ObjectNetwork, load_models
from firsthand.objects.options import NETWORK_INTERVAL_US
from firsthand.objects.records import record
from firsthand.objects.tracking import TrackerState
from firsthand.objects.tracking import step as track_step
from firsthand.objects.types import ObjectsResult
from firsthand.web import LocalApp
from firsthand.web.live import MOST_CONNECTIONS, LiveSystem, live_page


def live_app(
    default: LiveOptions | None = None,
    *,
    load: Callable[[str], BoxModels] = load_models,
    own: Mapping[str, BoxModels] = NOTHING,
    clock: Clock | None = None,
    most_connections: int = MOST_CONNECTIONS,
    token: str | None = None,
) -> LocalApp:
    """Return the page for `firsthand.web.serve`.

    Args:
        default: what is chosen at first; None for shoes.
        load: returns the models of a category, and raises what `load_models` does.
        own: further models to choose from, as `open_network` returns them, by names.
        clock: tells how long the work takes; the monotonic one if None.
        most_connections: at most so many pages at once; others are told so.
        token: what opens the page; None for a random one.

    Raises `ConfigError` for a category that there is not, and for options out of range.
    """
    chosen = default or LiveOptions()
    chosen = replace(chosen, category=known(chosen.category, own))
    _ = chosen.tracker
    system = LiveSystem(
        title="Objects",
        things="objects",
        welcome="Show a thing",
        package="firsthand.objects.live",
        models=(*CATEGORIES, *own),
        default=chosen,
        about={"edges": EDGES, "colors": COLORS},
        load=lambda name: own[name] if name in own else load(name),
        read_options=partial(read_options, default=chosen, own=own),
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
    models: BoxModels,
    options: LiveOptions,
) -> tuple[TrackerState, ObjectsResult]:
    tracker = options.tracker
    if isinstance(models, ObjectNetwork):
        tracker = replace(tracker, redetect_interval_us=NETWORK_INTERVAL_US)
    return track_step(state, image, timestamp_us, models, tracker)


def _look(image: RgbImage, models: BoxModels, options: LiveOptions) -> ObjectsResult:
    return Objects(models, options.tracker).detect(image)
