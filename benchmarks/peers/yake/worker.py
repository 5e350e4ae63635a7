"""YAKE as a peer: keywords from the text itself, as its users ask for them."""

import sys
import time
from importlib.metadata import version
from pathlib import Path

import yake

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from worker import serve


def keywords(texts, count):
    """Up to `count` keywords of one or two words for each English text, the best first."""
    extractor = yake.KeywordExtractor(lan="en", n=2, top=count)
    before = time.perf_counter()
    found = [[word for word, _ in extractor.extract_keywords(text)] for text in texts]
    return {"keywords": found, "seconds": time.perf_counter() - before}


def versions():
    return {"yake": version("yake"), "python": sys.version.split()[0]}


if __name__ == "__main__":
    serve({"keywords": keywords, "versions": versions})
