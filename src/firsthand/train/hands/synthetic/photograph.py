"""From a drawing and a background to what a camera would have made of them."""

from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage

Floats = NDArray[np.float32]
Picture = NDArray[np.floating[Any]]

_GRAIN_PX: Final = 1024


def photographed(
    drawn: NDArray[np.uint8],
    backdrop: RgbImage,
    rng: np.random.Generator,
    hand_px: float,
    *,
    smooth: bool,
) -> RgbImage:
    """Put a drawing (h, w, 4), multiplied by its alpha, before a background, and take a picture.

    `hand_px` is the size of the hands: motion is blurred in proportion to it. What was not drawn
    smooth is blurred a little at least, as by any lens.
    """
    front: Picture = drawn.astype(np.float32)
    behind: Picture = backdrop.astype(np.float32)
    if rng.random() < 0.5:
        behind = _blurred(behind, float(rng.uniform(0.5, 5.0)))
    if rng.random() < 0.35:
        behind = behind * (1 - _cast_shadow(front[:, :, 3] / 255, rng, hand_px))[:, :, None]
    if rng.random() < 0.22:
        front = _moved(front, float(rng.uniform(0.02, 0.12)) * hand_px, rng)
    wide = (
        rng.uniform(0.2 if smooth else 0.5, 0.9) if rng.random() < 0.85 else rng.uniform(0.9, 2.2)
    )
    front = _blurred(front, float(wide) * min(1.0, hand_px / 60))
    picture = front[:, :, :3] + behind * (1 - front[:, :, 3:] / 255)
    return _taken(picture, rng)


def _taken(picture: Picture, rng: np.random.Generator) -> RgbImage:
    height, width = picture.shape[:2]
    gain = np.exp(rng.normal(0, 0.16)) * (1 + rng.normal(0, 0.04, 3))
    bent = float(np.exp(rng.normal(0, 0.16)))
    contrast = float(rng.normal(1, 0.09))
    steps = np.linspace(0, 1, 256)[:, None]
    curve = (np.clip(steps * gain, 0, 1) ** bent - 0.5) * contrast + 0.5
    table = (np.clip(curve, 0, 1) * 255).astype(np.float32)[None]
    picture = np.asarray(cv2.LUT(np.clip(picture, 0, 255).astype(np.uint8), table), np.float32)
    if rng.random() < 0.25:
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        picture = picture * (1 - rng.uniform(0.05, 0.35) * (x**2 + y**2) / 2)[:, :, None].astype(
            np.float32
        )
    if rng.random() < 0.04:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.28:
        share = rng.uniform(0.3, 0.85)
        small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        how = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(small, (width, height), interpolation=how))
    grain = _grain(coarse=bool(rng.random() < 0.4))
    top, left = rng.integers(0, _GRAIN_PX - np.array([height, width]) + 1)
    grain = grain[top : top + height, left : left + width] * np.float32(rng.gamma(1.3, 2.2))
    picture = picture + grain * (1.25 - picture / 510)
    sharp = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        quality = int(rng.integers(35, 96))
        good, data = cv2.imencode(".jpg", sharp[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert good
        sharp = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
    return np.ascontiguousarray(sharp)


@cache
def _grain(*, coarse: bool) -> Floats:
    """Draw noise to cut pieces out of, of standard deviation 1: drawing it anew takes too long."""
    rng = np.random.default_rng(20_260_102)
    grain = rng.standard_normal((_GRAIN_PX, _GRAIN_PX, 3), np.float32)
    if coarse:
        softer = np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.7), np.float32)
        return np.asarray(softer / softer.std(), np.float32)
    return grain


def _blurred(picture: Picture, sigma: float) -> Picture:
    if sigma < 0.2:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _moved(front: Picture, length_px: float, rng: np.random.Generator) -> Picture:
    size = int(length_px) | 1
    if size < 3:
        return front
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    half = size // 2
    ends = np.array([np.cos(angle), np.sin(angle)]) * half
    first, last = (half - ends).round().astype(int), (half + ends).round().astype(int)
    cv2.line(kernel, (int(first[0]), int(first[1])), (int(last[0]), int(last[1])), 1.0, 1)
    return np.asarray(cv2.filter2D(front, -1, kernel / kernel.sum()), np.float32)


def _cast_shadow(cover: Picture, rng: np.random.Generator, hand_px: float) -> Floats:
    """How much light the hand keeps from a wall behind it, 0..1."""
    height, width = cover.shape
    x, y = (float(each) for each in rng.normal(0, 0.12, 2) * hand_px)
    shift = np.array([[1, 0, x], [0, 1, abs(y)]], np.float32)
    fallen = cv2.warpAffine(cover, shift, (width, height))
    soft = cv2.GaussianBlur(fallen, (0, 0), max(0.8, hand_px * float(rng.uniform(0.01, 0.1))))
    return np.asarray(soft * rng.uniform(0.15, 0.6), np.float32)
