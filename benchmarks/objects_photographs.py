"""In how many of nine real photographs is the chair or the cup found?

CenterPose's five of chairs and four of cups, one thing or several in each, no truth: `chairs_of_5`
and `cups_of_4` are the photographs in which the published models show at least one, by `firsthand
objects track` as it comes; `boxes_...` are how many boxes they show in all. `own_chairs_of_5` and
`boxes_own_chairs` are the same of the chairs' network that was learnt from made-up pictures alone.
What is found is drawn into `.cache/benchmarks/objects/photographs`, to be looked at: the
photographs' licence, for evaluation only, keeps them out of the documentation.
"""

from collections.abc import Callable

import cv2
import numpy as np

from firsthand.geometry import Camera
from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark
from firsthand.media import RgbImage, read_image, write_image
from firsthand.media.sources import images_in
from firsthand.objects import Objects
from firsthand.objects.drawing import EDGES
from firsthand.objects.single_stage import find_boxes, single_stage
from firsthand.runtime import load_runner
from objects_sessions import KITCHEN, WEIGHTS, network

Points = Callable[[RgbImage], list[np.ndarray]]


def drawn(image: RgbImage, found: list[np.ndarray]) -> RgbImage:
    image = image.copy()
    for nine in found:
        for a, b in EDGES:
            ends = [tuple(int(v) for v in np.rint(nine[1 + at])) for at in (a, b)]
            cv2.line(image, *ends, (60, 220, 120), 3, cv2.LINE_AA)
    return image


def published(category: str) -> Points:
    model = Objects.load(category)
    return lambda image: [each.points for each in model.detect(image).objects]


def own() -> Points:
    path = WEIGHTS / "objects" / "firsthand-chair-boxes-int8.tflite"
    model = single_stage(load_runner(network(path)))

    def points(image: RgbImage) -> list[np.ndarray]:
        found = find_boxes(model, image, Camera.looking(image.shape[1], image.shape[0]))
        return [each.places for each in found]

    return points


def measure(_: Options) -> Findings:
    photographs = data_root(__file__) / "objects" / "centerpose" / "CenterPose"
    figures = {}
    for name, folder, find in (
        ("chairs", "chair", published("chair")),
        ("cups", "cup", published("cup")),
        ("own_chairs", "chair", own()),
    ):
        paths = images_in(photographs / folder)
        found = [find(read_image(path)) for path in paths]
        figures[f"{name}_of_{len(paths)}"] = Figure(sum(map(bool, found)), n=len(paths))
        figures[f"boxes_{name}"] = Figure(sum(map(len, found)), n=len(paths))
        place = KITCHEN / "photographs" / name
        place.mkdir(parents=True, exist_ok=True)
        for path, each in zip(paths, found, strict=True):
            write_image(place / f"{path.stem}.jpg", drawn(read_image(path), each))
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
