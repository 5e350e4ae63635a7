"""Recipes of the landmark model: samples in, Model out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from torch import nn

from firsthand.errors import ConfigError
from firsthand.hands.landmarks import landmark_model
from firsthand.runtime import Measurement, load_runner
from firsthand.train.cards import About
from firsthand.train.hands.landmark_accuracy import measure_landmarks
from firsthand.train.hands.landmark_net import (
    INPUT_PX,
    KEEP_FLOAT,
    LandmarkModule,
    LandmarkNet,
    landmark_net,
)
from firsthand.train.hands.landmark_training import LandmarkTask
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.opening import TEST_SEED, open_samples
from firsthand.train.hands.preparation import (
    Backdrops,
    Ingredient,
    Mistaken,
    Other,
    Pasted,
    Rendered,
    Taught,
)
from firsthand.train.hands.samples import Sample, SampleFolder
from firsthand.train.hands.training_sources import BACKGROUNDS, REAL, SYNTHETIC, THINGS
from firsthand.train.making import Lessons, begun, learn, write
from firsthand.train.run import Progress, Run
from firsthand.train.task import Task

_SHOWN: Final = 24

_RENDERED: Final = (
    (Rendered("crop", 6_000, 0), 0.44),
    (Rendered("scene", 2_500, 0), 0.05),
    (Rendered("people", 1_000, 0), 0.08),
)
_PHOTOGRAPHED: Final = ((Taught(), 0.1), (Pasted("landmarks", 3_000, 0), 0.28))
_NOTHING: Final = ((Backdrops(750, 0), 0.02),)
_THINGS: Final = ((Other(3_000, 0), 0.12),)
_MISTAKEN: Final = (
    (
        Mistaken(
            *(2_000, 0),
            among=(
                *(Other(3_000, 0), Backdrops(750, 0)),
                *(Rendered("people", 1_000, 0), Pasted("scenes", 2_000, 0)),
            ),
        ),
        0.35,
    ),
)
_ALL: Final = _RENDERED + _PHOTOGRAPHED + _NOTHING + _THINGS

TESTS: Final[dict[str, Ingredient]] = {
    "rendered hands of another seed": Rendered("crop", 500, TEST_SEED),
    "sign digits, people held out, against the teacher": Taught(held_out=True),
    "the same hands pasted elsewhere": Pasted("landmarks", 500, TEST_SEED, held_out=True),
}
"""What cards tell the error on; none of it is learnt from."""


@dataclass(frozen=True, slots=True)
class LandmarkRecipe:
    """A size of `landmark_net.SIZES`, samples with their shares of a batch, and the lessons.

    After the first lessons `harder` samples join in, with shares of their own. Cards tell the error
    on what `told_on` has.
    """

    size: str
    mixture: tuple[tuple[Ingredient, float], ...]
    lessons: Lessons
    harder: tuple[tuple[Ingredient, float], ...] = ()
    told_on: Mapping[str, Ingredient] = field(default_factory=lambda: TESTS)

    @property
    def real(self) -> bool:
        """Whether photographs of hands are among the samples."""
        return any(isinstance(each, Taught | Pasted) for each, _ in self.mixture)

    @property
    def synthetic(self) -> bool:
        """Whether rendered hands are."""
        return any(isinstance(each, Rendered) for each, _ in self.mixture)


_SHORT: Final = Lessons(steps=1_500, int8_steps=50, batch_size=16, peak_rate=4e-3)

RECIPES: Final = {
    "small": LandmarkRecipe(
        "small", _ALL, Lessons(30_000, 1_000, 16, 4e-3, refining_steps=2_000), _MISTAKEN
    ),
    "tiny": LandmarkRecipe(
        "tiny", _ALL, Lessons(50_000, 800, 16, 4e-3, refining_steps=3_000), _MISTAKEN
    ),
    "tiny-real": LandmarkRecipe("tiny", _PHOTOGRAPHED + _NOTHING + _THINGS, _SHORT),
    "tiny-synthetic": LandmarkRecipe("tiny", _RENDERED + _NOTHING, _SHORT),
    "tiny-mixed": LandmarkRecipe("tiny", _ALL, _SHORT),
    "first": LandmarkRecipe(
        "tiny",
        ((Rendered("crop", 250, 0), 0.9), (Backdrops(50, 0), 0.1)),
        Lessons(steps=200, int8_steps=50, batch_size=16, peak_rate=1e-3),
        told_on={"rendered hands of another seed": Rendered("crop", 50, TEST_SEED)},
    ),
}
"""`small` and `tiny` are bundled; `first` is a lesson of minutes, to see how it goes; the others,
short, are rows of the article's table."""


