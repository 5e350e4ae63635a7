"""What `mkdocs.yml` cannot say: pages of the reference, and files that lie beside docs/.

Pages are written to be read in the repository, so they link to `../benchmarks`. In the site
benchmarks' pages and pictures lie under `benchmarks/`; links to what is not in it, as weights, keep
their words alone.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = (
    *("hands", "objects", "recorder", "concealment", "challenge", "compress", "speech"),
    *("federated", "doctor", "graph", "runtime", "media", "measure", "web"),
    *("geometry", "dsp", "errors"),
)
"""Modules and packages of `firsthand` whose public names have a page."""

BESIDE = ("benchmarks/README.md", "benchmarks/results/*.md", "benchmarks/results/*.svg")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Put what is one page a package, or a decision, into the navigation."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    lists = {
        "Reference": [{f"firsthand.{name}": f"reference/{name}.md"} for name in REFERENCE],
        "Decisions": [f"decisions/{path.name}" for path in decisions],
    }
    config.nav = [_filled(entry, lists) for entry in config.nav]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the reference, and what lies beside docs/."""
    for name in REFERENCE:
        options = "    options: {show_root_heading: false}\n"
        text = f"# firsthand.{name}\n\n::: firsthand.{name}\n{options}"
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Lead links to where their files are in the site."""
    here = page.file.src_uri

    def led(match: re.Match[str]) -> str:
        mark, words, link, anchor = match[1], match[2], match[3], match[4] or ""
        if re.match(r"[a-z]+:", link):
            return match[0]
        place = _place(here, link)
        if files.get_file_from_path(place) is not None:
            start = posixpath.dirname(here)
            return f"{mark}[{words}]({posixpath.relpath(place, start or '.')}{anchor})"
        if (ROOT / place).exists() or (ROOT / "docs" / place).exists():
            return match[0] if mark else words  # a picture that is missing is an error
        return match[0]  # it leads nowhere, and MkDocs says so

    return _LINK.sub(led, markdown)


def _place(here: str, link: str) -> str:
    """Return the path in the site of what a page of the repository links to."""
    in_docs = not here.startswith("benchmarks/")
    folder = ROOT / ("docs" if in_docs else "") / posixpath.dirname(here)
    path = Path(posixpath.normpath(f"{folder.as_posix()}/{link}"))
    docs = ROOT / "docs"
    return path.relative_to(docs if path.is_relative_to(docs) else ROOT).as_posix()


def _filled(entry: Any, lists: dict[str, list[Any]]) -> Any:
    if isinstance(entry, dict):
        (title,) = entry
        if title in lists:
            return {title: lists[title]}
    return entry
