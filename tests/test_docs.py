"""Every Python example in the docs runs, tutorials do with their commands, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from page_blocks import PYTHON, PYTHON_AND_SHELL, execute

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PUBLISHED = ("Hands.load", "Objects.load")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def name_of(page):
    return str(page.relative_to(ROOT))


def pages_with_examples():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        code = "".join(block for _, block in PYTHON.findall(text))
        if code and page not in TUTORIALS:
            loads = any(name in code for name in PUBLISHED)
            yield pytest.param(text, id=name_of(page), marks=[pytest.mark.models] if loads else [])


@pytest.fixture
def beside_the_examples(tmp_path, monkeypatch):
    for folder in ("examples", "benchmarks"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", list(pages_with_examples()))
def test_the_examples_of_a_page_run_in_order(text, beside_the_examples):
    execute(text)


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=name_of)
def test_a_tutorial_runs_from_top_to_bottom(page, beside_the_examples):
    execute(page.read_text(encoding="utf-8"), PYTHON_AND_SHELL)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("script", ["figures.py", "licences.py"])
def test_what_scripts_fill_in_is_fresh(script):
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / script, "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_no_code_that_nobody_executes_or_parses(page):
    """Python and shell are what tests look for; what is only to be read has no language."""
    fences = re.findall(r"^\s*```(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences) <= {"python", "sh", "toml"}, fences
