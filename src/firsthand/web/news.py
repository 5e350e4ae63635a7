"""What happens, told to every open page."""

import asyncio
import json
from contextlib import suppress
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect

_MOST_WAITING: Final = 2_000
_TOO_SLOW: Final = 1013


class News:
    """Messages from any thread to all sockets that follow; one that cannot keep up is closed.

    It then comes back by itself, and asks for everything anew.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._readers: set[asyncio.Queue[str | None]] = set()

    def begin(self) -> None:
        """Belong to the event loop that runs."""
        self._loop = asyncio.get_running_loop()

    def end(self) -> None:
        """Tell nothing more."""
        self._loop = None

    def tell(self, **fields: Any) -> None:
        """Tell all pages, soon."""
        if self._loop is not None:
            text = json.dumps(fields, separators=(",", ":"))
            with suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._spread, text)

    async def follow(self, socket: WebSocket) -> None:
        """Tell a page the news until it leaves, each a JSON object of what was told."""
        await socket.accept()
        mine: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        self._readers.add(mine)
        leaving = asyncio.create_task(_left(socket))
        try:
            while not leaving.done():
                coming = asyncio.create_task(mine.get())
                await asyncio.wait((coming, leaving), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                elif (text := coming.result()) is None:
                    await socket.close(_TOO_SLOW, "Too slow for the news.")
                    break
                else:
                    await socket.send_text(text)
        except WebSocketDisconnect:
            pass
        finally:
            self._readers.discard(mine)
            leaving.cancel()

    def _spread(self, text: str) -> None:
        for reader in tuple(self._readers):
            try:
                reader.put_nowait(text)
            except asyncio.QueueFull:
                self._readers.discard(reader)
                reader.get_nowait()
                reader.put_nowait(None)


async def _left(socket: WebSocket) -> None:
    """Return when the page has left; what it says is not listened to."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
