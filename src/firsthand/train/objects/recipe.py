"""The recipe of the single-stage network: meshes in, Model out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, get_args

import numpy as np
from torch import nn

from firsthand.errors import ConfigError, InputError
from firsthand.objects.evaluation import evaluate, summarised
from firsthand.objects.single_stage import TASK, find_boxes, single_stage
from firsthand.runtime import Measurement, load_runner
from firsthand.train.cards import About
from firsthand.train.making import Lessons, begun, learn, write
from firsthand.train.objects import categories
from firsthand.train.objects.annotated import make_annotated
from firsthand.train.objects.categories import Split
from firsthand.train.objects.lessons import Making, make_lessons, read_lessons
from firsthand.train.objects.network import FLOAT_PARTS, SMALL, BoxNet, BoxShape
from firsthand.train.objects.paths import Walk
from firsthand.train.objects.renderer import Trick
from firsthand.train.objects.training import MASK_WEIGHT, BoxTask
from firsthand.train.run import Progress, Run
from firsthand.train.task import Task

SIDE_PX: Final = 128
TEST_SEED: Final = 1_000_003

_SHOWN: Final = 12
_TESTS: Final = 12
_BACKGROUNDS: Final = (
    "Rooms: scikit-image's photographs (CC0, public domain), and where installed those of Debian's "
    "lomiri-wallpapers-16.04 (CC BY 4.0, CC BY-SA 4.0), mate-backgrounds (GPL-2+) and "
    "plasma-workspace-wallpapers (LGPL-3 or GPL-2+)"
)


@dataclass(frozen=True, slots=True)
class BoxRecipe:
    """A network, how many pictures it learns from, the lessons, and what pictures leave out.

    `side` is of the network's input, in pixels; `mask_weight` of the head of shapes in the loss.
    """

    lessons: Lessons
    pictures: int
    shape: BoxShape = SMALL
    without: frozenset[Trick] = frozenset()
    side: int = SIDE_PX
    mask_weight: float = MASK_WEIGHT


_USUAL: Final = Lessons(steps=6_000, int8_steps=200, batch_size=16, peak_rate=5e-3, threads=1)
_SHORT: Final = BoxRecipe(
    Lessons(steps=1_000, int8_steps=20, batch_size=16, peak_rate=5e-3, threads=1), 576
)

RECIPES: Final[Mapping[str, BoxRecipe]] = {
    "own": BoxRecipe(replace(_USUAL, steps=3_000, int8_steps=150), 1_536),
    "chair": BoxRecipe(_USUAL, 3_072),
    "chair-short": _SHORT,
    "chair-short-without-mask": replace(_SHORT, mask_weight=0.0),
    **{
        f"chair-short-without-{trick}": replace(_SHORT, without=frozenset({trick}))
        for trick in get_args(Trick)
    },
}
"""`own` is for meshes that are named with the run; the short ones are rows of the table of what
each part of the pictures is worth. One thread computes while another draws the next views."""


def train_objects(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train a network by one of `RECIPES`; return the int8 file, the float one beside it.

    Raises `ConfigError` for another recipe, `InputError` for `own` without meshes, and what
    `meshes.read_mesh`, drawing and `loop.fit` raise.
    """
    recipe = RECIPES.get(run.recipe)
    if recipe is None:
        raise ConfigError(f"there are recipes {sorted(RECIPES)}, not {run.recipe!r}")
    lessons = recipe.lessons.shortened(run.steps)
    bare, origin = begun(run, lambda: BoxNet(recipe.shape))  # wrong weights are told at once
    category = "chair" if run.recipe.startswith("chair") else "own"
    split = _opened(run, category)
    # A category of one's own is called as its mesh, or folder of meshes, is.
    thing = category if category == "chair" or run.data is None else run.data.resolve().stem
    tallest = max(float(mesh.size.max()) for mesh in split.meshes)
    usual = Walk()
    walk = usual if category == "chair" else usual.scaled(tallest / 0.9)
    making = Making(split.meshes, split.papers, walk, recipe.without)

    def drawing(done: int, whole: int) -> None:
        tell(Progress(done, whole, {}, 0.0, "drawing lessons"))

    paths = make_lessons(run.folder / "lessons", making, recipe.pictures, run.seed, drawing)
    taught = read_lessons(paths)
    apart = Making(split.held_meshes, split.held_papers, walk)
    shown = read_lessons(make_lessons(run.folder / "shown", apart, 1, TEST_SEED))[:_SHOWN]
    words = (
        f"boxes {recipe.shape}, {len(taught)} pictures of {[m.name for m in split.meshes]} "
        f"{recipe.side} px a side, a mask's weight of {recipe.mask_weight}, "
        f"without {sorted(recipe.without)}{origin}"
    )

    def as_task(net: nn.Module) -> Task:
        return BoxTask(
            *(net, words, taught, run.seed, lessons.batch_size, recipe.side),
            shown=shown,
            mask_weight=recipe.mask_weight,
        )

    files = learn(run, lessons, bare, as_task, lambda net: net, recipe.side, FLOAT_PARTS, tell)
    tests = make_annotated(run.folder / "tests", apart, _TESTS, TEST_SEED, category)
    path = run.folder
    for data, suffix in zip(files, ("", "-int8"), strict=True):
        name = f"firsthand-{run.recipe}-boxes{suffix}"
        path = write(run.folder, name, data, _about(category, thing, recipe.side, ()))
        model = single_stage(load_runner(path))
        found = summarised(evaluate(partial(find_boxes, model), tests))
        measured = tuple(
            Measurement(what, value, "made-up rooms, meshes and photographs held out")
            for what, value in (
                ("average precision at a 3D overlap of 0.5", found.ap_iou50),
                ("share of things that a box was nearest to", found.found),
                ("mean pixel error of corners, of the picture's sides", found.mpe),
            )
            if np.isfinite(value)
        )
        path = write(run.folder, name, data, _about(category, thing, recipe.side, measured))
    return path


def _opened(run: Run, category: str) -> Split:
    if category == "chair":
        return categories.chairs(run.data)
    if run.data is None:
        raise InputError("this recipe learns from meshes of yours: name one with --mesh")
    return categories.own(run.data)


def _about(category: str, thing: str, side: int, accuracy: tuple[Measurement, ...]) -> About:
    own = ("Meshes of whoever trained it",)
    return About(
        version="1",
        task=TASK,
        description="Oriented boxes in an image: middles, corners and a mask",
        licence="Apache-2.0",
        inputs=(f"RGB, 0..1, {side} pixels a side",),
        outputs=(
            "of each cell of 8 pixels: the logit of a box's middle being there",
            "of each cell and eight turns: x, y of middle and corners from the cell's, in 32 px",
            "of each cell: the logits of these turns",
            "of each cell: the logit of a thing being seen there",
        ),
        preprocessing="the whole image, its longer side filling the square, black beside it, / 255",
        training_sources=(*(categories.SOURCES if category == "chair" else own), _BACKGROUNDS),
        labels=(thing,),
        accuracy=accuracy,
    )
