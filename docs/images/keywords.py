"""Draws docs/images/keywords.jpg: pictures of words, as docs/tutorials/keywords.md makes them."""

import sys
import tempfile
from contextlib import chdir
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from page_blocks import execute  # noqa: E402 - it lies beside the pages

ACROSS, TIMES, BETWEEN, QUALITY = 8, 3, 4, 80


def main() -> None:
    page = (HERE.parent / "tutorials" / "keywords.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("examples").symlink_to(HERE.parents[1] / "examples")
        names = execute(page[: page.index("```sh")])
        rows = [
            cv2.hconcat([tile(Path("sounds", "test", word, f"{n}.png")) for n in range(ACROSS)])
            for word in names["taught"]
        ]
    drawn = cv2.cvtColor(cv2.vconcat(rows), cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(HERE / "keywords.jpg"), drawn, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def tile(path: Path) -> np.ndarray:
    seen = cv2.resize(
        cv2.imread(str(path)), None, fx=TIMES, fy=TIMES, interpolation=cv2.INTER_CUBIC
    )
    return cv2.copyMakeBorder(seen, *(BETWEEN,) * 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))


if __name__ == "__main__":
    main()
