"""Sounds and music of Debian's games, and what they are for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firsthand.train.audio.clips import Use

OTHER: Final = "other"

_GAMES: Final = Path("usr/share/games")
_KINDS_OF_FILES: Final = (".ogg", ".wav")

_MODS: Final = ("carts", "default", "doors", "tnt", "xpanes")
_ARE_CLASSES: Final = (
    r"Fire|Farm|Green|Harbor|Market|Commune|Blacksmith|Water"
    r"|School|University|Sports|Shanty|Residential|Monument"
    r"|wolf|wail|fire|flame|torch|drake|fuse|fanfare|drums"
    r"|lava|water|smoke|furnace|gunpowder|ignite"
    r"|\d[A-G]\.|chant|Whistle|yries|suddendeath|molotov|blowtorch|splash|Droplet|steam|tick|count|cake"
)
"""In the names of noises: what is animals, voices, music, water or fire, and so may be a class."""


@dataclass(frozen=True, slots=True)
class Games:
    """Sounds of one of Debian's packages, their licence, and what they are for.

    Files whose names `without` finds something in are left out.
    """

    package: str
    folders: tuple[str, ...]
    licence: str
    kind: str = "music"
    use: Use = "learn"
    without: str = "^$"


GAMES: Final = (
    Games("singularity-music", ("singularity/music",), "CC BY-SA 3.0"),
    Games("extremetuxracer-data", ("etr/music",), "GPL-2+"),
    Games("wesnoth-1.16-music", ("wesnoth/1.16/data/core/music",), "GPL-2+"),
    Games("lincity-ng-data", ("lincity-ng/music/default",), "GPL-2+"),
    Games("frozen-bubble-data", ("frozen-bubble/snd",), "GPL-2"),
    Games("neverball-common", ("neverball/bgm",), "GPL-2+", use="calibrate"),
    Games("colobot-common-sounds", ("colobot/music",), "GPL-3+", use="test"),
    Games("lincity-ng-data", ("lincity-ng/sounds",), "GPL-2+", OTHER, without=_ARE_CLASSES),
    Games("extremetuxracer-data", ("etr/sounds",), "GPL-2+", OTHER),
    Games(
        "wesnoth-1.16-data",
        ("wesnoth/1.16/data/core/sounds", "wesnoth/1.16/data/core/sounds/ambient"),
        "GPL-2+",
        OTHER,
        without=_ARE_CLASSES,
    ),
    Games(
        "minetest-data",
        tuple(f"minetest/games/minetest_game/mods/{mod}/sounds" for mod in _MODS),
        "CC BY-SA 3.0",
        OTHER,
        "calibrate",
        _ARE_CLASSES,
    ),
    Games("hedgewars-data", ("hedgewars/Data/Sounds",), "GFDL-1.3", OTHER, "test", _ARE_CLASSES),
)


def files_of(root: Path, games: Games) -> Iterator[Path]:
    """Yield the sounds of a package below `root`, where they are installed."""
    without = re.compile(games.without)
    for folder in games.folders:
        for path in sorted((root / _GAMES / folder).glob("*")):
            if path.suffix.lower() in _KINDS_OF_FILES and not without.search(path.name):
                yield path
