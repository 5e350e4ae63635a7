"""Recipes of the palm detector: samples in, Model out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import nn

from firsthand.errors import ConfigError
from firsthand.hands.palms import palm_model
from firsthand.runtime import Measurement, load_runner
from firsthand.train.cards import About
from firsthand.train.hands.detector_accuracy import evaluate_detector
from firsthand.train.hands.detector_loss import LossName
from firsthand.train.hands.detector_net import (
    FLOAT_PARTS,
    SIZE_PX,
    SMALL,
    TINY,
    DetectorShape,
    PalmNet,
)
from firsthand.train.hands.detector_training import DetectorTask
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.opening import TEST_SEED, open_samples
from firsthand.train.hands.preparation import Backdrops, Ingredient, Pasted, Rendered, Taught
from firsthand.train.hands.samples import Sample
from firsthand.train.hands.training_sources import BACKGROUNDS, REAL, SYNTHETIC
from firsthand.train.making import Lessons, begun, learn, write
from firsthand.train.run import Progress, Run
from firsthand.train.task import Task

_SHOWN: Final = 12

MIXED: Final[tuple[tuple[Ingredient, float], ...]] = (
    (Rendered("people", 1_500, 0), 0.34),
    (Rendered("scene", 2_500, 0), 0.14),
    (Rendered("crop", 6_000, 0), 0.08),
    (Pasted("scenes", 2_000, 0), 0.28),
    (Taught(), 0.06),
    (Backdrops(750, 0), 0.1),
)

TESTS: Final[dict[str, Ingredient]] = {
    "rendered scenes of another seed": Rendered("scene", 500, TEST_SEED),
    "rendered people of another seed": Rendered("people", 250, TEST_SEED),
    "real hands of people held out, pasted into photographs": Pasted(
        "scenes", 500, TEST_SEED, held_out=True
    ),
    "sign digits, people held out": Taught(held_out=True),
}
"""What cards tell the average precision on; none of it is learnt from."""


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """A network, its loss, samples with their shares of a batch, and the lessons.

    In the first `small_share` of the steps views are small: see `DetectorTask.small_until`.
    """

    shape: DetectorShape
    score_loss: LossName
    lessons: Lessons
    mixture: tuple[tuple[Ingredient, float], ...] = MIXED
    small_share: float = 0.85


_SHORT: Final = Lessons(steps=3_000, int8_steps=100, batch_size=16, peak_rate=1e-2)
_FLAT: Final = DetectorShape(TINY.widths, TINY.blocks, top_down=0)

RECIPES: Final = {
    "small": DetectorRecipe(SMALL, "focal", Lessons(36_000, 500, 16, peak_rate=1e-2)),
    "tiny": DetectorRecipe(TINY, "focal", Lessons(30_000, 500, 16, peak_rate=1e-2)),
    "tiny-focal-decoder": DetectorRecipe(TINY, "focal", _SHORT),
    "tiny-neither": DetectorRecipe(_FLAT, "cross_entropy", _SHORT),
}
"""`small` and `tiny` are bundled; the others, short, are rows of the article's table."""


def train_detector(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train a palm detector by one of `RECIPES`; return the int8 file, the float one beside it.

    Raises `ConfigError` for another recipe, and what `preparation.prepare` and `loop.fit` raise.
    """
    recipe = RECIPES.get(run.recipe)
    if recipe is None:
        raise ConfigError(f"there are detector recipes {sorted(RECIPES)}, not {run.recipe!r}")
    lessons = recipe.lessons.shortened(run.steps)
    bare, origin = begun(run, lambda: PalmNet(recipe.shape))  # wrong weights are told at once
    opened = open_samples(run, (*(each for each, _ in recipe.mixture), *TESTS.values()), tell)
    mixture = Mixture.of(opened, recipe.mixture)
    shown: list[Sample] = []
    for test in TESTS.values():
        each = _SHOWN // len(TESTS)
        shown += [opened[test][index] for index in range(each)]
    small_until = round(recipe.small_share * lessons.steps)
    learnt = f"{recipe.shape}, {recipe.score_loss}, {recipe.mixture}, {recipe.small_share}"
    words = f"detector {learnt}, samples of {sum(map(len, mixture.folders))}{origin}"

    def as_task(net: nn.Module) -> Task:
        return DetectorTask(
            *(net, words, mixture, run.seed, lessons.batch_size, recipe.score_loss),
            small_until=small_until if net is bare else 0,
            shown=shown,
        )

    files = learn(run, lessons, bare, as_task, lambda net: net, SIZE_PX, FLOAT_PARTS, tell)
    path = run.folder
    for data, suffix in zip(files, ("", "-int8"), strict=True):
        name = f"firsthand-palm-{run.recipe}{suffix}"
        path = write(run.folder, name, data, _about(()))
        model = palm_model(load_runner(path))
        measured = tuple(
            Measurement(
                "average precision at an overlap of 0.5",
                evaluate_detector(model, opened[test]).average_precision,
                test_name,
            )
            for test_name, test in TESTS.items()
        )
        path = write(run.folder, name, data, _about(measured))
    return path


def _about(accuracy: tuple[Measurement, ...]) -> About:
    return About(
        version="1",
        task="palm-detection",
        description="Palms in an image: boxes, scores and seven keypoints",
        licence="Apache-2.0",
        inputs=(f"RGB, 0..1, {SIZE_PX} pixels a side",),
        outputs=(
            (
                "of each anchor: centre x, y, width, height and 7 keypoints x, y, in pixels of the "
                "input, positions from the anchor's centre"
            ),
            "of each anchor: the logit of its score",
        ),
        preprocessing="the whole image, its longer side filling the square, black beside it, / 255",
        training_sources=(*SYNTHETIC, *REAL, *BACKGROUNDS),
        accuracy=accuracy,
    )
