"""Random bodies: ages, sexes, builds and hands as weights of MakeHuman's morph targets.

MakeHuman places a body on axes from 0 to 1 (age, sex, muscle, weight, and so on) and blends the
targets at the grid points around it; finer traits are targets of their own that come in pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

_AGES: Final = {"baby": 0.0, "child": 0.1875, "young": 0.5, "old": 1.0}
_SEXES: Final = {"female": 0.0, "male": 1.0}
_MUSCLE: Final = {"minmuscle": 0.0, "averagemuscle": 0.5, "maxmuscle": 1.0}
_WEIGHT: Final = {"minweight": 0.0, "averageweight": 0.5, "maxweight": 1.0}
_RACES: Final = ("african", "asian", "caucasian")

_HAND: Final = {  # trait: how far it spreads, in MakeHuman's full strengths
    "hands/{s}-hand-scale-{e}": 0.2,
    "hands/{s}-hand-fingers-length-{e}": 0.25,
    "hands/{s}-hand-fingers-diameter-{e}": 0.4,
    "hands/{s}-hand-fingers-distance-{e}": 0.35,
    "hands/measure-wrist-circ-{e}": 0.35,
}
_ARM: Final = {
    "arms/{s}-lowerarm-fat-{e}": 0.3,
    "arms/{s}-lowerarm-muscle-{e}": 0.3,
    "arms/{s}-lowerarm-scale-depth-{e}": 0.3,
    "arms/{s}-lowerarm-scale-horiz-{e}": 0.3,
    "arms/{s}-upperarm-fat-{e}": 0.3,
    "arms/{s}-upperarm-muscle-{e}": 0.3,
    "arms/measure-lowerarm-length-{e}": 0.3,
}


@dataclass(frozen=True, slots=True)
class Body:
    """Where a body lies on MakeHuman's axes, each 0..1; `races` are shares that sum to 1.

    Age 0 is one year, 0.19 ten, 0.5 twenty-five and 1 ninety; sex 1 is male; height and proportions
    0.5 are those of the age and sex.
    """

    age: float
    sex: float
    muscle: float
    weight: float
    height: float
    proportions: float
    races: tuple[float, float, float]


def draw_body(rng: np.random.Generator) -> Body:
    """Draw a body: two thirds are grown up, a sixth are children and a sixth are old."""
    group = rng.random()
    if group < 1 / 6:
        age = rng.uniform(0.13, 0.4)
    elif group < 5 / 6:
        age = rng.uniform(0.4, 0.75)
    else:
        age = rng.uniform(0.75, 1.0)
    african, asian, caucasian = rng.dirichlet([0.6, 0.6, 0.6])
    return Body(
        age=float(age),
        sex=float(np.clip(rng.normal(rng.integers(2), 0.15), 0, 1)),
        muscle=float(rng.beta(2.5, 2.5)),
        weight=float(rng.beta(2.2, 2.5)),
        height=float(np.clip(rng.normal(0.5, 0.08), 0.3, 0.7)),
        proportions=float(rng.beta(3, 3)),
        races=(float(african), float(asian), float(caucasian)),
    )


def draw_traits(rng: np.random.Generator, side: str) -> dict[str, float]:
    """Draw the weights of hand and arm targets of a side, "l" or "r"."""
    spreads = _HAND | _ARM
    strengths = np.clip(rng.normal(0, list(spreads.values())), -1, 1)
    return {
        trait.format(s=side, e="incr" if strength > 0 else "decr"): float(abs(strength))
        for trait, strength in zip(spreads, strengths, strict=True)
    }


def both_sides(traits: dict[str, float]) -> dict[str, float]:
    """Give the left side the traits of the right one too."""
    return traits | {name.replace("/r-", "/l-"): weight for name, weight in traits.items()}


def body_targets(body: Body) -> dict[str, float]:
    """Find the weights, above 0, of the targets that make a body."""
    ages, sexes = _around(_AGES, body.age), _around(_SEXES, body.sex)
    builds = list(product(_around(_MUSCLE, body.muscle), _around(_WEIGHT, body.weight)))
    found: dict[str, float] = {}
    for (age, a), (sex, s) in product(ages, sexes):
        for (muscle, m), (weight, w) in builds:
            found[_build(sex, age, muscle, weight)] = a * s * m * w
        for race, share in zip(_RACES, body.races, strict=True):
            found[_race(race, sex, age)] = a * s * share
        for kind, low, high, at in (
            ("height", "minheight", "maxheight", body.height),
            ("proportions", "uncommonproportions", "idealproportions", body.proportions),
        ):
            if kind == "height" or age != "baby":  # babies have proportions of their own
                end = low if at < 0.5 else high
                found[_stature(kind, sex, age, end)] = a * s * abs(2 * at - 1)
    return {name: weight for name, weight in found.items() if weight > 0}


def target_names(sides: str) -> list[str]:
    """Every target that `body_targets` and `draw_traits` of the sides may ask for, sorted."""
    return sorted(_all_names(sides))


def _all_names(sides: str) -> Iterator[str]:
    for sex, age in product(_SEXES, _AGES):
        yield from (_build(sex, age, m, w) for m, w in product(_MUSCLE, _WEIGHT))
        yield from (_race(race, sex, age) for race in _RACES)
        yield from (_stature("height", sex, age, end) for end in ("minheight", "maxheight"))
        for end in ("uncommonproportions", "idealproportions") if age != "baby" else ():
            yield _stature("proportions", sex, age, end)
    for trait, end in product(_HAND | _ARM, ("decr", "incr")):
        yield from {trait.format(s=side, e=end) for side in sides}


def _around(axis: dict[str, float], at: float) -> list[tuple[str, float]]:
    names, places = list(axis), list(axis.values())
    above = min(int(np.searchsorted(places, at, side="right")), len(places) - 1)
    share = (at - places[above - 1]) / (places[above] - places[above - 1])
    return [(names[above - 1], 1 - share), (names[above], share)]


def _build(sex: str, age: str, muscle: str, weight: str) -> str:
    return f"macrodetails/universal-{sex}-{age}-{muscle}-{weight}"


def _race(race: str, sex: str, age: str) -> str:
    return f"macrodetails/{race}-{sex}-{age}"


def _stature(kind: str, sex: str, age: str, end: str) -> str:
    # MakeHuman has these for each build too; the average one stands for all.
    return f"macrodetails/{kind}/{sex}-{age}-averagemuscle-averageweight-{end}"
