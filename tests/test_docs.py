"""Every Python example in the docs runs, every link leads somewhere, and figures are fresh."""

import doctest
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PUBLISHED = ("Hands.load", "Objects.load")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def pages_with_examples():
    for page in PAGES:
        blocks = EXAMPLE.findall(page.read_text(encoding="utf-8"))
        if blocks:
            loads = any(name in block for block in blocks for name in PUBLISHED)
            marks = [pytest.mark.models] if loads else []
            yield pytest.param(blocks, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.mark.parametrize("blocks", list(pages_with_examples()))
def test_the_examples_of_a_page_run_in_order(blocks, tmp_path, monkeypatch):
    """A block of `>>>` lines is compared with what it says; any other is only run."""
    for folder in ("examples", "benchmarks"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "docs"}
    for number, block in enumerate(blocks):
        if block.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(block, names, f"block {number}", None, 0)
            report = io.StringIO()
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            runner.run(test, out=report.write, clear_globs=False)
            names |= test.globs
            assert runner.summarize(verbose=False).failed == 0, report.getvalue()
        else:
            exec(compile(block, f"block {number}", "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
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
