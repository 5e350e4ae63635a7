"""The models of object detection, loaded: the published two stages, or one network of one's own."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

import numpy as np

from firsthand.geometry.rectangles import bounds
from firsthand.media.frame import RgbImage
from firsthand.objects.categories import DETECTOR, Category, category_of
from firsthand.objects.corners import Corners, check_corner_model, find_corners, square_around
from firsthand.objects.detector import Detector, Rectangles, detect_rectangles, detector
from firsthand.objects.options import TrackerOptions
from firsthand.objects.single_stage import SingleStage, find_places, single_stage
from firsthand.objects.types import Floats
from firsthand.runtime import Model, ModelCard, ModelStore, Runner, load_runner

_KEPT: Final = 0.5
"""Of the score with which a network begins with a thing, what it needs to go on with it."""

_LEAST: Final = 1e-6
_LONGEST_NAME: Final = 50


class BoxModels(ABC):
    """What finds boxes of things of one category; used by one thread at a time.

    `cards` are those of the models.
    """

    __slots__ = ()

    cards: tuple[ModelCard, ...]

    @property
    @abstractmethod
    def name(self) -> str:
        """Of the category."""

    @abstractmethod
    def search(self, image: RgbImage, options: TrackerOptions) -> Rectangles:
        """Return where in a whole picture there may be things, best first.

        Where they have `points`, there is no second stage that looks at each.
        """


@dataclass(frozen=True, slots=True, eq=False)
class ObjectModels(BoxModels):
    """A first and a second stage for one category, and their cards."""

    category: Category
    detector: Detector
    corners: Runner
    cards: tuple[ModelCard, ModelCard]

    @property
    def name(self) -> str:
        """Of the category."""
        return self.category.name

    def search(self, image: RgbImage, options: TrackerOptions) -> Rectangles:
        """Run the first stage on the whole picture."""
        return detect_rectangles(
            *(self.detector, image, self.category.labels),
            *(options.detector_threshold, options.max_objects),
        )

    def look(self, image: RgbImage, place: Floats, options: TrackerOptions) -> Corners | None:
        """Run the second stage around a rectangle (4,); return None where nothing is seen."""
        square = square_around(place)
        if square is None:
            return None
        found = find_corners(self.corners, image, square)
        # Written so that NaN is no object.
        is_there = found.presence > options.presence_threshold and np.isfinite(found.points).all()
        return found if is_there else None


@dataclass(frozen=True, slots=True, eq=False)
class ObjectNetwork(BoxModels):
    """A network that finds boxes in a whole picture, as `firsthand train objects` makes it.

    It learnt from whole pictures and says all there is when it searches; between two searches
    optical flow alone follows.
    """

    category: str
    network: SingleStage
    cards: tuple[ModelCard]

    @property
    def name(self) -> str:
        """Of the category."""
        return self.category

    def search(self, image: RgbImage, options: TrackerOptions) -> Rectangles:
        """Run it on the whole picture; what it is half as sure of as is asked for is told, too."""
        least = max(_KEPT * options.detector_threshold, _LEAST)
        told = find_places(self.network, image, least, options.max_objects)
        points = np.array([places for places, _ in told], np.float64).reshape(-1, 9, 2)
        boxes = np.array([bounds(each.astype(np.float32)) for each in points], np.float32)
        scores = np.array([score for _, score in told], np.float32)
        return Rectangles(boxes.reshape(-1, 4), scores, points)


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


def open_network(model: Model | str | os.PathLike[str], *, threads: int = 1) -> ObjectNetwork:
    """Load a single-stage network, to run on `threads` threads.

    Its category is the first label of its card, in a line of 50 letters at most, or else its name.
    Raises `ModelError` if it cannot be read, differs from its card or is no such network.
    """
    opened = model if isinstance(model, Model) else Model.open(model)
    network = single_stage(load_runner(opened, threads=threads))
    label = " ".join(" ".join(opened.card.labels[:1]).split())
    name = label[:_LONGEST_NAME].strip() or opened.card.name
    return ObjectNetwork(name, network, (opened.card,))
