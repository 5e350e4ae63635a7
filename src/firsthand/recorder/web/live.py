"""Recordings that a page makes: their sound is stored before it is acknowledged.

A page counts samples. What it sends twice is taken once, and a connection that is lost is taken up
again by the session's name: so nothing is lost, and nothing is there twice. Where the server is
killed, the page still has what was not yet `kept`, and begins the next recording with that.
"""

import asyncio
import re
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from fastapi import WebSocket, WebSocketDisconnect
from numpy.typing import NDArray

from firsthand.errors import FirsthandError, InputError, MediaError
from firsthand.media import AudioLog
from firsthand.recorder.library import Library
from firsthand.recorder.web.desk import Desk
from firsthand.recorder.web.tasks import Task, new_task
from firsthand.web import read_json

Samples = NDArray[np.int16]

MOST_SESSIONS: Final = 4
MOST_SAMPLES: Final = 96_000
LINGERS_S: Final = 600.0
"""How long a session waits for its page to come back."""

_LOWEST_HZ: Final = 8_000
_HIGHEST_HZ: Final = 192_000
_SESSION: Final = re.compile(r"[0-9A-Za-z-]{16,64}")
_HEAD: Final = struct.Struct("<d")
_FULL_SCALE: Final = 32_768.0
_ON_THE_WAY_S: Final = 1.0  # an `AudioLog` holds half a second back
_REMEMBERED: Final = 1_000
_REFUSED, _FULL = 1008, 1013
_LOST: Final = "its page did not come back"
_SERVER_ENDED: Final = "the program that recorded it was ended"


@dataclass(eq=False)
class _Session:
    """A recording that goes on; its thread alone touches library and log."""

    thread: ThreadPoolExecutor
    socket: WebSocket
    opening: "asyncio.Future[None] | None" = None
    task: Task | None = None
    log: AudioLog | None = None
    rate_hz: int = 0
    path: Path | None = None
    ending: ExitStack = field(default_factory=ExitStack)
    lingering: asyncio.TimerHandle | None = None

    @property
    def have(self) -> int:
        """How many samples are stored."""
        return 0 if self.log is None else self.log.samples

    @property
    def kept(self) -> int:
        """How many of them are on the disk though this process were killed."""
        return max(0, self.have - round(_ON_THE_WAY_S * self.rate_hz))

    @property
    def recording(self) -> int:
        """The number of its recording; 0 before it has one."""
        return 0 if self.task is None else self.task.recording or 0


