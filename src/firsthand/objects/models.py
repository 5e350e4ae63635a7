"""The two models of object detection, loaded."""

from dataclasses import dataclass

from firsthand.objects.categories import DETECTOR, Category, category_of
from firsthand.objects.corners import check_corner_model
from firsthand.objects.detector import Detector, detector
from firsthand.runtime import Model, ModelCard, ModelStore, Runner, load_runner


@dataclass(frozen=True, slots=True, eq=False)
class ObjectModels:
    """A first and a second stage for one category, and their cards; one thread at a time."""

    category: Category
    detector: Detector
    corners: Runner
    cards: tuple[ModelCard, ModelCard]


def load_models(name: str, *, threads: int = 1, store: ModelStore | None = None) -> ObjectModels:
    """Load the published models of a category, fetching them first if `store` lacks them.

    Raises `ConfigError` for another name, and what `ModelStore.get` and `open_models` raise.
    """
    category = category_of(name)
    first, second = (store or ModelStore()).pull_many([DETECTOR, category.model])
    return open_models(category, first, second, threads=threads)


def open_models(
    category: Category, first: Model, second: Model, *, threads: int = 1
) -> ObjectModels:
    """Load both stages to run on `threads` threads.

    Raises `ModelError` if one cannot be read, differs from its card, is no such model, or knows
    none of the category's labels.
    """
    found = detector(load_runner(first, threads=threads), first.card)
    found.classes(category.labels)
    corners = check_corner_model(load_runner(second, threads=threads), second.card.name)
    return ObjectModels(category, found, corners, (first.card, second.card))
