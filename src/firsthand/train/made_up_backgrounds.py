"""Pictures of nothing: light that falls off, walls and boards, stains, and bare skin.

They make up for photographs of rooms and people, of which few are free: plain surfaces and
patches of skin without a hand are what a detector of palms takes for one.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from firsthand.media.frame import RgbImage

Floats = NDArray[np.float32]

_SKIN: Final = np.array(
    [[244, 212, 190], [224, 176, 140], [190, 130, 96], [140, 88, 60], [80, 50, 38]]
)


def made_up(rng: np.random.Generator, width: int, height: int) -> RgbImage:
    """Return a made-up picture of `width` x `height` pixels without a hand."""
    picture = _light(rng, width, height)
    for _ in range(int(rng.integers(0, 9))):
        _surface(picture, rng)
    for _ in range(int(rng.integers(0, 4))):
        _skin(picture, rng)
    picture += _stains(rng, width, height) * np.float32(rng.uniform(0, 25))
    if rng.random() < 0.5:
        picture = _array(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.5, 4.0))))
    picture += rng.normal(0, rng.uniform(0, 6), picture.shape).astype(np.float32)
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)


def skin_tone(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the mean colour (3,) of some person's skin in good light, RGB in 0..255."""
    place = rng.uniform(0, len(_SKIN) - 1)
    before = int(place)
    share = place - before
    tone = _SKIN[before] * (1 - share) + _SKIN[min(before + 1, len(_SKIN) - 1)] * share
    tint = np.array([1.0, rng.uniform(0.95, 1.04), rng.uniform(0.88, 1.04)])
    return np.asarray(tone * tint * rng.uniform(0.88, 1.02))


def _light(rng: np.random.Generator, width: int, height: int) -> Floats:
    """Return a wall lit unevenly: a gradient between two colours close to each other."""
    grey = rng.uniform(20, 235)
    ends = np.clip(grey + rng.normal(0, 12, (2, 1)) + rng.normal(0, 25, (2, 3)), 0, 255)
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    share = (np.cos(angle) * x + np.sin(angle) * y)[..., None] / 2.9 + 0.5
    return _array(ends[0] * (1 - share) + ends[1] * share)


def _surface(picture: Floats, rng: np.random.Generator) -> None:
    """Draw an edge of furniture: a four-cornered plane, striped or shaded, somewhere."""
    height, width = picture.shape[:2]
    middle = rng.uniform(-0.1, 1.1, 2) * (width, height)
    sides = np.exp(rng.uniform(np.log(0.03), np.log(0.9), 2)) * (width, height)
    angle = rng.choice([0, 0, np.pi / 2, rng.uniform(0, np.pi)])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * sides / 2
    corners = (corners + rng.normal(0, 0.08, (4, 2)) * sides) @ turn.T + middle
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    colour = np.clip(rng.uniform(10, 240) + rng.normal(0, 30, 3), 0, 255).astype(np.float32)
    plane = np.broadcast_to(colour, picture.shape).copy()
    if rng.random() < 0.3:
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        along = np.cos(angle) * x + np.sin(angle) * y
        period = rng.uniform(3, 40)
        plane += (np.sin(along * 2 * np.pi / period) * rng.uniform(3, 40))[..., None]
    _blend(picture, plane, mask)


def _skin(picture: Floats, rng: np.random.Generator) -> None:
    """Draw something of skin that is no hand: a shaded oval, round as a face or long as an arm."""
    height, width = picture.shape[:2]
    colour = skin_tone(rng) * rng.uniform(0.5, 1.1)
    long = float(np.exp(rng.uniform(np.log(0.04), np.log(0.6)))) * min(width, height)
    broad = long * float(rng.choice([rng.uniform(0.6, 0.95), rng.uniform(0.1, 0.35)]))
    middle = rng.uniform(0, 1, 2) * (width, height)
    angle = float(rng.uniform(0, 180))
    mask = np.zeros((height, width), np.uint8)
    axes = ((middle[0], middle[1]), (2 * long, 2 * broad), angle)
    cv2.ellipse(mask, axes, 255, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, broad * rng.uniform(0.02, 0.15)))
    side = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.arange(width) - middle[0], np.arange(height) - middle[1])
    shade = 1 + 0.35 * np.clip((np.cos(side) * x + np.sin(side) * y) / max(long, 1), -1, 1)
    _blend(picture, _array(colour * shade[..., None]), np.asarray(soft, np.uint8))


def _stains(rng: np.random.Generator, width: int, height: int) -> Floats:
    """Return noise of several sizes, about -1..1, the larger the stronger."""
    total = np.zeros((height, width, 3), np.float32)
    for level in range(int(rng.integers(1, 6))):
        cells = 2 ** (level + 1)
        few = rng.normal(0, 0.5**level, (cells, cells, 1)) + rng.normal(
            0, 0.15 * 0.5**level, (cells, cells, 3)
        )
        total += cv2.resize(_array(few), (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def _blend(picture: Floats, over: Floats, mask: NDArray[np.uint8]) -> None:
    share = mask[..., None].astype(np.float32) / 255
    picture += (over - picture) * share


def _array(values: object) -> Floats:
    return np.asarray(values, np.float32)
