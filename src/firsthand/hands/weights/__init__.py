"""Hand models by name: those that lie in this folder, and MediaPipe's, which are fetched.

This folder holds what `firsthand train hands` made, in eight bits, and a card beside each:
`firsthand-palm-SIZE-int8.tflite`, `firsthand-hand-SIZE-int8.tflite`. The same in float lie in
`benchmarks/weights/hands`. Nothing heavy is loaded here.
"""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent

BUNDLED: Final = {
    "small": ("firsthand-palm-small-int8", "firsthand-hand-small-int8"),
    "tiny": ("firsthand-palm-tiny-int8", "firsthand-hand-tiny-int8"),
}
"""Pairs of a palm detector and a landmark model of this folder."""

PUBLISHED: Final = {
    "full": ("mediapipe-palm-full", "mediapipe-hand-full"),
    "lite": ("mediapipe-palm-lite", "mediapipe-hand-lite"),
}
"""Pairs of the model store: MediaPipe 0.10.21's, `model_complexity` 1 and 0."""

NAMES: Final = (*BUNDLED, *PUBLISHED)

DEFAULT_MODEL: Final = "full"
"""What `Hands.load()` and the commands take unless told otherwise."""

OFFLINE_MODEL: Final = "small"
"""What the commands take instead where that cannot be fetched: weaker, but here."""


def bundled_here(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of `BUNDLED` whose models both lie in `folder`."""
    return tuple(
        name
        for name, pair in BUNDLED.items()
        if all((folder / f"{stem}.tflite").is_file() for stem in pair)
    )
