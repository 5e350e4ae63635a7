import sys

import pytest
from visiting import TOKEN, visitor

from firsthand.errors import ConfigError
from firsthand.web import local_app, static_router
from firsthand.web.statics import static_files


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """A package of its own for each test, with a page and a secret beside it."""
    name = f"pages_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / name
    (folder / "static" / "deep").mkdir(parents=True)
    (folder / "__init__.py").write_text("SECRET = 1")
    (folder / "static" / "index.html").write_text("<p>home", encoding="utf-8")
    (folder / "static" / "deep" / "a.js").write_text("1", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_files_are_found_by_their_whole_path(package):
    assert static_files(package) == {
        "index.html": (b"<p>home", "text/html; charset=utf-8"),
        "deep/a.js": (b"1", "text/javascript; charset=utf-8"),
    }
    with visitor(local_app("x", [static_router(package)], token=TOKEN)) as client:
        assert client.get("/").text == "<p>home"
        assert client.get("/index.html").text == "<p>home"
        assert client.get("/deep/a.js").text == "1"


def test_a_prefix_is_kept(package):
    with visitor(local_app("x", [static_router(package, "/p")], token=TOKEN)) as client:
        assert client.get("/p/").text == "<p>home"
        assert client.get("/p/deep/a.js").text == "1"
        assert client.get("/deep/a.js").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "../__init__.py",
        "..%2f__init__.py",
        "%2e%2e/__init__.py",
        "deep/../../__init__.py",
        "deep/..%2f..%2f__init__.py",
        "deep\\..\\..\\__init__.py",
        "..%5c__init__.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "deep",
        "deep/",
        "deep//a.js",
        "./index.html%00.js",
        "INDEX.HTML",
    ],
)
def test_no_path_leads_elsewhere(package, path):
    with visitor(local_app("x", [static_router(package)], token=TOKEN)) as client:
        answer = client.get(f"http://127.0.0.1:8000/{path}")
        assert answer.status_code == 404
        assert "SECRET" not in answer.text
        assert "root:" not in answer.text


def test_a_file_that_appears_later_is_not_served(package, tmp_path):
    with visitor(local_app("x", [static_router(package)], token=TOKEN)) as client:
        (tmp_path / package / "static" / "later.html").write_text("later")
        assert client.get("/later.html").status_code == 404


def test_packages_without_pages_or_with_odd_ones_are_refused(package, tmp_path):
    (tmp_path / package / "static" / "deep" / "x.exe").write_text("x")
    with pytest.raises(ConfigError, match=r"static/deep/x.exe: .exe is none of"):
        static_files(package)
    with pytest.raises(ConfigError, match="has no folder"):
        static_files("firsthand.core")
