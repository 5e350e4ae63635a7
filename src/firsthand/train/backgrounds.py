"""Pictures without a hand, to put hands into: photographs that are free, and made-up ones.

Every photograph here was looked at: none shows a hand, for that would be a hand without a label.
scikit-image's and matplotlib's are in the public domain or CC0; those of Debian's packages carry
the licences written beside them, all of which allow a model trained on them to be shipped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from firsthand.errors import ConfigError, MissingDependencyError
from firsthand.media.frame import RgbImage
from firsthand.media.image import read_image
from firsthand.train.made_up_backgrounds import made_up

TRAINING_PACKAGES: Final = (
    "lomiri-wallpapers-16.04",
    "mate-backgrounds",
    "plasma-workspace-wallpapers",
)
"""Debian packages whose photographs are used where they are installed; 155 MB in all."""

_MOST_SIDE_PX: Final = 1024
_MADE_UP: Final = 0.25
_LEAST_VIEW_PX: Final = 96


@dataclass(frozen=True, slots=True)
class Source:
    """Photographs of one package and one licence.

    `top` is the share of its height, from above, that is used; `weight` how often it is drawn.
    """

    package: str
    folder: Path
    names: tuple[str, ...]
    licence: str
    top: float = 1.0
    weight: float = 1.0


def sources() -> tuple[Source, ...]:
    """Return all photographs that may be used, installed or not."""
    shared = Path("/usr/share/backgrounds")
    return (*_in_python(), *_lomiri(shared), _mate(shared / "mate" / "nature"), *_plasma())


@dataclass(frozen=True, slots=True, eq=False)
class Backgrounds:
    """Photographs in memory; calling it draws a view of one, or makes a picture up.

    `names` and `weights` belong to `images`. `missing` are the packages that were not installed.
    """

    images: tuple[RgbImage, ...]
    names: tuple[str, ...]
    weights: tuple[float, ...]
    missing: tuple[str, ...]

    @classmethod
    def open(cls, chosen: Sequence[Source] | None = None) -> "Backgrounds":
        """Read the photographs that are installed, each no larger than is of use.

        `MissingDependencyError` if there is none at all, `MediaError` for one that is damaged.
        """
        images: list[RgbImage] = []
        names: list[str] = []
        weights: list[float] = []
        missing: set[str] = set()
        for source in sources() if chosen is None else chosen:
            for name in source.names:
                path = source.folder / name
                if not path.is_file():
                    missing.add(source.package)
                    continue
                images.append(_reduced(read_image(path), source.top))
                names.append(f"{source.package}/{name}")
                weights.append(source.weight)
        if not images:
            raise MissingDependencyError(
                "there is no photograph to put anything into: pip install 'firsthand[train]', and "
                f"on Debian apt install {' '.join(TRAINING_PACKAGES)}"
            )
        return cls(tuple(images), tuple(names), tuple(weights), tuple(sorted(missing)))

    def __call__(self, rng: np.random.Generator, width: int, height: int) -> RgbImage:
        """Return a picture of `width` x `height` without a hand: a fourth of them made up."""
        if width < 1 or height < 1:
            raise ConfigError(f"a background has at least one pixel, not {width} x {height}")
        if rng.random() < _MADE_UP:
            return made_up(rng, width, height)
        shares = np.array(self.weights) / sum(self.weights)
        image = self.images[rng.choice(len(self.images), p=shares)]
        return _recoloured(_view(image, rng, width, height), rng)


def _view(image: RgbImage, rng: np.random.Generator, width: int, height: int) -> RgbImage:
    """Return a random part of a photograph, of the shape asked for, flipped as often as not."""
    rows, columns = image.shape[:2]
    most = min(columns / width, rows / height)
    least = min(most, _LEAST_VIEW_PX / min(width, height))
    scale = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    across = min(columns, max(1, round(width * scale)))
    down = min(rows, max(1, round(height * scale)))
    left = int(rng.integers(columns - across + 1))
    top = int(rng.integers(rows - down + 1))
    part = image[top : top + down, left : left + across]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    kind = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=kind)
    return np.asarray(resized, np.uint8)


def _recoloured(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Return an image as under another light: gamma, colour of the light, saturation."""
    values = image.astype(np.float32) / 255
    values = values ** float(np.exp(rng.normal(0, 0.25)))
    values = values * np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    vivid = 0.0 if rng.random() < 0.04 else float(np.exp(rng.normal(0, 0.3)))
    values = grey + (values - grey) * np.float32(vivid)
    return np.asarray(np.clip(values * 255 + 0.5, 0, 255), np.uint8)


def _reduced(image: RgbImage, top: float) -> RgbImage:
    used = image[: max(1, round(image.shape[0] * top))]
    scale = _MOST_SIDE_PX / max(used.shape[:2])
    if scale >= 1:
        return np.ascontiguousarray(used)
    smaller = cv2.resize(used, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)


def _in_python() -> Iterator[Source]:
    found = find_spec("skimage")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "data"
        free = ("brick.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "gravel.png")
        more = ("rocket.jpg", "text.png")
        yield Source("scikit-image", folder, free + more, "CC0 or public domain")
        # her sleeve ends in a glove below
        astronaut = ("astronaut.png",)
        yield Source("scikit-image", folder, astronaut, "public domain (NASA)", 0.86, 5.0)
    found = find_spec("matplotlib")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "mpl-data" / "sample_data"
        admiral = ("grace_hopper.jpg",)
        yield Source("matplotlib", folder, admiral, "public domain (US Navy)", 1.0, 5.0)


def _lomiri(folder: Path) -> Iterator[Source]:
    package = "lomiri-wallpapers-16.04"
    by = (
        "Picture_0B_by_freespace.jpg",
        "Picture_1A_by_freespace.jpg",
        "Wine_by_Jakkub_Mede.jpg",
        "aitzgorri_by_Aitzol_Berasategi.jpg",
        "friends_by_Aitzol_Berasategi.jpg",
        "life_by_Aitzol_Berasategi.jpg",
        "picosdeeuropa_by_Aitzol_Berasategi.jpg",
        "sunset_by_Aitzol_Berasategi.jpg",
    )
    alike = (
        "Bridge_by_Sander_Klootwijk.jpg",
        "Dragonfly_by_Bolly.jpg",
        "analogpattern_by_Peter_Nerlich.jpg",
        "free_by_Peter_Nerlich.jpg",
        "greentock_by_Peter_Nerlich.jpg",
    )
    yield Source(package, folder, by, "CC-BY-4.0", weight=2.0)
    yield Source(package, folder, alike, "CC-BY-SA-4.0", weight=2.0)
    yield Source(package, folder, ("seeding_by_Clements_Engelhardt.jpg",), "CC0-1.0")


def _mate(folder: Path) -> Source:
    leaves = ("Blinds.jpg", "Dune.jpg", "FreshFlower.jpg", "GreenMeadow.jpg", "RainDrops.jpg")
    others = ("Aqua.jpg", "Storm.jpg", "TwoWings.jpg", "Wood.jpg")
    return Source("mate-backgrounds", folder, leaves + others, "GPL-2+")


def _plasma() -> Iterator[Source]:
    for name in (
        "BytheWater",
        "ColdRipple",
        "ColorfulCups",
        "DarkestHour",
        "EveningGlow",
        "FallenLeaf",
        "Grey",
        "Kite",
        "OneStandsOut",
        "Path",
        "summer_1am",
    ):
        folder = Path("/usr/share/wallpapers") / name / "contents" / "images"
        yield Source("plasma-workspace-wallpapers", folder, ("2560x1600.jpg",), "LGPL-3 or GPL-2+")
