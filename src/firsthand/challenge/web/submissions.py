"""Models from the page: on the disk whole, and their cards understood, before they are accepted."""

import asyncio
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from firsthand.challenge.leaderboard import Board, Entry
from firsthand.errors import InputError, ModelError
from firsthand.runtime import Model
from firsthand.web.spool import SILENT_S, spool

INCOMING: Final = "incoming"
LARGEST_BYTES: Final = 500_000_000
LARGEST_CARD: Final = 1 << 20

_LONGEST_NAME: Final = 100


class Submissions:
    """Takes models for the board in `folder`."""

    def __init__(self, folder: Path, *, silent_s: float = SILENT_S) -> None:
        self._board, self._incoming, self._silent_s = folder, folder / INCOMING, silent_s

    def tidy(self) -> None:
        """Remove what was on its way when a server ended; nobody was told that it had come."""
        shutil.rmtree(self._incoming, ignore_errors=True)

    async def take(
        self, name: str, card_bytes: int, stated: int, pieces: AsyncIterator[bytes]
    ) -> tuple[Entry, bool]:
        """Accept a model file of this name whose card, `card_bytes` long, comes before it.

        Without a card, 0 bytes, one is made up. Returns as `Board.submit` does. Raises `InputError`
        for what is no model or no card of it, and `HTTPException` as `spool` does.
        """
        folder = self._incoming / secrets.token_hex(8)
        folder.mkdir(parents=True)
        try:
            path = folder / _plain(name)
            await spool(path, pieces, stated=stated, silent_s=self._silent_s)
            # Once begun it is done, though its sender may be gone.
            return await asyncio.shield(asyncio.to_thread(self._accept, path, card_bytes, name))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _accept(self, path: Path, card_bytes: int, name: str) -> tuple[Entry, bool]:
        try:
            if card_bytes:
                _split(path, card_bytes)
            with Board(self._board) as board:
                return board.submit(Model.open(path))
        except ModelError as error:
            said = str(error).replace(f"{path.parent}/", "")
            raise InputError(f"{said}" if path.name in said else f"{name}: {said}") from error


def _split(path: Path, card_bytes: int) -> None:
    """Put what comes first of a file into the card beside it."""
    whole = path.with_name("whole")
    path.rename(whole)
    with whole.open("rb") as file, path.open("xb") as model:
        path.with_suffix(".json").write_bytes(file.read(card_bytes))
        shutil.copyfileobj(file, model)


def _plain(name: str) -> str:
    """Return a file's name as one that is safe on any disk; `InputError` where it is no model's."""
    last = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = last.rpartition(".")
    if not dot or ending.lower() not in ("tflite", "onnx"):
        raise InputError("a model file ends in .tflite or .onnx")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:_LONGEST_NAME].strip("-")
    return f"{plain or 'model'}.{ending.lower()}"
