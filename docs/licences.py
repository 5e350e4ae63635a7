"""Fills docs/licences.md from the models' cards and from what lies beside data that is not ours.

A region `<!-- licences:NAME -->` ... `<!-- /licences -->` holds what `REGIONS[NAME]` makes. Files
are read and compared with their cards. `--check` changes nothing and fails when the page is stale.
"""

import argparse
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from firsthand.measure import markdown_table
from firsthand.runtime import Model, ModelCard
from firsthand.runtime.bundled import bundled
from firsthand.runtime.card import read_card
from firsthand.runtime.catalog import catalog

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
WEIGHTS = ROOT / "benchmarks" / "weights"
REGION = re.compile(r"(<!-- licences:(\w+) -->\n).*?(<!-- /licences -->)", re.DOTALL)
LICENCES = re.compile(r"^Licences: (.+)\.$", re.MULTILINE)
CODE = {".py", ".md", ".frag", ".vert"}


def sha(full: str) -> str:
    return f"`{full[:12]}`"


def kilobytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e3:,.0f} kB"


def models_table(cards: Iterable[ModelCard], with_sources: bool = False) -> str:
    rows = []
    for card in cards:
        row = [f"`{card.name}`", card.task, kilobytes(card.size_bytes), card.licence]
        if with_sources:
            row.append(str(card.sources[0]) if card.sources else "your own file")
        rows.append([*row, sha(card.sha256)])
    places = ("from",) if with_sources else ()
    headers = ("model", "for", "size", "licence", *places, "SHA-256")
    return markdown_table(headers, rows, right=[name == "size" for name in headers])


def bundled_cards() -> list[ModelCard]:
    """Return the cards of the networks in the wheel."""
    return checked(bundled().values())


def benchmark_cards() -> list[ModelCard]:
    """Return the cards in benchmarks/weights beside which the network lies; a teacher may not."""
    cards = {path: read_card(path) for path in sorted(WEIGHTS.rglob("*.json"))}
    models = [Model(card, path.parent / card.file_name) for path, card in cards.items()]
    return checked(model for model in models if model.path.is_file())


def checked(models: Iterable[Model]) -> list[ModelCard]:
    """Return the cards of models whose bytes are as they promise."""
    return [model.card for model in models if model.read()]


def learnt_list() -> str:
    """Return what models learnt from, each source with the models that did."""
    learners: dict[str, dict[str, None]] = defaultdict(dict)
    for card in (*bundled_cards(), *catalog().values(), *benchmark_cards()):
        for source in card.training_sources:
            learners[source][f"`{card.name}`"] = None
    lines = [
        f"- {source}\n  <br>{', '.join(names)}"
        for source, names in sorted(learners.items(), key=lambda item: item[0].casefold())
    ]
    return "\n".join(lines)


def data_table() -> str:
    """Return the files of others that lie in the repository, with what is said beside them."""
    rows = []
    notes = [*(ROOT / "examples").rglob("ATTRIBUTION.md"), *(ROOT / "src").rglob("ATTRIBUTION.md")]
    for note in sorted(notes):
        named = LICENCES.search(note.read_text(encoding="utf-8"))
        if named is None:
            raise SystemExit(f"{note}: a line `Licences: A, B.` is missing")
        link = f"[{named[1]}](../{note.relative_to(ROOT).as_posix()})"
        for path in sorted(note.parent.iterdir()):
            if path.is_file() and path.suffix not in CODE:
                name = f"`{path.relative_to(ROOT).as_posix()}`"
                data = path.read_bytes()
                digest = sha(hashlib.sha256(data).hexdigest())
                rows.append((name, kilobytes(len(data)), link, digest))
    headers = ("file", "size", "licences", "SHA-256")
    return markdown_table(headers, rows, right=[name == "size" for name in headers])


REGIONS: dict[str, Callable[[], str]] = {
    "bundled": lambda: models_table(bundled_cards()),
    "published": lambda: models_table(catalog().values(), with_sources=True),
    "benchmarks": lambda: models_table(benchmark_cards()),
    "learnt": learnt_list,
    "data": data_table,
}


def filled(text: str) -> str:
    """Return the page with its regions filled anew."""
    return REGION.sub(lambda match: f"{match[1]}\n{REGIONS[match[2]]()}\n\n{match[3]}", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the page is stale")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8")
    new = filled(old)
    if check and new != old:
        sys.stderr.write("stale tables in docs/licences.md: run `make docs`\n")
        return 1
    if new != old:
        PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
