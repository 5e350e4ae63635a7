"""Opening the samples that a recipe of a hand model needs."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from firsthand.train.hands.preparation import Ingredient, Tell, prepare
from firsthand.train.hands.samples import SampleFolder
from firsthand.train.run import Progress, Run

SAMPLES: Final = "samples"
TEST_SEED: Final = 1_000_003


def open_samples(
    run: Run, wanted: tuple[Ingredient, ...], tell: Callable[[Progress], None]
) -> dict[Ingredient, SampleFolder]:
    """Make and open what a recipe needs, told as progress."""
    given = os.environ.get("FIRSTHAND_DATA")
    data = run.data or (Path(given) if given else None)
    return prepare(run.folder / SAMPLES, wanted, data, tell=_as_progress(tell))


def _as_progress(tell: Callable[[Progress], None]) -> Tell:
    def told(what: str, done: int, whole: int) -> None:
        tell(Progress(done, max(whole, 1), {}, 0.0, f"making {what}"))

    return told
