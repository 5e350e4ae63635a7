"""Draws `docs/images/synthetic_hands.jpg`: what the hand models learn from, its truth on half."""

from pathlib import Path

import cv2

from firsthand.media import write_image
from firsthand.train.backgrounds import Backgrounds
from firsthand.train.hands.synthetic.scenes import ALL_MAKERS, render_samples
from firsthand.train.hands.synthetic.sheet import contact_sheet


def main() -> None:
    samples = list(render_samples(11, 60, background=Backgrounds.open(), makers=ALL_MAKERS))
    sheet = contact_sheet(samples)
    width = 1200
    small = cv2.resize(
        sheet, (width, sheet.shape[0] * width // sheet.shape[1]), interpolation=cv2.INTER_AREA
    )
    write_image(Path(__file__).with_suffix(".jpg"), small, quality=82)


if __name__ == "__main__":
    main()
