"""A model: its card and its file, read only as the bytes that the card promises."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import ChecksumError, ModelError, ModelNotFoundError
from firsthand.runtime.card import MAX_MODEL_BYTES, ModelCard, ModelFormat, read_card

_SUFFIXES: dict[str, ModelFormat] = {".tflite": "tflite", ".onnx": "onnx"}


@dataclass(frozen=True)
class Model:
    """A card and the path of the file it describes."""

    card: ModelCard
    path: Path

    def read(self) -> bytes:
        """Return the file's bytes after checking their number and SHA-256 against the card.

        Raises `ChecksumError` if they differ, `ModelNotFoundError` if the file is gone.
        """
        data = read_model_file(self.path)
        check_bytes(data, self.card, str(self.path))
        return data

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Model":
        """Open a .tflite or .onnx file of the user's own.

        With `NAME.json` beside `NAME.tflite` that card is used, and must be valid. Without one a
        card is made up from the file: its name, size and SHA-256, licence "unknown", inputs and
        outputs left to the runner.
        """
        path = Path(path)
        form = _SUFFIXES.get(path.suffix.lower())
        if form is None:
            raise ModelError(f"{path}: a model file ends in .tflite or .onnx")
        card_path = path.with_suffix(".json")
        if card_path.exists():
            card = read_card(card_path)
            if card.format != form:
                raise ModelError(f"{card_path} describes a .{card.format} file, not {path.name}")
            return cls(card, path)
        data = read_model_file(path)
        name = re.sub(r"[^a-z0-9._-]+|\.\.+", "-", path.stem.lower())[:64].strip("._-") or "model"
        card = ModelCard(
            name=name,
            version="0",
            task="unknown",
            description=f"{path.name}, opened without a card",
            format=form,
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            licence="unknown",
        )
        return cls(card, path)


def read_model_file(path: Path) -> bytes:
    """Return a model file's bytes, refusing empty ones and those no runtime could address."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_MODEL_BYTES:
                raise ModelError(f"{path}: {size} bytes; a model has at most {MAX_MODEL_BYTES}")
            data = file.read(size + 1)
    except FileNotFoundError as error:
        raise ModelNotFoundError(f"{path}: no such model file") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{path}: cannot be read: {reason}") from error
    if len(data) != size or not data:
        raise ModelError(f"{path}: is empty, not a regular file, or changes while being read")
    return data


def check_bytes(data: bytes, card: ModelCard, where: str) -> None:
    """Raise `ChecksumError` unless `data` is what `card` promises."""
    if len(data) != card.size_bytes:
        raise ChecksumError(
            f"{where}: {len(data)} bytes, but the card of {card.name} promises {card.size_bytes}; "
            f"{_remedy(card)}"
        )
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise ChecksumError(
            f"{where}: SHA-256 is {found}, but the card of {card.name} promises {card.sha256}; "
            f"{_remedy(card)}"
        )


def _remedy(card: ModelCard) -> str:
    if card.sources:
        return f"fetch it again with `firsthand models pull {card.name}`"
    return "put the card's own file there, or install again what it came with"
