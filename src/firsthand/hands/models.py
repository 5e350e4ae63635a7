"""The two models of hand tracking, loaded."""

import os
from dataclasses import dataclass
from typing import Final

from firsthand.errors import ConfigError
from firsthand.hands.landmarks import LandmarkModel, landmark_model
from firsthand.hands.palms import PalmModel, palm_model
from firsthand.runtime import Model, ModelCard, ModelStore, load_runner

PUBLISHED: Final = {
    "full": ("mediapipe-palm-full", "mediapipe-hand-full"),
    "lite": ("mediapipe-palm-lite", "mediapipe-hand-lite"),
}
"""Names of pairs of models: MediaPipe 0.10.21's, `model_complexity` 1 and 0."""


@dataclass(frozen=True, slots=True, eq=False)
class HandModels:
    """A palm detector and a landmark model, and their cards; used by one thread at a time."""

    palm: PalmModel
    landmark: LandmarkModel
    cards: tuple[ModelCard, ...]


def published_models(name: str, *, threads: int = 1, store: ModelStore | None = None) -> HandModels:
    """Load a pair of `PUBLISHED` models by name, fetching them first if the store lacks them.

    Raises `ConfigError` for another name, and what `ModelStore.get` raises.
    """
    names = PUBLISHED.get(name.removeprefix("mediapipe-"))
    if names is None:
        raise ConfigError(
            f"there are hand models {sorted(PUBLISHED)}, not {name!r}; "
            "Hands(open_models(palm, landmark)) takes files of your own"
        )
    store = store or ModelStore()
    models = store.pull_many(names)
    return open_models(*models, threads=threads)


def open_models(
    palm: Model | str | os.PathLike[str],
    landmark: Model | str | os.PathLike[str],
    *,
    threads: int = 1,
) -> HandModels:
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
