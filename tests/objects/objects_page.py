"""The live page of objects, with models that see marks and need no weights."""

from contextlib import contextmanager

from marked_things import MarkedScene
from visiting import TOKEN, visitor

from firsthand.core.clock import ManualClock
from firsthand.objects.live import LiveOptions, live_app


def marked(name):
    """Models of a category, as `load_models` has them."""
    return MarkedScene(name).models


def marked_app(load=marked, category="cup", **options):
    return live_app(LiveOptions(category), load=load, **{"token": TOKEN} | options)


@contextmanager
def page(load=marked, **options):
    """Somebody at the page."""
    with visitor(marked_app(load, **{"clock": ManualClock()} | options)) as client:
        yield client
