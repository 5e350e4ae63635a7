"""Documents with titles: pages of help and handbooks, as in Debian's documentation packages."""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from firsthand.errors import InputError

_ENDINGS: Final = (".html", ".xhtml", ".page")
_LARGEST_BYTES: Final = 5_000_000
_LEAST_WORDS: Final = 60
_SILENT: Final = {"script", "style", "head", "nav", "info", "code", "pre", "footer"}
_SPOKEN: Final = {"p", "li", "dd", "item"}
_TITLES: Final = ("h1", "title")


@dataclass(frozen=True, slots=True)
class Document:
    """A page's title and what stands in its paragraphs, without the title."""

    name: str
    title: str
    text: str


def read_documents(folder: Path) -> Iterator[Document]:
    """Yield the pages below a folder that have a title and some text, by name; no two alike.

    Pages in HTML and Mallard. What cannot be read as text is passed over: these are other people's
    folders, with pictures and indexes among the pages. `InputError` where there is no folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder of documents")
    seen: set[str] = set()
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _ENDINGS):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            continue
        page = _Page()
        page.feed(path.read_text(encoding="utf-8", errors="replace"))
        page.close()
        text = " ".join(" ".join(page.text).split())
        if page.title and text.count(" ") >= _LEAST_WORDS and text not in seen:
            seen.add(text)
            yield Document(str(path.relative_to(folder)), page.title, text)


class _Page(HTMLParser):
    """Collects the first heading, or else the title, and the text of paragraphs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._titles: dict[str, list[str]] = {}
        self._open: list[str] = []

    @property
    def title(self) -> str:
        for kind in _TITLES:
            words = " ".join("".join(self._titles.get(kind, [])).split())
            if words:
                return words
        return ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _TITLES and tag in self._titles:
            tag = "later"  # only the first counts
        elif tag in _TITLES:
            self._titles[tag] = []
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            last = self._open.pop()
            if last == tag or (last == "later" and tag in _TITLES):
                break
        if tag in _SPOKEN:
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        kinds = set(self._open)
        for kind in _TITLES:
            if kind in kinds:
                self._titles[kind].append(data)
                return
        if kinds & _SPOKEN and not kinds & _SILENT:
            self.text.append(data)
