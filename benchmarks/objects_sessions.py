"""Made-up sessions of held-out chairs and photographs, and figures of what is found there."""

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from firsthand.errors import InputError
from firsthand.measure import Figure, data_root
from firsthand.objects.evaluation import JudgedFrame, Summary, summarised
from firsthand.runtime import Model
from firsthand.train.objects.annotated import make_annotated
from firsthand.train.objects.categories import Split, chairs
from firsthand.train.objects.lessons import Making
from firsthand.train.objects.recipe import TEST_SEED

ROOT = Path(__file__).resolve().parents[1]
KITCHEN = ROOT / ".cache" / "benchmarks" / "objects"
WEIGHTS = ROOT / "benchmarks" / "weights"
RESAMPLES = 300


@cache
def split() -> Split:
    """Meshes and photographs to learn from, and those held out."""
    return chairs(data_root(__file__))


def held_out(count: int) -> tuple[Path, ...]:
    """Return so many sessions of chairs and photographs that nothing was learnt from."""
    held = Making(split().held_meshes, split().held_papers)
    return make_annotated(KITCHEN / "chairs", held, count, TEST_SEED, "chair")


def network(path: Path) -> Model:
    """Return a network that is kept; `InputError` says how to make it."""
    if not path.is_file():
        recipe = path.stem.removeprefix("firsthand-").removesuffix("-int8").removesuffix("-boxes")
        raise InputError(
            f"{path} is missing: firsthand train objects --recipe {recipe} makes it, in "
            f"train-out/objects-{recipe}; copy it and its card"
        )
    return Model.open(path)


def figure(
    frames: tuple[JudgedFrame, ...], value: Callable[[Summary], float], seed: int, **words: str
) -> Figure:
    """Return a value with its 95% interval over sessions, which are drawn whole."""
    drawn = _drawn([frames], lambda one: value(summarised(one[0])), seed)
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (math.nan, math.nan)
    whole = summarised(frames)
    return Figure(value(whole), float(low), float(high), n=whole.things, **words)


def difference(
    one: tuple[JudgedFrame, ...],
    other: tuple[JudgedFrame, ...],
    value: Callable[[Summary], float],
    seed: int,
) -> Figure:
    """Return by how much a value of `other` is above that of `one`, over the same sessions."""

    def apart(pair: list[list[JudgedFrame]]) -> float:
        return value(summarised(pair[1])) - value(summarised(pair[0]))

    drawn = _drawn([one, other], apart, seed)
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (math.nan, math.nan)
    return Figure(apart([list(one), list(other)]), float(low), float(high), n=len(one))


def _drawn(
    judged: list[tuple[JudgedFrame, ...]],
    value: Callable[[list[list[JudgedFrame]]], float],
    seed: int,
) -> list[float]:
    """Values of sessions drawn with replacement, the same for all that were judged."""
    names = sorted({frame.session for frame in judged[0]})
    by_name = [
        {name: [frame for frame in frames if frame.session == name] for name in names}
        for frames in judged
    ]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        chosen = [names[int(at)] for at in rng.integers(len(names), size=len(names))]
        values.append(value([[f for name in chosen for f in own[name]] for own in by_name]))
    return [each for each in values if math.isfinite(each)]
