import subprocess
import sys

import pytest

import firsthand.web
from firsthand.errors import MissingDependencyError
from firsthand.web import extra


def test_public_names_are_frozen():
    assert " ".join(firsthand.web.__all__) == (
        "LocalApp local_app read_json require_web running serve static_router"
    )
    for name in firsthand.web.__all__:
        assert getattr(firsthand.web, name) is not None
    assert dir(firsthand.web) == sorted(firsthand.web.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'server_farm'; it has"):
        firsthand.web.server_farm  # noqa: B018 - the attribute access is the test


def test_the_package_itself_loads_nothing_heavy():
    code = (
        "import firsthand.web, sys;"
        "print([n for n in ('fastapi', 'uvicorn', 'websockets', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"


def test_what_is_missing_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(extra, "_LIBRARIES", ("json", "no_such_library"))
    with pytest.raises(MissingDependencyError) as raised:
        firsthand.web.serve  # noqa: B018 - the attribute access is the test
    assert str(raised.value) == ('a local page needs no_such_library: pip install "firsthand[web]"')
