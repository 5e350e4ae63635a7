"""The conversation about a file: it comes in pieces; its pictures go back, and what is in them."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import WebSocket

from firsthand.core.clock import Clock
from firsthand.errors import ConfigError, InputError, MediaError
from firsthand.web.live.conversation import Conversation, conversing, only, whole
from firsthand.web.live.shows import Show, open_show
from firsthand.web.live.system import LiveSystem, Models, Options, Result, State
from firsthand.web.live.worker import Worker

MAX_FILE_BYTES: Final = 2_000_000_000
_LARGEST_US: Final = 2**53  # what a page's numbers hold exactly


async def watch_file(
    socket: WebSocket,
    system: LiveSystem[Models, Options, State, Result],
    worker: Worker[Models],
    clock: Clock,
) -> None:
    """Take a file and show what is in it, until the page leaves; then the file is deleted.

    Page: `{"file": bytes}` with the size; when that is answered by `{"got": 0}`, the file in
    messages of bytes, each sent once the one before is answered by `{"got": bytes so far}`. Then
    `{"start": options}`, answered by `{"started": Show.about}`, or by `{"refused": why}` where
    their models cannot be had and all stays as it was, and any number of
    `{"next": microseconds}`, answered as `Show.next` does, or by `{"error": why}` where the options
    do not go with the picture. At the end comes
    `{"end": {"damage": .. or null}}`, and another `start` begins anew. A file that cannot be read
    ends the connection, as any other message does; the reason is told.
    """
    async with conversing(socket, system, worker) as conversation:
        if conversation is None:
            return
        with tempfile.TemporaryDirectory(prefix="firsthand-") as folder:
            path = Path(folder) / "file"
            await _take(conversation, path)
            await _play(conversation, path, clock)


async def _take(conversation: Conversation[Models, Options, State, Result], path: Path) -> None:
    message = await conversation.hear()
    if isinstance(message, bytes):
        raise InputError("the size of the file comes before its bytes")
    only(message, "file")
    size = whole(message["file"], "the size of a file in bytes", MAX_FILE_BYTES)
    if size == 0:
        raise InputError("the file is empty, so there is nothing to look at")
    got = 0
    with path.open("wb") as file:
        while got < size:
            await conversation.say(got=got)
            piece = await conversation.hear()
            if not isinstance(piece, bytes) or not 0 < len(piece) <= size - got:
                raise InputError(f"{size - got} bytes of the file are to come, and nothing else")
            try:
                await asyncio.to_thread(file.write, piece)
            except OSError as error:
                raise MediaError(f"the file cannot be kept here: {error.strerror}") from error
            got += len(piece)
    await conversation.say(got=got)


async def _play(
    conversation: Conversation[Models, Options, State, Result], path: Path, clock: Clock
) -> None:
    system, worker = conversation.system, conversation.worker
    async with AsyncExitStack() as ending:
        show: Show | None = None
        while True:
            message = await conversation.hear()
            if isinstance(message, bytes):
                raise InputError("the file is here already, and more bytes came")
            if only(message, "start", "next") == "start":
                options = await conversation.options(message["start"])
                if options is None:
                    continue
                await ending.aclose()
                show = await worker.do(partial(_open, system, path, options, worker, clock))
                ending.push_async_callback(worker.do, show.close)  # where its frames are decoded
                await conversation.say(started=show.about)
                continue
            if show is None:
                raise InputError("a file is started before its pictures are asked for")
            after_us = whole(message["next"], "a time in microseconds", _LARGEST_US)
            try:
                picture = await worker.do(partial(show.next, after_us))
            except ConfigError as error:
                await conversation.say(error=str(error))
                continue
            if picture is None:
                await conversation.say(end={"damage": show.damage})
            else:
                await conversation.socket.send_bytes(picture)


def _open(
    system: LiveSystem[Models, Options, State, Result],
    path: Path,
    options: Options,
    worker: Worker[Models],
    clock: Clock,
) -> Show:
    return open_show(system, path, options, worker.models(options.model), clock)
