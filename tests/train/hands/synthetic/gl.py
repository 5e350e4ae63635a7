import pytest

from firsthand.errors import MissingDependencyError
from firsthand.train.hands.synthetic.renderer import Renderer, shared_renderer


def renderer_or_skip() -> Renderer:
    try:
        return shared_renderer()
    except MissingDependencyError as error:
        pytest.skip(f"needs OpenGL: {error}")
