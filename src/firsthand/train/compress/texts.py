"""Labelled texts in memory: read from a table or from folders, split, and drawn in batches."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from firsthand.compress.text import MOST_CHARACTERS
from firsthand.errors import InputError
from firsthand.train.task import Batch

_TABLE: Final = ".csv"
_LONGEST_FIELD: Final = 8 * MOST_CHARACTERS
_SORTED_AT_ONCE: Final = 16

Seen = Mapping[str, Callable[[Sequence[str]], NDArray[Any]]]
"""What networks see of texts, by its name in a batch: tokens (n, length, 3), projections (n, w)."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts, and their classes `labels` (n,), the places of their `names`.

    `groups` (n,) are numbers: texts with the same one, such as those of one author, belong
    together. Raises `InputError` where these do not fit, or there are less than two classes.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    groups: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = (len(self.texts),)
        if self.labels.shape != shape or self.groups.shape != shape or not self.texts:
            raise InputError(
                f"{len(self.texts)} texts, labels {self.labels.shape} and groups "
                f"{self.groups.shape}: as many of each are wanted, and at least one"
            )
        if len(self.names) < 2:
            raise InputError(f"the classes are {self.names}; at least two are wanted")
        wrong = (self.labels < 0) | (self.labels >= len(self.names))
        if wrong.any():
            at = int(wrong.argmax())
            raise InputError(
                f"text {at} has label {self.labels[at]}; there are {len(self.names)} classes"
            )

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(
        cls, texts: Sequence[str], classes: Sequence[str], groups: Sequence[str] | None = None
    ) -> "Texts":
        """Return texts with the names of their classes, sorted; each is its own group by default.

        Texts that come again with the same class count once, and texts that come with several
        classes not at all: neither may be on both sides of a split.
        """
        said: dict[str, set[str]] = {}
        for text, each in zip(texts, classes, strict=True):
            said.setdefault(text, set()).add(each)
        first = {text: at for at, text in reversed(list(enumerate(texts)))}
        kept = [first[text] for text, names in said.items() if len(names) == 1]
        names, labels = np.unique([classes[at] for at in kept], return_inverse=True)
        belong = range(len(kept)) if groups is None else [groups[at] for at in kept]
        return cls(
            tuple(texts[at] for at in kept),
            labels.astype(np.int64),
            tuple(names.tolist()),
            np.unique(np.array(belong), return_inverse=True)[1].astype(np.int64),
        )

    def taken(self, places: NDArray[np.int64]) -> "Texts":
        """Return those at some places."""
        some = tuple(self.texts[at] for at in places.tolist())
        return Texts(some, self.labels[places], self.names, self.groups[places])

    def split(self, share: float, seed: int) -> tuple["Texts", "Texts"]:
        """Return two parts, the second with about `share` of each class, whole groups in each.

        A group counts to the class of its first text. `InputError` where a class would be in one
        part only: it has a single group, or too few texts.
        """
        rng = np.random.default_rng(seed)
        groups, firsts, sizes = np.unique(self.groups, return_index=True, return_counts=True)
        held_out = np.zeros(len(groups), np.bool_)
        for label in range(len(self.names)):
            own = rng.permutation(np.flatnonzero(self.labels[firsts] == label))
            wanted, taken = share * float(sizes[own].sum()), 0
            for at in own.tolist():
                if taken + sizes[at] <= wanted:
                    held_out[at] = True
                    taken += int(sizes[at])
            if len(own) and not taken:
                held_out[own[sizes[own].argmin()]] = True
        second = held_out[np.searchsorted(groups, self.groups)]
        for where in (~second, second):
            missing = set(range(len(self.names))) - set(self.labels[where].tolist())
            if missing:
                raise InputError(
                    f"class {self.names[min(missing)]!r} has too few texts, or groups of them, to "
                    "learn from some and judge by others"
                )
        return self.taken(np.flatnonzero(~second)), self.taken(np.flatnonzero(second))


