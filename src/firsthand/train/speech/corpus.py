"""Recordings that a speech network to be shipped may learn from, and no task is asked about.

- `speech/librispeech` (CC BY 4.0): the readers that are not held out, see `sets.is_held_out`.
- `sounds/esc50`, the rows of ESC-10 (CC BY): the folds that are not tested with.
- Voices of Debian's packages, where they are installed: prompts for telephones, and what games and
  programs for children say, in some thirty languages.
- Sounds and music of its games, as the recorder's network learns them.

Of the other recordings of this project, digits, keywords and orders are what NOSS asks about, with
speakers that are not named: nothing of them is here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from firsthand.errors import InputError
from firsthand.train.audio.clips import RATE_HZ
from firsthand.train.audio.games import GAMES
from firsthand.train.audio.recordings import (
    TELEPHONE,
    Recording,
    Tell,
    Voices,
    games_sounds,
    read_recordings,
    readers,
    sounds,
    voices,
)  # fmt: skip

VOICES: Final = (
    *TELEPHONE,
    Voices("ktuberling-data", "ktuberling/sounds", "GPL-2+"),
    Voices("klettres-data", "klettres", "GPL-2+"),
    Voices("fillets-ng-data-cs", "games/fillets-ng/sound", "GPL-2+", r".*/(cs)/"),
    Voices("fillets-ng-data-nl", "games/fillets-ng/sound", "GPL-2+", r".*/(nl)/"),
    Voices("hedgewars-data", "games/hedgewars/Data/Sounds/voices", "GFDL-1.3"),
    Voices("tuxpaint-stamps-default", "tuxpaint/stamps", "GPL-2+", r".*_desc_?(\w*)\."),
    Voices("tuxpaint-stamps-default", "tuxpaint/stamps", "GPL-2+", r"(?!.*_desc)(.+)\."),
)


def read_corpus(
    data: Path,
    root: Path = Path("/"),
    *,
    with_sounds: bool = True,
    tell: Tell = lambda *_: None,
) -> tuple[tuple[Recording, ...], tuple[str, ...]]:
    """Read all recordings below `data`, and of Debian's packages below `root`.

    Returns them, and what could not be read and why. `InputError` where fewer than two sources are
    there. Without sounds speech alone.
    """
    wanted = [*readers(data / "speech" / "librispeech")]
    wanted += [entry for each in VOICES for entry in voices(root, each)]
    if with_sounds:
        wanted += [*sounds(data / "sounds" / "esc50"), *games_sounds(root)]
    found, unreadable = read_recordings(wanted, tell)
    if len({each.source for each in found}) < 2:
        raise InputError(
            f"{data} and Debian's packages have recordings of {len({r.source for r in found})} "
            "sources: a speech network learns from two at least. On Debian: apt install "
            + " ".join(dict.fromkeys(each.package for each in VOICES))
        )
    return found, unreadable


def sources_of(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Return what a card says that recordings are of, with their licences."""
    hours = sum(len(each.samples) for each in recordings) / RATE_HZ / 3600
    packages = [f"{each.package} ({each.licence})" for each in VOICES]
    return (
        f"{hours:.1f} hours in all: LibriSpeech, readers that are not held out (CC BY 4.0)",
        "ESC-10, folds 1 to 3 (CC BY)",
        f"voices of Debian's packages {', '.join(dict.fromkeys(packages))}",
        f"music and noises of Debian's packages {', '.join(_games_licences())}",
    )


def _games_licences() -> list[str]:
    return list(dict.fromkeys(f"{each.package} ({each.licence})" for each in GAMES))
