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
    by_session: dict[str, list[JudgedFrame]] = {}
    for frame in frames:
        by_session.setdefault(frame.session, []).append(frame)
    groups = list(by_session.values())
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(len(groups), size=len(groups))
        drawn.append(value(summarised([frame for at in chosen for frame in groups[int(at)]])))
    known = [each for each in drawn if math.isfinite(each)]
    whole = summarised(frames)
    low, high = np.quantile(known, [0.025, 0.975]) if known else (math.nan, math.nan)
    return Figure(value(whole), float(low), float(high), n=whole.things, **words)
