"""The documentation as a site: built strictly, whole, and fetching nothing from elsewhere."""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def module(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


REFERENCE = module("site_pages").REFERENCE


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Assets(HTMLParser):
    """What a page loads, and the names of its places."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.places = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "id" in given:
            self.places.add(given["id"])
        if tag in ("script", "img", "iframe", "audio", "video", "source"):
            self.loaded.append(given.get("src") or "")
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(given["href"])


def test_every_page_of_the_docs_is_in_it(site):
    for page in (ROOT / "docs").rglob("*.md"):
        place = page.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / place).is_file(), place
    assert (site / "benchmarks" / "index.html").is_file()  # of its README


def test_pages_load_nothing_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        for address in Assets(page.read_text(encoding="utf-8")).loaded:
            assert not re.match(r"(https?:)?//", address), (page, address)
            if page.name != "404.html" and address and not address.startswith("data:"):
                assert (page.parent / address.split("?")[0]).is_file(), (page, address)


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_has_every_public_name(site, name):
    places = Assets((site / "reference" / f"{name}.html").read_text(encoding="utf-8")).places
    public = importlib.import_module(f"firsthand.{name}")
    names = getattr(public, "__all__", [n for n in vars(public) if n.endswith("Error")])
    assert names
    names = [each for each in names if not isinstance(getattr(public, each), ModuleType)]
    assert {f"firsthand.{name}.{each}" for each in names} <= places


def test_every_package_that_is_public_is_in_the_reference():
    root = ROOT / "src" / "firsthand"
    packages = {path.parent.name for path in root.glob("*/__init__.py")}
    assert packages - {"cli", "core", "train"} == set(REFERENCE) - {"errors"}


def test_links_to_what_is_beside_the_docs_lead_to_it(site):
    text = (site / "concealment.html").read_text(encoding="utf-8")
    assert 'src="benchmarks/results/concealment_quality.svg"' in text
    assert (site / "benchmarks" / "results" / "concealment_quality.svg").is_file()


def test_examples_of_docstrings_are_code(site):
    told = "Adds.\n\n>>> 1 + 1\n2\n\nAnd so on."
    assert module("doctests").fenced(told) == ("Adds.\n\n```pycon\n>>> 1 + 1\n2\n```\n\nAnd so on.")
    text = (site / "reference" / "graph.html").read_text(encoding="utf-8")
    assert '<span class="gp">&gt;&gt;&gt; </span>' in text
    assert "<p>&gt;&gt;&gt;" not in text
