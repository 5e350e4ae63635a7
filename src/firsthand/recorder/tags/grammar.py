"""What words are in a sentence, and how names are written that an engine wrote in lower case.

By TextBlob's pattern tagger (De Smedt and Daelemans 2012): a lexicon of 94,000 English words and
rules, offline.
"""

import re
import warnings
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from firsthand.errors import MissingDependencyError

COMMON, PROPER, ADJECTIVE, OTHER = "common", "proper", "adjective", "other"

_INNER: Final = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)
_POSSESSIVE: Final = re.compile(r"['\u2019]s$")
_FIT: Final = re.compile(r"[^\W\d_][\w'\u2019-]*")


def bare(text: str) -> str:
    """Return a word without punctuation around it and possessive s; "" for what is no word."""
    found = _INNER.search(text)
    inner = _POSSESSIVE.sub("", found[0] if found else "")
    return inner if _FIT.fullmatch(inner) else ""


def ends_sentence(text: str) -> bool:
    """Return whether a sentence ends with a word as it is written."""
    return text.rstrip("\"')\u201d\u2019").endswith((".", "!", "?", "\u2026"))


def parts_of_speech(words: Sequence[str]) -> list[str]:
    """Return of each word of a sentence whether it is a noun, common or proper, or an adjective."""
    if not words:
        return []
    tagged = _tagger().tag(" ".join(words), tokenize=False)
    if len(tagged) != len(words):  # a word that the tagger takes apart
        tagged = [pair for word in words for pair in _tagger().tag(word, tokenize=False)[:1]]
    return [_part(tag) for _, tag in tagged] if len(tagged) == len(words) else [OTHER] * len(words)


def recovered(word: str) -> str:
    """Return a word in lower case as a name is written, if it is known as nothing but a name."""
    if not word.islower():
        return word
    lexicon = _lexicon()
    name = word.capitalize()
    if word not in lexicon and str(lexicon.get(name, "")).startswith("NNP"):
        return name
    return word


def warm() -> None:
    """Load what takes a moment, so that the first sentence takes none."""
    parts_of_speech(["warm"])
    recovered("warm")


def _part(tag: str) -> str:
    if tag.startswith("NNP"):
        return PROPER
    if tag.startswith("NN"):
        return COMMON
    return ADJECTIVE if tag.startswith("JJ") else OTHER


_LOADING: Final = Lock()
"""Filters of warnings belong to all threads, so one loads at a time."""


def _tagger() -> Any:
    with _LOADING:
        return _loaded_tagger()


@lru_cache(maxsize=1)
def _loaded_tagger() -> Any:
    try:
        from textblob.en.taggers import PatternTagger
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'tags need textblob, which is not installed: pip install "firsthand[recorder]"'
        ) from error
    tagger = PatternTagger()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its lexicon's file open
        tagger.tag("first", tokenize=False)
    return tagger


@lru_cache(maxsize=1)
def _lexicon() -> Any:
    _tagger()
    from textblob.en import parser

    return parser.lexicon
