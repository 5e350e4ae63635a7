"""Finding small hands in a still image: the palm detector on overlapping tiles of it.

MediaPipe's detector sees 192x192 pixels and misses palms below a twentieth of a photograph's
longer side; ours sees 256x256 and is made for palms from a fortieth of it. Tiles of a half, a
quarter and so on of that side show them larger.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from firsthand.hands.anchors import FIRSTHAND, MEDIAPIPE, Layout
from firsthand.hands.palms import PalmModel, detect_palms
from firsthand.hands.suppression import Palms, suppress
from firsthand.media.frame import RgbImage

Search = Literal["whole", "tiles", "auto"]
"""`whole`: the image at once, as MediaPipe. `tiles`: tiles as well. `auto`: tiles where the whole
image shows no hand."""

DIVISORS: Final[Mapping[Layout, tuple[int, ...]]] = MappingProxyType(
    {MEDIAPIPE: (2, 4, 8), FIRSTHAND: (2, 4)}
)
"""Of the longer side, what tiles are shown to which detector: all down to the same palms."""

_LEAST_TILE_PX: Final = 48


def tiles(width: int, height: int, divisors: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield left, top, right, bottom of the tiles of an image, the larger ones first.

    Tiles are squares, or as high or wide as the image where that is less, and overlap by at least
    half, so any palm up to half a tile lies whole in one. Tiles under 48 pixels are left out.
    """
    for divisor in divisors:
        side = -(-max(width, height) // divisor)
        if side < _LEAST_TILE_PX:
            return
        for top in _starts(height, side):
            for left in _starts(width, side):
                yield left, top, min(left + side, width), min(top + side, height)


def search_tiles(model: PalmModel, image: RgbImage, threshold: float) -> Palms:
    """Return the palms in the whole image and its tiles, merged, the best first.

    In units of the whole image. Palms that a tile's inner edge cuts off are left out: another
    tile has them whole.
    """
    height, width = image.shape[:2]
    found = [detect_palms(model, image, threshold)]
    for left, top, right, bottom in tiles(width, height, DIVISORS[model.layout]):
        view = np.ascontiguousarray(image[top:bottom, left:right])
        palms = detect_palms(model, view, threshold)
        scale = np.array([(right - left) / width, (bottom - top) / height], np.float32)
        start = np.array([left / width, top / height], np.float32)
        low, high = palms.boxes[:, :2], palms.boxes[:, :2] + palms.boxes[:, 2:]
        at_end = np.array([right == width, bottom == height])
        whole = (((low > 0) | (start <= 0)) & ((high < 1) | at_end)).all(axis=1)
        moved = Palms(
            np.concatenate([low * scale + start, palms.boxes[:, 2:] * scale], axis=1),
            palms.keypoints * scale + start,
            palms.scores,
        )
        found.append(moved[np.flatnonzero(whole)])
    return suppress(
        Palms(
            np.concatenate([palms.boxes for palms in found]),
            np.concatenate([palms.keypoints for palms in found]),
            np.concatenate([palms.scores for palms in found]),
        )
    )


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = -(-(length - side) // (side // 2)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]
