"""The terms that score best, without those nobody wants in a title."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import MissingDependencyError
from firsthand.recorder.tags.prior import commonness, features_of
from firsthand.recorder.tags.tally import Tally

_TOO_COMMON: Final = 5.6
"""On the Zipf scale: "thing", "time" and "people" say nothing about a recording."""


Score = Callable[[NDArray[Any]], NDArray[Any]]
"""Maps features (n, 5), in the order of `FEATURES`, to scores (n,): a `PriorTable`, say."""


def suggested(tally: Tally, score: Score, count: int = 3) -> tuple[str, ...]:
    """Return up to `count` tags, the best first, no two with a word in common.

    Raises `MissingDependencyError` without what `firsthand[recorder]` brings.
    """
    rude = _rude_words()
    terms = [
        (text, term)
        for text, term in tally.terms.items()
        if not any(word in rude or commonness(word) >= _TOO_COMMON for word in text.split(" "))
    ]
    if not terms:
        return ()
    scores = score(features_of(terms, tally.words))
    # Of equal scores the term said more often, then earlier
    counts = np.array([term.count for _, term in terms])
    firsts = np.array([term.first for _, term in terms])
    chosen: list[str] = []
    taken: set[str] = set()
    for index in np.lexsort((firsts, -counts, -scores)):
        text, term = terms[int(index)]
        stems = {_stem(word) for word in text.split(" ")}
        if taken & stems:
            continue
        chosen.append(term.spelling)
        taken |= stems
        if len(chosen) == count:
            break
    return tuple(chosen)


def _stem(word: str) -> str:
    """Return a word without a plural's ending: enough not to suggest both."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


@lru_cache(maxsize=1)
def _rude_words() -> frozenset[str]:
    try:
        from better_profanity import profanity
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'tags need better-profanity, which is not installed: pip install "firsthand[recorder]"'
        ) from error
    profanity.load_censor_words()
    return frozenset(str(word) for word in profanity.CENSOR_WORDSET)