def read_texts(path: Path) -> Texts:
    """Return the texts of a table, or of a folder.

    A table is a .csv in UTF-8 with the columns text, label and, where texts belong together, group.
    A folder has one for each class, and in it a .txt file for each text, as scikit-learn's
    `load_files` wants it. Raises `InputError` naming what cannot be read.
    """
    texts, classes, groups = _of_folder(path) if path.is_dir() else _of_table(path)
    if not texts:
        raise InputError(f"{path}: has no texts")
    return Texts.of(texts, classes, groups or None)


class TextBatches:
    """Batches of texts of like length: each epoch nearly all of them once, in an order of its own.

    `see` are what networks see of texts, by the name it has in a batch. Of each text's words a
    share of `hidden` is left out, others each time.
    """

    def __init__(
        self, texts: Texts, see: Seen, size: int, seed: int, *, hidden: float = 0.0
    ) -> None:
        if not 0 < size <= len(texts) or not 0 <= hidden < 1:
            raise InputError(f"batches of {size} of {len(texts)} texts, {hidden} of which hidden")
        self._texts, self._see, self._size, self._seed = texts, see, size, seed
        self._hidden = hidden
        self._lengths = np.array([len(text) for text in texts.texts])
        self.per_epoch = len(texts) // size

    def __call__(self, step: int) -> Batch:
        """Return what is seen, `labels` (b,), and `places` (b,) among all texts, of a step."""
        epoch, at = divmod(step, self.per_epoch)
        rng = np.random.default_rng([self._seed, epoch])
        order = rng.permutation(len(self._texts))[: self.per_epoch * self._size]
        for first in range(0, len(order), _SORTED_AT_ONCE * self._size):
            some = order[first : first + _SORTED_AT_ONCE * self._size]
            order[first : first + len(some)] = some[np.argsort(self._lengths[some], kind="stable")]
        places = order.reshape(self.per_epoch, self._size)[rng.permutation(self.per_epoch)[at]]
        texts = [self._texts.texts[place] for place in places.tolist()]
        if self._hidden:
            hiding = np.random.default_rng([self._seed, epoch, at])
            texts = [_without(text, self._hidden, hiding) for text in texts]
        return {
            **{name: torch.from_numpy(see(texts)) for name, see in self._see.items()},
            "labels": torch.from_numpy(self._texts.labels[places]),
            "places": torch.from_numpy(places),
        }


def _without(text: str, share: float, rng: np.random.Generator) -> str:
    words = text.split()
    kept = rng.random(len(words)) >= share
    return " ".join(word for word, there in zip(words, kept.tolist(), strict=True) if there)


Read = tuple[list[str], list[str], list[str]]
"""Texts, their classes, and their groups, none where there are not any."""


def _of_table(path: Path) -> Read:
    if path.suffix.lower() != _TABLE:
        raise InputError(
            f"{path}: is neither a folder nor a table: a .csv with the columns text, label"
        )
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(path, csv.DictReader(file, strict=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no table of texts: {error}") from error
    texts, classes = [row["text"] for row in rows], [row["label"] for row in rows]
    return texts, classes, [row["group"] for row in rows if "group" in row]


def _rows(path: Path, reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    columns = reader.fieldnames or ()
    if not {"text", "label"} <= set(columns):
        raise InputError(f"{path}: has the columns {list(columns)}; text and label are wanted")
    for row in reader:
        if None in row or None in row.values():
            raise InputError(
                f"{path}, line {reader.line_num}: has another number of cells than columns"
            )
        if not row["label"].strip():
            raise InputError(f"{path}, line {reader.line_num}: has no label")
        yield row


def _of_folder(path: Path) -> Read:
    texts, classes = [], []
    for folder in sorted(each for each in path.iterdir() if each.is_dir()):
        for file in sorted(folder.glob("*.txt")):
            try:
                texts.append(file.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"{file}: is no text in UTF-8: {error}") from error
            classes.append(folder.name)
    return texts, classes, []
