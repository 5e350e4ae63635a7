"""How the page and the server speak: JSON both ways, and pictures as bytes."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic

from fastapi import WebSocket, WebSocketDisconnect

from firsthand.errors import ConfigError, FirsthandError, InputError, ModelError
from firsthand.web.live.system import LiveSystem, Models, Options, Result, State
from firsthand.web.live.worker import Worker
from firsthand.web.messages import read_json

_REFUSED, _FULL = 1008, 1013  # RFC 6455 section 7.4.1, and IANA's registry


@dataclass(frozen=True, slots=True, eq=False)
class Conversation(Generic[Models, Options, State, Result]):
    """One connection."""

    socket: WebSocket
    system: LiveSystem[Models, Options, State, Result]
    worker: Worker[Models]

    async def say(self, **fields: Any) -> None:
        """Send a JSON object."""
        text = json.dumps(fields, separators=(",", ":"), allow_nan=False)
        await self.socket.send_text(text)

    async def hear(self) -> dict[str, Any] | bytes:
        """Return the next message: an object, or bytes.

        Raises `InputError` for text that is no JSON object, `WebSocketDisconnect` at the end.
        """
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        data = message.get("bytes")
        return read_json(message["text"]) if data is None else bytes(data)

    async def options(self, given: object) -> Options | None:
        """Return the options in a `start` message, with their models loaded.

        None, and the page is told why, where the models cannot be had. Raises `InputError` for
        what is no set of options.
        """
        if not isinstance(given, Mapping):
            raise InputError("start is an object of options")
        options = self.system.read_options(given)
        try:
            await self.worker.do(lambda: self.worker.models(options.model))
        except (ModelError, ConfigError) as error:
            await self.say(refused=str(error))
            return None
        return options


@asynccontextmanager
async def conversing(
    socket: WebSocket,
    system: LiveSystem[Models, Options, State, Result],
    worker: Worker[Models],
) -> AsyncIterator[Conversation[Models, Options, State, Result] | None]:
    """Accept a connection; None where there are enough of them already.

    A `FirsthandError` of the block ends the connection with its words as the reason. That the
    page leaves is no error.
    """
    await socket.accept()
    conversation = Conversation(socket, system, worker)
    try:
        with worker.place() as free:
            if not free:
                await socket.close(_FULL, "Too many pages are open here; close one of them.")
                yield None
                return
            try:
                yield conversation
            except FirsthandError as error:
                await conversation.say(error=str(error))
                await socket.close(_REFUSED, _short(str(error)))
    except WebSocketDisconnect:
        return


def only(message: Mapping[str, Any], *names: str) -> str:
    """Return the one name in a message; `InputError` unless it is one of `names`."""
    found = list(message)
    if len(found) != 1 or found[0] not in names:
        told = ", ".join(name[:40] for name in found[:4]) or "nothing"
        raise InputError(f"a message has one of {', '.join(names)} in it, not {told}")
    return found[0]


def whole(given: object, name: str, most: int) -> int:
    """Return a whole number in 0..most; `InputError` for anything else."""
    if type(given) is not int or not 0 <= given <= most:
        raise InputError(f"{name} is a whole number in 0..{most}, not {str(given)[:40]!r}")
    return given


def _short(reason: str) -> str:
    """Return as much of a reason as a closing message holds: 123 bytes."""
    return reason.encode("ascii", "replace")[:120].decode("ascii")
