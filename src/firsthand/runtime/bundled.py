"""Models that come with Firsthand: `firsthand/SYSTEM/weights/NAME.tflite`, a card beside each."""

from pathlib import Path
from typing import Final

from firsthand.runtime.artifact import Model
from firsthand.runtime.card import read_card

_PACKAGE: Final = Path(__file__).parents[1]


def bundled(package: Path = _PACKAGE) -> dict[str, Model]:
    """Return the models that lie in a package's folders `weights`, by name.

    Raises `ModelError` for a damaged card.
    """
    cards = {path: read_card(path) for path in sorted(package.glob("*/weights/*.json"))}
    return {card.name: Model(card, path.parent / card.file_name) for path, card in cards.items()}
