"""Cards of the models that Firsthand knows by name, one JSON file each."""

from functools import cache
from importlib.resources import files
from types import MappingProxyType

from firsthand.runtime.card import ModelCard


@cache
def catalog() -> MappingProxyType[str, ModelCard]:
    """Return the cards by name, in alphabetical order."""
    entries = sorted(
        (entry for entry in files(__name__).iterdir() if entry.name.endswith(".json")),
        key=lambda entry: entry.name,
    )
    cards = [ModelCard.from_json(entry.read_bytes(), entry.name) for entry in entries]
    return MappingProxyType({card.name: card for card in cards})
