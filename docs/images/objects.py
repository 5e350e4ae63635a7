"""Draws docs/images/objects.jpg: the photograph in examples/media/objects with its box."""

from pathlib import Path

from firsthand.media import read_image, write_image
from firsthand.objects import Objects, draw_objects

PHOTOGRAPH = Path(__file__).resolve().parents[2] / "examples" / "media" / "objects" / "cup.jpg"


def main() -> None:
    image = read_image(PHOTOGRAPH)
    drawn = draw_objects(image, Objects.load("cup").detect(image))
    write_image(Path(__file__).with_suffix(".jpg"), drawn, quality=88)


if __name__ == "__main__":
    main()
