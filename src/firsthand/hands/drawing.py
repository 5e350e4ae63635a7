"""Hands drawn into an image, depth in grayscale as in the article: joints nearer are lighter."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from firsthand.hands.gestures import NONE
from firsthand.hands.skeleton import BONES
from firsthand.hands.types import Hand, HandsResult
from firsthand.media.draw import Color, draw_disc, draw_line, draw_text
from firsthand.media.frame import RgbImage

LEFT: Final[Color] = (64, 156, 255)
RIGHT: Final[Color] = (255, 140, 60)
LEGIBLE_PX: Final = 480
"""The least longer side of a picture in which a drawn hand can be read."""

_EDGE: Final[Color] = (20, 20, 20)
_FARTHEST_GRAY: Final = 40
_NEAREST_GRAY: Final = 255


def draw_hands(
    image: RgbImage, result: HandsResult, gestures: Sequence[str] | None = None
) -> RgbImage:
    """Return a copy of `image` with its hands: bones in the colour of their side, joints in gray.

    Lines scale with each hand. With `gestures`, one name a hand (`NONE` for no known one), a
    plate names side and gesture.
    """
    drawn = image.copy()
    for index, hand in enumerate(result.hands):
        _draw_hand(drawn, hand)
        if gestures is not None:
            _draw_plate(drawn, hand, gestures[index])
    return drawn


def draw_photograph(
    image: RgbImage, result: HandsResult, gestures: Sequence[str] | None = None
) -> RgbImage:
    """Draw as `draw_hands`, into an enlarged copy where the photograph is too small to show it.

    The copy is a whole number of times as large, at least `LEGIBLE_PX` on its longer side.
    """
    height, width, _ = image.shape
    times = -(-LEGIBLE_PX // max(height, width))
    if times == 1:
        return draw_hands(image, result, gestures)
    size = (width * times, height * times)
    larger = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    # Pixel centres lie at whole numbers: the first one's moves by half of what was added.
    shift = np.array([(times - 1) / 2, (times - 1) / 2, 0], np.float32)
    hands = tuple(
        replace(hand, keypoints=hand.keypoints * np.float32(times) + shift) for hand in result.hands
    )
    return draw_hands(larger, replace(result, hands=hands), gestures)


def depth_grays(hand: Hand) -> list[int]:
    """Return each joint's gray level: 255 for the nearest of this hand, 40 for the farthest."""
    depth = hand.keypoints[:, 2].astype(np.float64)
    spread = float(np.ptp(depth))
    near = (depth.max() - depth) / spread if spread > 0 else np.ones_like(depth)
    grays = np.rint(_FARTHEST_GRAY + near * (_NEAREST_GRAY - _FARTHEST_GRAY))
    return [int(gray) for gray in grays]


def _draw_hand(image: RgbImage, hand: Hand) -> None:
    color = LEFT if hand.handedness == "left" else RIGHT
    places = [(float(x), float(y)) for x, y in hand.keypoints[:, :2]]
    extent_px = float(np.ptp(hand.keypoints[:, :2], axis=0).max())
    width_px = max(1.5, extent_px / 55)
    for width, shade in ((width_px * 1.9, _EDGE), (width_px, color)):
        for start, end in BONES:
            draw_line(image, places[start], places[end], shade, width)
    grays = depth_grays(hand)
    for joint in np.argsort(-hand.keypoints[:, 2], kind="stable"):
        gray = grays[joint]
        draw_disc(image, places[joint], width_px * 1.55, _EDGE)
        draw_disc(image, places[joint], width_px * 1.15, (gray, gray, gray))


def _draw_plate(image: RgbImage, hand: Hand, gesture: str) -> None:
    height, width, _ = image.shape
    words = hand.handedness if gesture == NONE else f"{hand.handedness}: {gesture}"
    size_px = max(12.0, height / 30)
    left, top = hand.keypoints[:, :2].min(axis=0)
    x = min(max(float(left), 0.0), max(width - 0.6 * len(words) * size_px, 0.0))
    y = min(max(float(top) - 2 * size_px, 0.0), max(height - 1.5 * size_px, 0.0))
    draw_text(image, words.replace("_", " "), (x, y), size_px=size_px)
