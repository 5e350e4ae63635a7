"""What cameras, light and compression do to a picture, drawn at random."""

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def disturb(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Return a uint8 RGB image with other colours, contrast, sharpness and noise."""
    if rng.random() < 0.15:
        image = softened(image, rng)
    pixels: NDArray[np.float32] = image.astype(np.float32)
    pixels *= np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)  # the light's colour
    if rng.random() < 0.5:
        gray = (pixels @ _LUMA)[..., None]
        pixels -= gray
        pixels *= np.float32(rng.uniform(0, 1.5))
        pixels += gray
    middle = np.float32(pixels.mean())
    pixels -= middle
    pixels *= np.float32(np.exp(rng.normal(0, 0.25)))
    pixels += middle
    pixels *= np.float32(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.3:
        bent = (np.clip(pixels, 0, 255) / 255) ** np.float32(np.exp(rng.normal(0, 0.3)))
        pixels = np.asarray(255 * bent, np.float32)
    if rng.random() < 0.5:
        noise = rng.standard_normal(pixels.shape, np.float32)
        pixels += noise * np.float32(abs(rng.normal(0, 8)))
    disturbed = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        disturbed = compressed(disturbed, int(rng.integers(20, 70)))
    return disturbed


def softened(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Blur an image: out of focus, moved, or enlarged from few pixels."""
    kind = rng.integers(3)
    height, width = image.shape[:2]
    if kind == 0:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 2.0))), np.uint8)
    if kind == 1:
        length = int(rng.integers(3, 10))
        line = np.zeros((length, length), np.float32)
        line[length // 2] = 1 / length
        angle = float(rng.uniform(0, 180))
        middle = (length / 2 - 0.5, length / 2 - 0.5)
        turned = np.asarray(
            cv2.warpAffine(line, cv2.getRotationMatrix2D(middle, angle, 1), (length, length))
        )
        return np.asarray(cv2.filter2D(image, -1, turned / max(turned.sum(), 1e-6)), np.uint8)
    share = float(rng.uniform(0.25, 0.7))
    small = (max(2, int(width * share)), max(2, int(height * share)))
    few = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def compressed(image: RgbImage, quality: int) -> RgbImage:
    """Return what is left after JPEG at a quality of 1..100."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def hidden(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Cover a part of an image by a rectangle of one colour or of noise."""
    height, width = image.shape[:2]
    h, w = (int(side * rng.uniform(0.1, 0.4)) + 1 for side in (height, width))
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    covered = image.copy()
    colour = rng.integers(0, 256, 3)
    if rng.random() < 0.3:
        covered[top : top + h, left : left + w] = rng.integers(0, 256, (h, w, 3))
    else:
        covered[top : top + h, left : left + w] = colour
    return covered
