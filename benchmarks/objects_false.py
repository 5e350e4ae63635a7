"""How often is a thing found in photographs of something else?

ImageNet's sample, a photograph a class; those of classes that are the thing are left out, but what
else is in a photograph nobody has labelled: shoes on people's feet, chairs around a table. So these
are no more than upper limits. `found_CATEGORY_T`: the share of photographs in which at least one is
found where the detector begins at 0.T; `sure_T`: of the rectangles that the detector gives, all
categories together, the share of which the second stage is sure, with 0.99.
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark, wilson
from firsthand.media import RgbImage, read_image
from firsthand.objects import ObjectModels, load_models
from firsthand.objects.categories import CATEGORIES
from firsthand.objects.corners import find_corners, square_around
from firsthand.objects.detector import decode, detect_rectangles, suppress
from firsthand.objects.options import TrackerOptions

SET = Path("imagenet_sample")
THRESHOLDS = (0.3, 0.5)
IS_ONE: Final = {
    "camera": ("camera",),
    "chair": ("chair", "throne", "studio_couch", "park_bench", "toilet_seat", "barbershop"),
    "cup": ("cup", "mug", "espresso", "eggnog"),
    "shoe": ("shoe", "clog", "sandal", "boot", "loafer", "sock"),
}


def looked_at(models: dict[str, ObjectModels], image: RgbImage) -> dict[str, list[list[float]]]:
    """For each category the score and the presence of every rectangle above the least threshold."""
    first = next(iter(models.values())).detector
    detect_rectangles(first, image, first.labels[1:2], 0.99, 1)  # the outputs are what is wanted
    offsets, logits = (np.array(first.runner.output_view(i)[0]) for i in range(2))
    height, width, _ = image.shape
    scale = np.array([width, height, width, height], np.float32)
    found: dict[str, list[list[float]]] = {}
    for name, each in models.items():
        own = logits[:, first.classes(each.category.labels)].max(axis=1)
        best = suppress(decode(offsets, own, THRESHOLDS[0]), TrackerOptions().max_objects)
        rows = []
        for box, score in zip(best.boxes * scale, best.scores, strict=True):
            square = square_around(box)
            sure = 0.0 if square is None else find_corners(each.corners, image, square).presence
            rows.append([float(score), sure])
        found[name] = rows
    return found


def measure(options: Options) -> Findings:
    root = data_root(__file__) / SET
    with (root / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    models = {name: load_models(name) for name in CATEGORIES}
    presence = TrackerOptions().presence_threshold
    hits = {(name, t): [0, 0] for name in CATEGORIES for t in THRESHOLDS}
    sure = {t: [0, 0] for t in THRESHOLDS}
    for row in rows[:: 9 if options.quick else 2]:
        found = looked_at(models, read_image(root / "images" / row["file"]))
        for name, seen in found.items():
            if any(word in row["name"].lower() for word in IS_ONE[name]):
                continue
            for threshold in THRESHOLDS:
                above = [is_there > presence for score, is_there in seen if score >= threshold]
                hits[name, threshold][0] += any(above)
                hits[name, threshold][1] += 1
                sure[threshold][0] += sum(above)
                sure[threshold][1] += len(above)
    figures = {
        f"found_{name}_{round(10 * t)}": Figure.of(wilson(*counts), n=counts[1])
        for (name, t), counts in hits.items()
    }
    for threshold, counts in sure.items():
        if counts[1]:
            figures[f"sure_{round(10 * threshold)}"] = Figure.of(wilson(*counts), n=counts[1])
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