def train_landmarks(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train a landmark model by one of `RECIPES`; return the int8 file, the float one beside it.

    Raises `ConfigError` for another recipe, and what `preparation.prepare` and `loop.fit` raise.
    """
    recipe = RECIPES.get(run.recipe)
    if recipe is None:
        raise ConfigError(f"there are landmark recipes {sorted(RECIPES)}, not {run.recipe!r}")
    lessons = recipe.lessons.shortened(run.steps)
    net, origin = begun(run, lambda: landmark_net(recipe.size))  # wrong weights are told at once
    tests = {
        name: test
        for name, test in recipe.told_on.items()
        if recipe.real or isinstance(test, Rendered)
    }
    wanted = recipe.mixture + recipe.harder
    opened = open_samples(run, (*(each for each, _ in wanted), *tests.values()), tell)
    shown = [sample for test in tests.values() for sample in _some(opened[test])]

    def task(net: nn.Module, shares: tuple[tuple[Ingredient, float], ...]) -> Task:
        mixture = Mixture.of(opened, shares)
        samples = sum(map(len, mixture.folders))
        words = f"landmarks {recipe.size}, {shares}, samples of {samples}{origin}"
        return LandmarkTask(net, words, mixture, run.seed, lessons.batch_size, shown)

    def as_file(net: nn.Module) -> nn.Module:
        assert isinstance(net, LandmarkNet)
        return LandmarkModule(net)

    files = learn(
        run,
        lessons,
        net,
        lambda net: task(net, recipe.mixture),
        as_file,
        INPUT_PX,
        KEEP_FLOAT,
        tell,
        as_harder_task=lambda net: task(net, wanted),
    )
    path = run.folder
    for data, suffix in zip(files, ("", "-int8"), strict=True):
        name = f"firsthand-hand-{run.recipe}{suffix}"
        path = write(run.folder, name, data, _about(recipe, ()))
        model = landmark_model(load_runner(path))
        measured = tuple(
            Measurement("error over palm size", measure_landmarks(model, opened[test]).error, name)
            for name, test in tests.items()
        )
        path = write(run.folder, name, data, _about(recipe, measured))
    return path


def _about(recipe: LandmarkRecipe, accuracy: tuple[Measurement, ...]) -> About:
    return About(
        version="1",
        task="hand-landmarks",
        description="21 keypoints of one hand in a square region, its presence and handedness",
        licence="Apache-2.0",
        inputs=(f"RGB, 0..1, {INPUT_PX} pixels a side, the hand upright over about half of it",),
        outputs=(
            "21 keypoints: x, y and 0.4 times the depth beyond the wrist, in pixels of the input",
            "probability that there is a hand",
            "probability that it is a left hand if the image is mirrored, so a right one if not",
            "21 keypoints in metres from the middle finger's knuckle: x right, y down, z away",
        ),
        preprocessing="the region that firsthand.hands.regions gives, resampled bilinearly, / 255",
        training_sources=(
            *(SYNTHETIC if recipe.synthetic else ()),
            *(REAL if recipe.real else ()),
            *(THINGS if recipe.real else ()),
            *BACKGROUNDS,
        ),
        accuracy=accuracy,
    )


def _some(folder: SampleFolder) -> list[Sample]:
    step = max(1, len(folder) // (_SHOWN // len(TESTS)))
    return [folder[index] for index in range(0, len(folder), step)][: _SHOWN // len(TESTS)]
