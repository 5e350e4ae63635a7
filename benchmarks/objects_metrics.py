"""How well are chairs found, by Objectron's measures, in pictures of chairs that were held out?

Sessions are made up: rooms papered with photographs and chairs (seven meshes) of which none was
learnt from, 8 frames each. They are as rendered as what was learnt from: real photographs are
harder. `ap_iou50` is the average precision at a 3D overlap of one half, `azimuth_ap15` and
`elevation_ap10` of the direction that a chair is seen from, within 15 and 10 degrees, `mpe` the
mean error of corners as a share of the picture's sides: all four as Objectron's own code counts,
which leaves out pictures where nothing was found. `ap_iou50_all` counts every chair of every
picture once, `found` is the share of them that some box was nearest to, however far, and `overlap`
the mean 3D overlap. A box has no size from one picture: it is put on the floor that its chair
stands on.
`..._float` is the same network before it was rounded to int8; `..._published` MediaPipe's published
chairs, two stages, found from 0.2 on: they learnt from real photographs and never saw such rooms,
ours never saw anything else, so that ours being better here says nothing of photographs; `..._box`
a box that is always the same, in the picture's middle, upright: what knowing nothing is worth.

`ms` is how long a picture takes, on one thread, all taking turns, `published_over_int8` and
`float_over_int8` the times of those over the int8 network's; `bytes` the size of files.
`pictures_per_hour` is how many lessons one process draws.
"""

import itertools
import math
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from firsthand.geometry import Box, Camera
from firsthand.measure import (
    Figure,
    Findings,
    Options,
    available_cpus,
    compare,
    pinned,
    run_benchmark,
)
from firsthand.media import read_image
from firsthand.objects import Objects
from firsthand.objects.categories import CATEGORIES, DETECTOR
from firsthand.objects.evaluation import Find, Summary, evaluate, summarised
from firsthand.objects.session import read_session
from firsthand.objects.single_stage import Found, find_boxes, single_stage
from firsthand.runtime import ModelStore, load_runner
from firsthand.train.objects.composing import composed
from firsthand.train.objects.lessons import lesson_of
from firsthand.train.objects.simulation import simulate_session
from objects_sessions import WEIGHTS, figure, held_out, network, split

LEAST = 0.2
"""From this score on what the published models find counts."""

VALUES: dict[str, Callable[[Summary], float]] = {
    "ap_iou50": lambda s: s.ap_iou50,
    "mpe": lambda s: s.mpe,
    "azimuth_ap15": lambda s: s.azimuth_ap15,
    "elevation_ap10": lambda s: s.elevation_ap10,
    "ap_iou50_all": lambda s: s.ap_iou50_all,
    "found": lambda s: s.found,
    "overlap": lambda s: s.overlap,
}


def same_box(_: np.ndarray, camera: Camera) -> list[Found]:
    """A chair's box in the middle of the picture, seen from before and 25 degrees above."""
    cos, sin = np.cos(np.radians(25)), np.sin(np.radians(25))
    rotation = np.array([[1, 0, 0], [0, -cos, sin], [0, -sin, -cos]])
    box = Box(np.array([0, 0, 1.0]), rotation, np.array([0.3, 0.55, 0.33]))
    return [Found(box, camera.project(np.vstack([box.middle, box.corners])), 0.5)]


def finders() -> dict[str, Find]:
    found: dict[str, Find] = {}
    for suffix, name in (("", "-int8"), ("_float", "")):
        path = WEIGHTS / "objects" / f"firsthand-chair-boxes{name}.tflite"
        model = single_stage(load_runner(network(path)))
        found[suffix] = partial(find_boxes, model)
    return {**found, "_published": published("chair"), "_box": same_box}


def published(category: str) -> Find:
    """MediaPipe's two stages."""
    model = Objects.load(
        category, detector_threshold=LEAST, presence_threshold=LEAST, max_objects=10
    )

    def find(image: np.ndarray, camera: Camera) -> list[Found]:
        seen = model.detect(image, camera=camera).objects
        return [Found(each.box, each.points, each.score) for each in seen]

    return find


def costs(finders: dict[str, Find], folder: Path, rounds: int, seed: int) -> dict[str, Figure]:
    """Times of a picture, and sizes of files."""
    session = read_session(folder)
    pictures = [(read_image(session.image(frame)), frame.camera) for frame in session.frames]
    turn = itertools.count()

    def asked(find: Find) -> Callable[[], object]:
        def ask() -> object:
            return find(*pictures[next(turn) % len(pictures)])

        return ask

    names = {"": "int8", "_float": "float", "_published": "published"}
    with pinned(available_cpus()[-1:]):
        times = compare(
            {name: asked(finders[suffix]) for suffix, name in names.items()},
            rounds=rounds,
            seed=seed,
        )
    figures = {}
    for suffix, name in names.items():
        took = times.latency(name).median_us.scaled(1e-3)
        figures[f"ms{suffix}"] = Figure.of(took, unit="ms", n=rounds)
        if suffix:
            figures[f"{name}_over_int8"] = Figure.of(times.ratio(name, "int8"), n=rounds)
    for suffix, part in (("", "-int8"), ("_float", "")):
        path = WEIGHTS / "objects" / f"firsthand-chair-boxes{part}.tflite"
        figures[f"bytes{suffix}"] = Figure(path.stat().st_size, unit="bytes")
    store = ModelStore()
    files = [store.get(name).path for name in (DETECTOR, CATEGORIES["chair"].model)]
    size = sum(each.stat().st_size for each in files)
    return figures | {"bytes_published": Figure(size, unit="bytes")}


def drawn_per_hour(count: int, seed: int) -> Figure:
    """Rooms are drawn anew for every eighth picture; reading meshes is not counted."""
    meshes, papers = split().meshes, split().papers
    rng = np.random.default_rng(seed)
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(-1, count):
            before = time.perf_counter()
            session = simulate_session(Path(folder) / "s", rng, papers, "made up", frames=8)
            for frame in session.frames:
                lesson_of(composed(session, frame, meshes, rng, count=1))
            if number >= 0:  # the first compiles shaders
                taken.append((time.perf_counter() - before) / 8)
    return Figure(3600 / float(np.median(taken)), unit="an hour", n=8 * count)


def measure(options: Options) -> Findings:
    folders = held_out(6 if options.quick else 24)
    figures = {}
    asked = finders()
    for suffix, find in asked.items():
        frames = evaluate(find, folders)
        for name, value in VALUES.items():
            if not math.isfinite(value(summarised(frames))):  # nothing found, no error
                continue
            unit = "of the sides" if name == "mpe" else ""
            figures[f"{name}{suffix}"] = figure(frames, value, options.seed, unit=unit)
    figures |= costs(asked, folders[0], 20 if options.quick else 100, options.seed)
    figures["pictures_per_hour"] = drawn_per_hour(2 if options.quick else 10, options.seed)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
