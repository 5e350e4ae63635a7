"""The page's application."""

from collections.abc import Callable, Sequence
from functools import cache, partial

from firsthand.core.clock import Clock
from firsthand.errors import ConfigError
from firsthand.hands.gestures.motion import motion_model
from firsthand.hands.live.options import LiveOptions, read_options
from firsthand.hands.live.tracker import LiveModels, LiveState, look, step, told
from firsthand.hands.models import HandModels
from firsthand.hands.skeleton import BONES
from firsthand.web import LocalApp
from firsthand.web.live import MOST_CONNECTIONS, LiveSystem, live_page


def live_app(
    load: Callable[[str], HandModels],
    models: Sequence[str],
    default: LiveOptions | None = None,
    *,
    clock: Clock | None = None,
    most_connections: int = MOST_CONNECTIONS,
    token: str | None = None,
) -> LocalApp:
    """Return the page for `firsthand.web.serve`.

    Args:
        load: returns the models of a name, and raises what `published_models` does.
        models: the names that the page offers.
        default: what is chosen at first; None for the first model and two hands.
        clock: tells how long the work takes; the monotonic one if None.
        most_connections: at most so many pages at once; others are told so.
        token: what opens the page; None for a random one.

    Raises `ConfigError` when there is no model, or `default` names none of them.
    """
    names = tuple(models)
    if default is None and not names:
        raise ConfigError("the page offers the models (none), and needs one")
    chosen = default or LiveOptions(names[0])
    motion = cache(motion_model)
    system = LiveSystem(
        title="Hands",
        things="hands",
        welcome="Show a hand",
        package="firsthand.hands.live",
        models=names,
        default=chosen,
        about={"bones": BONES},
        load=lambda name: LiveModels(load(name), motion()),
        read_options=partial(read_options, models=names, default=chosen),
        begin=LiveState,
        step=step,
        look=look,
        record=told,
    )
    return live_page(system, clock=clock, most_connections=most_connections, token=token)
