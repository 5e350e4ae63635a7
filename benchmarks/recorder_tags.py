"""Are the suggested tags those that people would put into a title, and are they there at once?

Pages of help and handbooks (GNOME, GIMP, LibreOffice, the Debian Administrator's Handbook) whose
titles are known, of which the bundled tables have seen none: a fifth, by their text. Every other
page comes without capitals and punctuation, as some engines write. `precision_at_3` is the share of
three tags a page that are in its title, word for word, as one word or two; the title itself is not
read. `..._count` takes the nouns that occur most often, `..._yake` is YAKE 0.7 asked for
three keywords of one or two words. Pages are written, not spoken, and few tags can be right where
titles are short: `precision_best` is what always guessing right would give. Intervals resample
pages.

`ms_per_hour`: from the last word of an hour of speech (9,000 words of these pages, counted while it
went on) to its tags; `ms_per_hour_yake`: YAKE on the same text.
"""

import re
import time
from collections.abc import Sequence

import numpy as np

from debian_packages import unpacked
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    Peer,
    PeerEnvironment,
    bootstrap_mean,
    run_benchmark,
)
from firsthand.recorder.tags import Tally, bundled_table, suggested
from firsthand.recorder.transcript import Word, words_in
from firsthand.train.recorder.documents import Document, read_documents
from firsthand.train.recorder.tags import Heard, by_count, is_held_out, listen
from hands_clips import ROOT

PACKAGES = ("gnome-user-docs", "gimp-help-en", "libreoffice-help-en-us", "debian-handbook")
FOLDERS = (
    "usr/share/help/C",
    "usr/share/gimp/2.0/help/en",
    "usr/share/libreoffice/help/en-US",
    "usr/share/doc/debian-handbook/html/en-US",
)
COUNT = 3
HOUR_WORDS = 9_000


def pages() -> list[tuple[Document, Heard]]:
    root = unpacked(PACKAGES)
    found = [d for f in FOLDERS for d in read_documents(root / f) if is_held_out(d)]
    return [(d, listen(d, bare_text=n % 2 == 1)) for n, d in enumerate(found)]


def shown(document: Document, number: int) -> str:
    return document.text if number % 2 == 0 else re.sub(r"[^\w' -]", "", document.text).lower()


def rate(tags: Sequence[Sequence[str]], heard: Sequence[Heard], seed: int) -> Figure:
    pairs = zip(tags, heard, strict=True)
    hits = np.array([sum(tag.lower() in h.title for tag in some) / COUNT for some, h in pairs])
    return Figure.of(bootstrap_mean(hits, rng=np.random.default_rng(seed)), n=len(hits))


def best(heard: Heard) -> list[str]:
    return [text for text in heard.tally.terms if text in heard.title][:COUNT]


def an_hour(documents: Sequence[Document]) -> list[Word]:
    texts = [text for d in documents for text in words_in(d.text)][:HOUR_WORDS]
    return [Word(text, 400 * n, 400 * n + 350) for n, text in enumerate(texts)]


def ms_to_tags(words: Sequence[Word]) -> float:
    tally = Tally()
    tally.add(words)
    before = time.perf_counter()
    tally.end()
    suggested(tally, bundled_table())
    return 1000 * (time.perf_counter() - before)


def measure(options: Options) -> Findings:
    chosen = pages()[:: 6 if options.quick else 1]
    documents, heard = [d for d, _ in chosen], [h for _, h in chosen]
    words = an_hour(documents)
    worker = ROOT / "benchmarks" / "peers" / "yake" / "worker.py"
    with Peer(PeerEnvironment("yake", ROOT), worker) as peer:
        texts = [shown(document, n) for n, document in enumerate(documents)]
        theirs = peer.call("keywords", texts=texts, count=COUNT, timeout_s=1200)["keywords"]
        whole = " ".join(word.text for word in words)
        their_s = peer.call("keywords", texts=[whole], count=COUNT, timeout_s=300)["seconds"]
        versions = peer.call("versions").values
    ours = [suggested(h.tally, bundled_table(), COUNT) for h in heard]
    counted = [suggested(h.tally, by_count, COUNT) for h in heard]
    ms = [ms_to_tags(words) for _ in range(3 if options.quick else 11)]
    figures = {
        "precision_at_3": rate(ours, heard, options.seed),
        "precision_at_3_yake": rate(theirs, heard, options.seed),
        "precision_at_3_count": rate(counted, heard, options.seed),
        "precision_best": rate([best(h) for h in heard], heard, options.seed),
        "ms_per_hour": Figure(float(np.median(ms)), unit="ms", n=len(ms)),
        "ms_per_hour_yake": Figure(1000 * their_s, unit="ms"),
    }
    return Findings(figures, {"yake": versions["yake"]})


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
