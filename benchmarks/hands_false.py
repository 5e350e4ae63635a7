"""What finding more hands costs in false ones: photographs that show animals and no hand.

ImageNet's sample, classes 0 to 397 without the primates, whose hands are hands, and without the
photographs in which people were seen on looking through all of them. Nothing is trained on it.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from firsthand.hands.stills import detect
from firsthand.hands.tracking import TrackerOptions
from firsthand.measure import Figure, plot_lines
from firsthand.media import RgbImage, read_image
from hands_sides import Side

__all__ = ["THRESHOLDS", "animals", "false_hands", "trade"]

ANIMALS, PRIMATES = range(398), range(365, 384)
WITH_PEOPLE = {
    *(4, 61, 94, 106, 147, 156, 158, 160, 168, 171, 181, 199, 203, 217, 220, 229, 232, 240, 242),
    *(243, 245, 254, 255, 257, 259, 266, 338, 354, 389, 391, 394, 395),
}
THRESHOLDS = (0.2, 0.35, 0.5, 0.7)
MAX_HANDS = 20


def animals(data: Path, count: int) -> list[RgbImage]:
    """`count` photographs at most, evenly spread over the classes."""
    folder = data / "imagenet_sample"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file) if shows_no_hand(row)]
    step = max(1, len(names) // count)
    return [read_image(folder / "images" / name) for name in names[::step][:count]]


def shows_no_hand(row: Mapping[str, str]) -> bool:
    number = int(row["class_index"])
    return number in ANIMALS and number not in PRIMATES and number not in WITH_PEOPLE


def false_hands(
    side: Side, images: Sequence[RgbImage], threshold: float = 0.5, search: str = "whole"
) -> Figure:
    """Hands a photograph that shows none."""
    hands = side.load(max_hands=MAX_HANDS, palm_threshold=threshold)
    counts = [len(hands.detect(image, search=search).hands) for image in images]
    return Figure(float(np.mean(counts)), n=len(counts))


def trade(
    sides: Sequence[Side],
    without: Sequence[RgbImage],
    with_hands: Sequence[RgbImage],
    path: Path,
    thresholds: Sequence[float] = THRESHOLDS,
) -> dict[tuple[str, float], tuple[float, float]]:
    """Plot and return, by title and threshold, false hands a photograph and the share found."""
    table: dict[tuple[str, float], tuple[float, float]] = {}
    curves = {}
    for side in sides:
        title, loaded = side.title, side.models()
        for threshold in thresholds:
            options = TrackerOptions(max_hands=MAX_HANDS, palm_threshold=threshold)
            false = [len(detect(image, loaded, options).hands) for image in without]
            found = [bool(detect(image, loaded, options).hands) for image in with_hands]
            table[title, threshold] = (float(np.mean(false)), float(np.mean(found)))
        rows = [table[title, threshold] for threshold in thresholds]
        curves[title] = ([row[0] for row in rows], [row[1] for row in rows])
    plot_lines(
        curves,
        path,
        x_label="false hands a photograph of animals",
        y_label="share of photographs of hands in which one is found",
        title=f"Palm thresholds from {max(thresholds)} (left) to {min(thresholds)}",
    )
    return table
