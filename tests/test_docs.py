"""Every Python example in the docs runs, every link leads somewhere, and figures are fresh."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def examples():
    for page in PAGES:
        code = "\n".join(EXAMPLE.findall(page.read_text(encoding="utf-8")))
        if code:
            marks = [pytest.mark.models] if "Hands.load" in code else []
            yield pytest.param(code, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.mark.parametrize("code", examples())
def test_the_examples_of_a_page_run_in_order(code, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_figures_are_those_of_the_benchmarks():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "figures.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
