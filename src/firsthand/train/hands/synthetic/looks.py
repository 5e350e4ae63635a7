"""Colours of skin over the range that people have, of clothes, and of things."""

import numpy as np

from firsthand.train.hands.synthetic.renderer import Look


def random_skin(rng: np.random.Generator) -> Look:
    """Draw skin from very light to very dark, each tone alike, and what clothes its owner wears."""
    melanin = float(np.exp(rng.uniform(np.log(0.10), np.log(2.1))))
    blood = float(np.clip(rng.normal(0.27, 0.10), 0.08, 0.6))
    varnish = (0.0, 0.0, 0.0, 0.0)
    if rng.random() < 0.14:
        red, green, blue = _colour(rng, 1.0)
        varnish = (red, green, blue, float(rng.uniform(0.6, 1)))
    cloth = random_stuff(rng, cloth=True)
    return Look(
        "skin",
        colour=cloth.colour,
        second=cloth.second,
        pattern=cloth.pattern,
        skin=(melanin, blood, float(rng.uniform(0.25, 1.1)), float(rng.uniform(0.3, 1.3))),
        varnish=varnish,
        drift=_drift(rng),
    )


def random_stuff(rng: np.random.Generator, *, cloth: bool) -> Look:
    """Draw cloth, which is dull and soft, or the surface of a thing."""
    kind = int(rng.choice(5, p=(0.45, 0.18, 0.12, 0.15, 0.10)))
    return Look(
        "stuff",
        colour=_colour(rng, 0.8),
        second=_colour(rng, 0.9),
        pattern=(
            float(kind),
            float(np.exp(rng.uniform(np.log(15), np.log(140)))),
            float(rng.uniform(0.02, 0.15) if cloth else rng.uniform(0.1, 1.3)),
            float(rng.uniform(0.2, 0.7) if cloth else rng.uniform(0.0, 0.15)),
        ),
        drift=_drift(rng),
    )


def _colour(rng: np.random.Generator, saturation: float) -> tuple[float, float, float]:
    bright = float(rng.beta(0.9, 1.1)) * 0.85 + 0.02
    hue = rng.random(3) * saturation * rng.beta(1, 1.4)
    red, green, blue = (bright * (1 - hue + hue.mean() * 0.3)).tolist()
    return red, green, blue


def _drift(rng: np.random.Generator) -> tuple[float, float, float]:
    x, y, z = rng.random(3).tolist()
    return x, y, z
