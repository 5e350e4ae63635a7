"""Draws docs/images/hands.jpg: the photographs in examples/media with their hands."""

from pathlib import Path

import cv2
import numpy as np

from firsthand.hands import Hands
from firsthand.hands.drawing import draw_photograph
from firsthand.hands.naming import names_at_once
from firsthand.media import RgbImage, read_image, write_image
from firsthand.media.sources import images_in

ROOT = Path(__file__).resolve().parents[2]
WIDTH_PX, GAP_PX, COLUMNS = 1280, 8, 3


def drawn(path: Path, hands: Hands) -> RgbImage:
    image = read_image(path)
    found = hands.detect(image)
    return draw_photograph(image, found, names_at_once(found))


def row_of(images: list[RgbImage]) -> RgbImage:
    """Return images side by side, equally tall and together `WIDTH_PX` wide."""
    shapes = [image.shape[1] / image.shape[0] for image in images]
    height = round((WIDTH_PX - GAP_PX * (len(images) - 1)) / sum(shapes))
    row = np.full((height, WIDTH_PX, 3), 255, np.uint8)
    left = 0
    for number, image in enumerate(images):
        last = number == len(images) - 1
        width = WIDTH_PX - left if last else round(height * shapes[number])
        way = cv2.INTER_AREA if image.shape[0] > height else cv2.INTER_CUBIC
        row[:, left : left + width] = cv2.resize(image, (width, height), interpolation=way)
        left += width + GAP_PX
    return row


def main() -> None:
    hands = Hands.load("full")
    images = [drawn(path, hands) for path in images_in(ROOT / "examples" / "media" / "hands")]
    rows: list[RgbImage] = []
    for first in range(0, len(images), COLUMNS):
        if rows:
            rows.append(np.full((GAP_PX, WIDTH_PX, 3), 255, np.uint8))
        rows.append(row_of(images[first : first + COLUMNS]))
    write_image(Path(__file__).with_suffix(".jpg"), np.concatenate(rows), quality=88)


if __name__ == "__main__":
    main()
