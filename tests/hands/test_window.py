import pytest

from firsthand.errors import MediaError, MissingDependencyError
from firsthand.hands.window import Window


def test_without_a_display_there_is_another_way(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises((MediaError, MissingDependencyError), match="write a video with -o"):
        Window("hands")
