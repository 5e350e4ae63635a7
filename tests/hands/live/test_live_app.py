import pytest

from firsthand.errors import ConfigError
from firsthand.hands.live import LiveOptions, live_app


def never(name):
    raise AssertionError("no model is loaded before it is needed")


def test_a_page_needs_a_model_and_a_default_among_them():
    assert live_app(never, ("a", "b"), LiveOptions("b")).title == "Hands"
    with pytest.raises(ConfigError, match="the page offers the models"):
        live_app(never, ())
    with pytest.raises(ConfigError, match="the page offers the models a, b"):
        live_app(never, ("a", "b"), LiveOptions("c"))
