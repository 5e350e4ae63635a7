"""The two models of hand tracking, loaded."""

import os
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import ConfigError, ModelError, ModelNotFoundError
from firsthand.hands.landmarks import LandmarkModel, landmark_model
from firsthand.hands.palms import PalmModel, palm_model
from firsthand.hands.weights import (
    BUNDLED,
    DEFAULT_MODEL,
    FOLDER,
    NAMES,
    PUBLISHED,
    bundled_here,
)
from firsthand.runtime import Model, ModelCard, ModelStore, load_runner
from firsthand.runtime.card import read_card

ModelFile = Model | str | os.PathLike[str]
"""A model of the store, or the path of a .tflite or .onnx file."""


@dataclass(frozen=True, slots=True, eq=False)
class HandModels:
    """A palm detector and a landmark model, and their cards; used by one thread at a time."""

    palm: PalmModel
    landmark: LandmarkModel
    cards: tuple[ModelCard, ...]


def load_models(
    name: str = DEFAULT_MODEL,
    *,
    palm: ModelFile | None = None,
    landmark: ModelFile | None = None,
    threads: int = 1,
    store: ModelStore | None = None,
    folder: Path = FOLDER,
) -> HandModels:
    """Load a pair of models by its name in `weights.NAMES`, to run on `threads` threads.

    `palm` and `landmark` take the place of the pair's; with both, `name` has no say. Published
    models are fetched first if `store` lacks them; the bundled ones lie in `folder`.

    Raises `ConfigError` for another name, `ModelNotFoundError` for a bundled one that is not
    here, `ChecksumError` for a file that its card does not promise, and what `ModelStore.get` and
    `open_models` raise.
    """
    if palm is None or landmark is None:
        pair = _named(name, store, folder)
        palm = pair[0] if palm is None else palm
        landmark = pair[1] if landmark is None else landmark
    return open_models(palm, landmark, threads=threads)


def published_models(name: str, *, threads: int = 1, store: ModelStore | None = None) -> HandModels:
    """Load a pair of `weights.PUBLISHED` by name, fetching them first if the store lacks them.

    Raises `ConfigError` for another name, and what `ModelStore.get` raises.
    """
    name = name.removeprefix("mediapipe-")
    if name not in PUBLISHED:
        raise ConfigError(
            f"there are published hand models {sorted(PUBLISHED)}, not {name!r}; "
            "Hands.load() takes others by name, open_models(palm, landmark) files of your own"
        )
    return load_models(name, threads=threads, store=store)


def open_models(palm: ModelFile, landmark: ModelFile, *, threads: int = 1) -> HandModels:
    """Load both models, from the store or from files, to run on `threads` threads.

    Raises `ModelError` if one cannot be read, differs from its card, or is no such model.
    """
    pair = [model if isinstance(model, Model) else Model.open(model) for model in (palm, landmark)]
    palm_runner, landmark_runner = (load_runner(model, threads=threads) for model in pair)
    return HandModels(
        palm_model(palm_runner, pair[0].card.name),
        landmark_model(landmark_runner, pair[1].card.name),
        tuple(model.card for model in pair),
    )


def _named(name: str, store: ModelStore | None, folder: Path) -> tuple[Model, Model]:
    if name in BUNDLED:
        return _bundled(name, folder)
    published = PUBLISHED.get(name.removeprefix("mediapipe-"))
    if published is None:
        raise ConfigError(
            f"there are hand models {list(NAMES)}, not {name!r}; "
            "open_models(palm, landmark) takes files of your own"
        )
    palm, landmark = (store or ModelStore()).pull_many(published)
    return palm, landmark


def _bundled(name: str, folder: Path) -> tuple[Model, Model]:
    missing = [stem for stem in BUNDLED[name] if not (folder / f"{stem}.tflite").is_file()]
    if missing:
        here = [*bundled_here(folder), *PUBLISHED]
        raise ModelNotFoundError(
            f"hand models {name!r}: {missing} not in {folder}; there are {here}, and "
            "`firsthand train hands` makes others"
        )
    palm, landmark = (_with_card(folder / f"{stem}.tflite") for stem in BUNDLED[name])
    return palm, landmark


def _with_card(path: Path) -> Model:
    # Model.open would make a card up where there is none, and so check nothing.
    card = read_card(path.with_suffix(".json"))
    if card.file_name != path.name:
        raise ModelError(f"{path.with_suffix('.json')} is the card of {card.file_name}")
    return Model(card, path)
