"""How well is a box found from where its corners are seen, and how fast, beside OpenCV's solvers?

Boxes at random, 0.3 to 1.2 long, 3 to 5 away, seen by a camera of 880 pixels' focal length; to the
nine places of each, noise of 0.5 to 8 pixels is added. `turn_deg_2` is by how many degrees the box
is turned otherwise than it is, in the median, at 2 pixels of noise, by `geometry.fitted`;
`..._lifted` by the equations alone, as Objectron does it; `..._epnp`, `..._sqpnp` and
`..._iterative` by `cv2.solvePnP`, which is *told* how large the box is, as nobody is who sees
something for the first time. `overlap_2` is the 3D intersection over union with the true box, ours
put to its true distance. `us` is what one takes; `..._ratio` OpenCV's iterative solver over ours.
`edge_on`: of boxes whose middle lies exactly behind a face's, how many are found within 5 degrees;
`refused`: of points on a line, how many are refused in words.
"""

import time
from collections.abc import Callable

import cv2
import numpy as np

from firsthand.errors import InputError
from firsthand.geometry import Box, Camera, fitted, lifted, overlap
from firsthand.geometry.boxes import PLACES
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    bootstrap_mean,
    bootstrap_median,
    run_benchmark,
)
from firsthand.measure.plots import PALETTE, house_axes

CAMERA = Camera(880.0, 880.0, 320.0, 240.0)
MATRIX = np.array([[880.0, 0, 320], [0, 880, 240], [0, 0, 1]])
NOISES_PX = (0.5, 1.0, 2.0, 4.0, 8.0)
FLAGS = {
    "epnp": cv2.SOLVEPNP_EPNP,
    "sqpnp": cv2.SOLVEPNP_SQPNP,
    "iterative": cv2.SOLVEPNP_ITERATIVE,
}
WITHIN_DEG = 5.0

Solver = Callable[[np.ndarray, np.ndarray], Box]
"""From nine places in pixels, and the true size, to a box."""


def solvers() -> dict[str, Solver]:
    def opencv(flag: int) -> Solver:
        def solve(pixels: np.ndarray, size: np.ndarray) -> Box:
            _, turn, middle = cv2.solvePnP(PLACES * size / 2, pixels, MATRIX, None, flags=flag)
            return Box(middle[:, 0], cv2.Rodrigues(turn)[0], size)

        return solve

    return {
        "": lambda pixels, _: fitted(pixels, CAMERA),
        "_lifted": lambda pixels, _: lifted(pixels, CAMERA).squared(),
        **{f"_{name}": opencv(flag) for name, flag in FLAGS.items()},
    }


def drawn(rng: np.random.Generator) -> Box:
    turned, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    turned *= np.sign(np.linalg.det(turned))
    middle = np.array([*rng.uniform(-0.6, 0.6, 2), rng.uniform(3, 5)])
    return Box(middle, turned, rng.uniform(0.3, 1.2, 3))


def seen(box: Box) -> np.ndarray:
    return CAMERA.project(np.vstack([box.middle, box.corners]))


def degrees(one: Box, other: Box) -> float:
    cosine = (np.trace(one.rotation.T @ other.rotation) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def at_distance(found: Box, true: Box) -> Box:
    """Return a box put to the true distance, and made as large as it is then."""
    scale = true.middle[2] / found.middle[2]
    return Box(scale * found.middle, found.rotation, scale * found.size)


def degenerate(rng: np.random.Generator, count: int) -> dict[str, Figure]:
    """Boxes seen straight from before, and points that are on one line."""
    straight, refused = [], []
    for _ in range(count):
        box = Box(np.array([0.0, 0.0, 4.0]), np.eye(3), rng.uniform(0.3, 1.2, 3))
        pixels = seen(box) + rng.normal(0, 0.5, (9, 2))
        straight.append(degrees(fitted(pixels, CAMERA), box) < WITHIN_DEG)
        line = Box(drawn(rng).middle, drawn(rng).rotation, np.array([0.5, 0.0, 0.0]))
        try:
            fitted(seen(line), CAMERA)
            refused.append(False)
        except InputError:
            refused.append(True)
    return {
        name: Figure.of(bootstrap_mean(np.array(each, float), rng=rng), n=count)
        for name, each in (("edge_on", straight), ("refused", refused))
    }


def measure(options: Options) -> Findings:
    rng = np.random.default_rng(options.seed)
    count = 60 if options.quick else 1_000
    by_name = solvers()
    turns = {(name, noise): [] for name in by_name for noise in NOISES_PX}
    shares = {key: [] for key in turns}
    taken: dict[str, list[float]] = {name: [] for name in by_name}
    for _ in range(count):
        box = drawn(rng)
        exact = seen(box)
        for noise in NOISES_PX:
            pixels = exact + rng.normal(0, noise, (9, 2))
            for name in rng.permutation(list(by_name)):
                before = time.perf_counter()
                found = by_name[name](pixels, box.size)
                taken[name].append((time.perf_counter() - before) * 1e6)
                turns[name, noise].append(degrees(found, box))
                shares[name, noise].append(overlap(at_distance(found, box), box))
    figures: dict[str, Figure] = {}
    for (name, noise), values in turns.items():
        label = f"{noise:g}".replace(".", "p")
        median = bootstrap_median(np.array(values), rng=rng)
        figures[f"turn_deg_{label}{name}"] = Figure.of(median, unit="degrees", n=count)
        shared = bootstrap_mean(np.array(shares[name, noise]), rng=rng)
        figures[f"overlap_{label}{name}"] = Figure.of(shared, n=count)
    for name, values in taken.items():
        median = bootstrap_median(np.array(values), rng=rng)
        figures[f"us{name}"] = Figure.of(median, unit="us", n=len(values))
    ratio = bootstrap_median(np.array(taken["_iterative"]) / np.array(taken[""]), rng=rng)
    figures["us_ratio"] = Figure.of(ratio, n=len(taken[""]))
    figures |= degenerate(rng, count)
    draw(figures, list(by_name), options)
    return Findings(figures, {"opencv": cv2.__version__})


def draw(figures: dict[str, Figure], names: list[str], options: Options) -> None:
    with house_axes(options.plot(), "A box from its corners in a picture", (6.4, 4.0)) as axes:
        for name, colour in zip(names, PALETTE, strict=False):
            values = [
                figures[f"turn_deg_{noise:g}".replace(".", "p") + name].value for noise in NOISES_PX
            ]
            label = {"": "fitted", "_lifted": "lifted"}.get(name, f"OpenCV, {name[1:]}, told size")
            axes.loglog(NOISES_PX, values, "o-", color=colour, label=label)
        axes.set_xlabel("noise in pixels")
        axes.set_ylabel("turned otherwise, degrees, median")
        axes.legend()


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