class LiveSessions:
    """The recordings under way in a library; belongs to the event loop."""

    def __init__(
        self,
        library: Path,
        desk: Desk,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        lingers_s: float = LINGERS_S,
    ) -> None:
        self._library, self._desk, self._now, self._lingers_s = library, desk, now, lingers_s
        self._sessions: dict[str, _Session] = {}
        self._ended: dict[str, tuple[int, int]] = {}
        self._ending: asyncio.Task[None] | None = None

    async def follow(self, socket: WebSocket) -> None:
        """Hold a page's conversation about its recording.

        Page: `{"begin": {"session", "rate_hz", "title", "from"}}`, the session a name of its own
        choice, `from` the first sample that it still has; answered by `{"recording", "have"}`, from
        which sample on it is to send, or, where the session is not known and `from` is not 0, by
        `{"unknown": true}`, upon which another `begin` may come. Then bytes, `_sound`, each
        answered by `{"have", "kept"}`; the page lets go of what is kept. `{"end": samples}` ends
        the recording and is answered by `{"ended": recording}`; `{"leave": true}` ends it where it
        is. What is out of order is answered by `{"error"}` and the end of the connection.
        """
        await socket.accept()
        try:
            await self._talk(socket)
        except FirsthandError as error:
            await socket.send_json({"error": str(error)})
            await socket.close(_REFUSED, _short(str(error)))
        except WebSocketDisconnect:
            pass
        finally:
            for name, session in self._sessions.items():
                if session.socket is socket:
                    self._linger(name, session)

    def is_away(self, recording: int) -> bool:
        """Whether a recording under way has lost its page; from any thread."""
        sessions = tuple(self._sessions.values())
        return any(each.recording == recording and each.lingering for each in sessions)

    async def end(self, recording: int) -> bool:
        """End a recording whose page is away; False where it is there, or there is none."""
        for name, session in tuple(self._sessions.items()):
            if session.recording == recording and session.lingering is not None:
                await self._end(name, _LOST)
                return True
        return False

    async def close(self) -> None:
        """End all recordings; what is stored is kept."""
        for name in tuple(self._sessions):
            await self._end(name, _SERVER_ENDED)

    async def _talk(self, socket: WebSocket) -> None:
        """Take sound until it ends."""
        begin = _begin(await _heard(socket))
        while self._is_unknown(begin["session"]) and begin["from"]:
            await socket.send_json({"unknown": True})
            begin = _begin(await _heard(socket))
        name = begin["session"]
        if name in self._ended:
            await self._say_again(socket, *self._ended[name])
            return
        session = await self._joined(socket, begin)
        if session is None:
            await socket.close(_FULL, "So many recordings are under way; end one of them.")
            return
        await socket.send_json({"recording": session.recording, "have": session.have})
        while True:
            message = await _heard(socket)
            if session.socket is not socket:
                raise InputError("this recording goes on in another window")
            if isinstance(message, bytes):
                await self._take(name, session, message)
                await socket.send_json({"have": session.have, "kept": session.kept})
                continue
            if message == {"leave": True}:
                await self._end(name, _LOST)
                return
            if message.get("end") != session.have:
                said = str(message.get("end"))[:40]
                raise InputError(
                    f"{session.have} samples are here, and {said} is said to be the end"
                )
            self._ended[name] = session.recording, session.have
            if len(self._ended) > _REMEMBERED:
                del self._ended[next(iter(self._ended))]
            await self._end(name, "")
            await socket.send_json({"ended": session.recording})
            await socket.close()
            return

    def _is_unknown(self, name: str) -> bool:
        return name not in self._sessions and name not in self._ended

    async def _joined(self, socket: WebSocket, begin: dict[str, Any]) -> _Session | None:
        """Return a page's session, begun if it is new; None where there are enough of them."""
        name = begin["session"]
        session = self._sessions.get(name)
        if session is None:
            if len(self._sessions) >= MOST_SESSIONS:
                return None
            session = self._sessions[name] = _Session(ThreadPoolExecutor(1, "live"), socket)
            job = partial(self._open, session, begin)
            session.opening = asyncio.ensure_future(self._do(session, job))
        assert session.opening is not None
        try:
            await asyncio.shield(session.opening)
        except Exception:
            if self._sessions.get(name) is session:
                del self._sessions[name]
                session.thread.shutdown(wait=False)
            raise
        if session.lingering is not None:
            session.lingering.cancel()
            session.lingering = None
        session.socket = socket
        return session

    async def _say_again(self, socket: WebSocket, recording: int, have: int) -> None:
        """Tell a page that did not hear it that its recording has ended."""
        await socket.send_json({"recording": recording, "have": have})
        message = await _heard(socket)
        if message != {"end": have}:
            raise InputError(f"this recording has ended, with {have} samples")
        await socket.send_json({"ended": recording})
        await socket.close()

    async def _take(self, name: str, session: _Session, octets: bytes) -> None:
        first, samples = _sound(octets)
        try:
            await self._do(session, partial(self._store, session, first, samples))
        except MediaError as error:  # such as a full disk
            why = str(error).replace(str(session.path), "the recording")
            await self._end(name, why)
            raise MediaError(why) from error

    def _open(self, session: _Session, begin: dict[str, Any]) -> None:
        """Begin a recording, on the session's thread."""
        now, rate_hz = self._now(), begin["rate_hz"]
        title = begin["title"] or f"{now.astimezone():%Y-%m-%d %H:%M}"
        with ExitStack() as stack:
            library = stack.enter_context(Library(self._library))
            number, session.log = stack.enter_context(library.begin(title, now, rate_hz))
            session.path, session.rate_hz = library.recording(number).audio, rate_hz
            task = replace(new_task("recording", title, now), recording=number)
            self._desk.live(task, rate_hz)
            session.task = task
            session.ending = stack.pop_all()

    def _store(self, session: _Session, first: int, samples: Samples) -> None:
        """Keep what is new of some samples, on the session's thread."""
        assert session.log is not None
        assert session.task is not None
        have = session.have
        if first > have:
            raise InputError(f"sample {first} comes after sample {have}: some are missing between")
        new = samples[have - first :]
        if len(new):
            session.log.write(new.astype(np.float32) / np.float32(_FULL_SCALE))
            self._desk.sound(session.task, new.tobytes())

    def _close(self, session: _Session, note: str) -> None:
        """End a recording, on the session's thread."""
        assert session.task is not None
        error = MediaError(note) if note else None
        with suppress(FirsthandError):  # which is noted with the recording
            session.ending.__exit__(type(error) if error else None, error, None)
        self._desk.end(session.task)

    async def _end(self, name: str, note: str) -> None:
        session = self._sessions.pop(name, None)
        if session is None:
            return
        if session.lingering is not None:
            session.lingering.cancel()
        if session.task is not None:
            await self._do(session, partial(self._close, session, note))
        session.thread.shutdown(wait=False)

    def _linger(self, name: str, session: _Session) -> None:
        """End a session after a while, unless its page comes back."""
        loop = asyncio.get_running_loop()

        def over() -> None:
            if self._sessions.get(name) is session:
                self._ending = loop.create_task(self._end(name, _LOST))

        session.lingering = loop.call_later(self._lingers_s, over)

    async def _do(self, session: _Session, job: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(session.thread, job)


async def _heard(socket: WebSocket) -> dict[str, Any] | bytes:
    """Return the next message, an object or bytes."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    octets = message.get("bytes")
    return read_json(message["text"]) if octets is None else bytes(octets)


def _begin(message: dict[str, Any] | bytes) -> dict[str, Any]:
    """Return how a recording begins; `InputError` for anything else."""
    begin = None if isinstance(message, bytes) else message.get("begin")
    needed, more = {"session", "rate_hz"}, {"title", "from"}
    if not isinstance(begin, dict) or set(begin) - more != needed:
        raise InputError("a recording begins with its session, its rate_hz and maybe a title")
    session, rate_hz, title = begin["session"], begin["rate_hz"], begin.get("title", "")
    if not isinstance(session, str) or not _SESSION.fullmatch(session):
        raise InputError("a session is 16 to 64 letters, digits and hyphens")
    if type(rate_hz) is not int or not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ:
        raise InputError(f"rate_hz is {_LOWEST_HZ}..{_HIGHEST_HZ}, not {str(rate_hz)[:40]}")
    if not isinstance(title, str):
        raise InputError("a title is text")
    first = begin.get("from", 0)
    if type(first) is not int or first < 0:
        raise InputError(f"from is a whole number from 0 on, not {str(first)[:40]}")
    return {"session": session, "rate_hz": rate_hz, "title": title, "from": first}


def _sound(octets: bytes) -> tuple[int, Samples]:
    """Return the number of the first sample, and samples, of a message of bytes."""
    count, odd = divmod(len(octets) - _HEAD.size, 2)
    if not 0 < count <= MOST_SAMPLES or odd:
        raise InputError(f"sound comes as a place and 1..{MOST_SAMPLES} samples of 16 bits")
    (first,) = _HEAD.unpack_from(octets)
    if not 0 <= first < 2**53 or first != int(first):
        raise InputError(f"a place is a whole number from 0 on, not {first}")
    return int(first), np.frombuffer(octets, "<i2", offset=_HEAD.size)


def _short(reason: str) -> str:
    """Return as much of a reason as a closing message holds: 123 bytes."""
    return reason.encode("ascii", "replace")[:120].decode("ascii")
