"""The live page with models that need no weights."""

from contextlib import contextmanager

from fake_models import FakeScene
from visiting import TOKEN, visitor

from firsthand.core.clock import ManualClock
from firsthand.hands.live import live_app

NAMES = ("full", "lite")


@contextmanager
def page(load=None, **options):
    """Somebody at the page of two models that find one hand in the middle."""
    scene = FakeScene(palms=[(0.5, 0.5)])
    local = live_app(
        load or (lambda name: scene.models),
        NAMES,
        **{"clock": ManualClock(), "token": TOKEN} | options,
    )
    with visitor(local) as client:
        yield client
