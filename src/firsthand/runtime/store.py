"""The model store: a folder of verified models, filled from the catalogue by name."""

import difflib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from firsthand.errors import (
    ChecksumError,
    DownloadError,
    ModelError,
    ModelNotFoundError,
)
from firsthand.runtime.artifact import Model, check_bytes, read_model_file
from firsthand.runtime.card import ModelCard, check_name, read_card
from firsthand.runtime.catalog import catalog
from firsthand.runtime.fetch import FetchSession, HttpPolicy
from firsthand.runtime.place import locked, place, replace_bytes
from firsthand.runtime.sources import PathSource

PullProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class StoredModel:
    """One line of `ModelStore.list`: a card, and whether its file lies in the store."""

    card: ModelCard
    present: bool


@dataclass(frozen=True)
class Verification:
    """What `ModelStore.verify` found of one model; `detail` says what is wrong."""

    name: str
    status: Literal["ok", "missing", "damaged"]
    detail: str = ""


class ModelStore:
    """Models by name under one root: `ROOT/NAME/NAME.tflite` and its card `ROOT/NAME/NAME.json`.

    The root is `FIRSTHAND_MODELS` if set, else `$XDG_CACHE_HOME/firsthand/models`, else
    `~/.cache/firsthand/models`. A filled folder serves without network. Names in the catalogue
    always have the catalogue's card. Any number of processes may pull at once.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        *,
        cards: Mapping[str, ModelCard] | None = None,
        policy: HttpPolicy | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.root = Path(root) if root is not None else default_root(environ)
        self._known = catalog() if cards is None else cards
        self._policy = policy or HttpPolicy()
        self._environ = environ

    def list(self) -> tuple[StoredModel, ...]:
        """Return every model of the catalogue and of the store, by name.

        A folder in the store whose card is damaged raises `ModelError`.
        """
        cards = [self.card(name) for name in self._names()]
        return tuple(StoredModel(card, self._file(card).is_file()) for card in cards)

    def card(self, name: str) -> ModelCard:
        """Return a model's card; `ModelNotFoundError` names what is known instead."""
        check_name(name)
        if name in self._known:
            return self._known[name]
        path = self.root / name / f"{name}.json"
        if not path.is_file():
            near = difflib.get_close_matches(name, self._names(), n=3) or self._names()
            raise ModelNotFoundError(
                f"no model {name!r} in the catalogue or in {self.root}; there are {list(near)}"
            )
        card = read_card(path)
        if card.name != name:
            raise ModelError(f"{path} is the card of {card.name!r}, but its folder is {name!r}")
        return card

    def get(self, name: str, pull: bool = True) -> Model:
        """Return a model, pulling it first if its file is missing and `pull` is true."""
        card = self.card(name)
        model = Model(card, self._file(card))
        if model.path.is_file():
            return model
        if not pull:
            way = f"pull {name}" if card.sources else f"add {name} FILE"
            raise ModelNotFoundError(
                f"model {name!r} is not in {self.root}; get it there with `firsthand models {way}`"
            )
        return self.pull(name)

    def pull(self, name: str, progress: PullProgress | None = None) -> Model:
        """Fetch a model unless its file is here and right; see `pull_many`."""
        return self.pull_many([name], progress)[0]

    def pull_many(
        self, names: Sequence[str], progress: PullProgress | None = None
    ) -> tuple[Model, ...]:
        """Fetch the models whose files are missing or damaged, each package only once.

        A file is replaced in one step and only by bytes with the card's SHA-256.
        `progress(name, done_bytes, total_bytes)` is called while bytes arrive.

        Raises `ModelNotFoundError`, `DownloadError` if no source delivers, `ChecksumError` if one
        delivered other bytes.
        """
        cards = [self.card(name) for name in names]
        with FetchSession(self._policy, self._environ) as session, _readable(self.root):
            return tuple(self._pull(card, session, progress) for card in cards)

    def verify(self, name: str | None = None) -> tuple[Verification, ...]:
        """Check the files of one model or of all in the store against their cards' SHA-256.

        Of all, models that were never pulled are left out; a named one is then "missing".
        """
        if name is not None:
            return (self._verify(self.card(name)),)
        found = []
        for each in self._names():
            try:
                card = self.card(each)
            except ModelError as error:
                found.append(Verification(each, "damaged", str(error)))
                continue
            if (self.root / each).is_dir():
                found.append(self._verify(card))
        return tuple(found)

    def add(self, path: str | os.PathLike[str], card: ModelCard) -> Model:
        """Copy a model file into the store under its card's name, replacing an older one.

        Raises `ChecksumError` if the file is not the card's, `ModelError` if the name belongs to
        a different model of the catalogue. For files of unknown origin see `rehearse`.
        """
        known = self._known.get(card.name)
        if known is not None and known.sha256 != card.sha256:
            raise ModelError(
                f"{card.name!r} is the catalogue's name for another file (SHA-256 {known.sha256}); "
                "give yours another name"
            )
        source = Path(path)
        check_bytes(read_model_file(source), card, str(source))
        with FetchSession(self._policy, self._environ) as session, _readable(self.root):
            origin = PathSource(str(source))
            write = partial(session.write, origin, size_bytes=card.size_bytes, progress=_ignore)
            target = self._file(card)
            with locked(target.parent):
                place(card, target, write, source=str(source))
                self._write_card(card)
        return Model(card, target)

    def _pull(self, card: ModelCard, session: FetchSession, progress: PullProgress | None) -> Model:
        target = self._file(card)
        if self._verify(card).status == "ok":
            return Model(card, target)
        tell = _ignore if progress is None else partial(progress, card.name)
        failures: list[ModelError] = []
        with locked(target.parent):
            if self._verify(card).status == "ok":  # another process was first
                return Model(card, target)
            for source in card.sources:
                write = partial(session.write, source, size_bytes=card.size_bytes, progress=tell)
                try:
                    place(card, target, write, source=str(source))
                except (DownloadError, ChecksumError) as error:
                    failures.append(error)
                    continue
                self._write_card(card)
                return Model(card, target)
        if not failures:
            raise DownloadError(
                f"the card of {card.name} names no source; put the file there "
                f"with `firsthand models add {card.name} FILE`"
            )
        kind = ChecksumError if any(isinstance(f, ChecksumError) for f in failures) else None
        reasons = "\n".join(map(str, failures))
        if kind is None and not any(map(_is_full, failures)):
            reasons += "\nwithout a network, set FIRSTHAND_MODELS to a folder with the models"
        raise (kind or DownloadError)(reasons) from failures[-1]

    def _verify(self, card: ModelCard) -> Verification:
        try:
            Model(card, self._file(card)).read()
        except ModelNotFoundError as error:
            return Verification(card.name, "missing", str(error))
        except ModelError as error:
            return Verification(card.name, "damaged", str(error))
        return Verification(card.name, "ok")

    def _write_card(self, card: ModelCard) -> None:
        replace_bytes(self.root / card.name / f"{card.name}.json", card.to_json())

    def _file(self, card: ModelCard) -> Path:
        return self.root / card.name / card.file_name

    def _names(self) -> tuple[str, ...]:
        names = set(self._known)
        with _readable(self.root):
            if self.root.is_dir():
                names |= {
                    folder.name
                    for folder in self.root.iterdir()
                    if (folder / f"{folder.name}.json").is_file()
                }
        return tuple(sorted(names))


def default_root(environ: Mapping[str, str]) -> Path:
    """Return the store's folder as the environment has it; see `ModelStore`."""
    if environ.get("FIRSTHAND_MODELS"):
        return Path(environ["FIRSTHAND_MODELS"])
    cache = environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    try:
        base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:  # a user without a home
        raise ModelError(
            f"there is no place for the model store: {error}; set FIRSTHAND_MODELS to a folder"
        ) from error
    return base / "firsthand" / "models"


@contextmanager
def _readable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"the model store {root} cannot be used: {error}; set FIRSTHAND_MODELS to a folder "
            "that can"
        ) from error


def _ignore(_done: int, _total: int) -> None:
    return None


def _is_full(failure: Exception) -> bool:
    """Say whether it was the disk that had no room."""
    return getattr(failure.__cause__, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
