"""Drawn photographs, written one after the other."""

from pathlib import Path

from firsthand.errors import InputError, MediaError
from firsthand.media.files import require_place
from firsthand.media.frame import RgbImage
from firsthand.media.image import IMAGE_SUFFIXES, write_image


class PhotographFiles:
    """One file if `path` ends as an image's name does, else a folder of them.

    Each appears whole or not at all, in a folder as NAME.jpg; where two would share a name, the
    second keeps its old ending before the new one. The folder is made for the first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._single = path.suffix.lower() in IMAGE_SUFFIXES
        self._written: set[str] = set()
        if self._single:
            require_place(path)

    def write(self, source: str, picture: RgbImage) -> None:
        """Write what was drawn into the photograph of the file name `source`."""
        if self._single and self._written:
            raise InputError(f"{self._path} holds one photograph; for several, name a folder")
        name = f"{Path(source).stem}.jpg"
        if name in self._written:
            name = f"{source}.jpg"
        if not self._single and not self._written:
            try:
                self._path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise MediaError(
                    f"{self._path}: no folder can be made: {error.strerror}"
                ) from error
        write_image(self._path if self._single else self._path / name, picture)
        self._written.add(name)
