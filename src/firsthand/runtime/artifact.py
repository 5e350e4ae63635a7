"""A model: its card and its file, read only as the bytes that the card promises.

The file may be packed, as NAME.tflite.xz or NAME.onnx.xz. The card, NAME.json, is of the model
inside: it is the same beside a packed file as beside a plain one, however the packing was done.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import ChecksumError, ModelError, ModelNotFoundError
from firsthand.runtime.card import MAX_MODEL_BYTES, ModelCard, ModelFormat, read_card

_PACKED = ".xz"
_SUFFIXES: dict[str, ModelFormat] = {".tflite": "tflite", ".onnx": "onnx"}


@dataclass(frozen=True)
class Model:
    """A card and the path of the file it describes."""

    card: ModelCard
    path: Path

    def read(self) -> bytes:
        """Return the model's bytes after checking their number and SHA-256 against the card.

        A packed file is unpacked first, to no more bytes than the card promises.

        Raises `ChecksumError` if they differ, `ModelNotFoundError` if the file is gone,
        `ModelError` for a packed file that cannot be unpacked.
        """
        data = _read(self.path, self.card.size_bytes)
        check_bytes(data, self.card, str(self.path))
        return data

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Model":
        """Open a .tflite or .onnx file of the user's own, or one packed as .tflite.xz or .onnx.xz.

        With `NAME.json` beside `NAME.tflite` that card is used, and must be valid. Without one a
        card is made up from the model: its name, size and SHA-256, licence "unknown", inputs and
        outputs left to the runner.
        """
        path = Path(path)
        plain = path.with_suffix("") if _is_packed(path) else path
        form = _SUFFIXES.get(plain.suffix.lower())
        if form is None:
            raise ModelError(
                f"{path}: a model file ends in .tflite or .onnx, or packed in .tflite.xz or "
                ".onnx.xz"
            )
        card_path = plain.with_suffix(".json")
        try:
            has_card = card_path.exists()
        except OSError:  # a name longer than any file has, which reading it tells of
            has_card = False
        if has_card:
            card = read_card(card_path)
            if card.format != form:
                raise ModelError(f"{card_path} describes a .{card.format} file, not {path.name}")
            return cls(card, path)
        data = _read(path, MAX_MODEL_BYTES)
        name = re.sub(r"[^a-z0-9._-]+|\.\.+", "-", plain.stem.lower())[:64].strip("._-") or "model"
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
    """Return a file's bytes as they lie there; `ModelError` for none, or more than a model has."""
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


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == _PACKED


def _read(path: Path, most_bytes: int) -> bytes:
    """Return a file's model: of a packed one what it holds, of at most `most_bytes`."""
    data = read_model_file(path)
    if not _is_packed(path):
        return data
    from firsthand.runtime.packed import unpacked  # not every Python is built with lzma

    return unpacked(data, str(path), most_bytes)


def _remedy(card: ModelCard) -> str:
    if card.sources:
        return f"fetch it again with `firsthand models pull {card.name}`"
    return "put the card's own file there, or install again what it came with"
