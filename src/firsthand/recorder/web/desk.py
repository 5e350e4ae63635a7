"""What is to be done, who does it, and how far it is: the server's side of the worker."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, Final, Protocol

from firsthand.core.closing import Closing
from firsthand.errors import FirsthandError, InputError
from firsthand.recorder.library import Library
from firsthand.recorder.loading import Asked
from firsthand.recorder.web.news import News
from firsthand.recorder.web.tasks import Task, Tasks
from firsthand.recorder.web.wire import Message, Wire, messages

MOST_TRIES: Final = 2

_STAGES: Final = {"transcribing": "writing down"}


class Running(Protocol):
    """A worker that runs: a pipe to it and one from it. It ends when the first is closed."""

    heard: IO[bytes]
    told: IO[bytes]

    def wait(self) -> str:
        """Wait until it has ended, let go of it, and say how it did."""
        ...


Start = Callable[[], Running]


@dataclass(frozen=True, slots=True)
class Work:
    """How far a task is; `whole_ms` is 0 where that is unknown."""

    stage: str = "waiting"
    done_ms: int = 0
    whole_ms: int = 0


class Desk(Closing):
    """The tasks of a library, in the hands of a worker that is started when there are any.

    A worker that dies is started anew, and what it was at is begun anew; what has been begun
    `MOST_TRIES` times is given up, and its problem kept. Methods may be called from any thread.
    """

    def __init__(self, library: Path, tasks: Tasks, start: Start, news: News) -> None:
        self._library, self._tasks, self._start, self._news = library, tasks, start, news
        self._lock = Lock()
        self._open: dict[str, Task] = {}
        self._work: dict[str, Work] = {}
        self._at_it: set[str] = set()
        self._live: set[str] = set()
        self._lost: set[str] = set()
        self._wire: Wire | None = None
        self._running: Running | None = None
        self._listener: Thread | None = None
        self._closed = False

    def resume(self) -> None:
        """Take up what was not finished when the last server ended."""
        for task in self._tasks.all():
            with self._lock:
                self._open[task.task] = task
            if not task.problem:
                self._begin(task)

    def add(self, task: Task) -> None:
        """Take on an upload whose bytes are in their place, or a recording that begins now."""
        self._tasks.write(task)
        with self._lock:
            self._open[task.task] = task
        self._news.tell(list=True)
        if task.kind == "upload":
            self._begin(task)

    def live(self, task: Task, rate_hz: int) -> None:
        """Have a recording written down whose sound comes by `sound`, until `end`."""
        with self._lock:
            self._live.add(task.task)
            self._work[task.task] = Work("writing down")
        self._send(task, do="live", recording=task.recording, rate_hz=rate_hz)

    def sound(self, task: Task, octets: bytes) -> None:
        """Give the next samples of a live recording, int16."""
        self._send(task, octets, do="sound")

    def end(self, task: Task) -> None:
        """Say that a live recording's sound is over, and stored."""
        with self._lock:
            lost = task.task in self._lost
            self._live.discard(task.task)
            self._lost.discard(task.task)
        if lost:
            self._begin(task)
        else:
            self._send(task, do="end")

    def drop(self, name: str) -> None:
        """Forget an upload that waits or has a problem; `InputError` for any other."""
        with self._lock:
            task = self._open.get(name)
            if task is None or task.kind != "upload":
                raise InputError(f"there is no upload {name[:40]!r}")
            if not task.problem and self._work.get(name, Work()).stage != "waiting":
                raise InputError(f"{task.name} is being added; delete it when it is there")
            del self._open[name]
            self._work.pop(name, None)
        self._send(task, do="drop")
        self._tasks.remove(task)
        self._news.tell(list=True)

    def uploads(self) -> list[tuple[Task, Work | None]]:
        """Return the uploads that are no recordings yet."""
        with self._lock:
            return [
                (task, None if task.problem else self._work.get(task.task, Work()))
                for task in self._open.values()
                if task.kind == "upload" and (task.recording is None or task.problem)
            ]

    def work_on(self, recording: int) -> Work | None:
        """Return how far writing down a recording is, None where nobody is at it."""
        with self._lock:
            for task in self._open.values():
                if task.recording == recording and not task.problem:
                    return self._work.get(task.task, Work())
        return None

    def close(self) -> None:
        """Let the worker end; what it has not finished is begun anew by the next server."""
        with self._lock:
            self._closed = True
            running, self._wire = self._running, None
        if running is not None:
            _close_quietly(running.heard)
        if self._listener is not None:
            self._listener.join()

    def _begin(self, task: Task) -> None:
        """Have a task done from its beginning; what was begun of it is removed."""
        try:
            if task.kind == "upload":
                self._remove_begun(task)
                task = self._changed(task, recording=None)
                path = str(self._tasks.sound_of(task))
                self._send(task, do="add", path=path, title=Path(task.name).stem)
            else:
                self._send(task, do="write", recording=task.recording)
        except FirsthandError as error:
            self._ended(task, problem=str(error))

    def _remove_begun(self, task: Task) -> None:
        if task.recording is not None:
            with Library(self._library) as library:
                if task.recording in {each.number for each in library.recordings()}:
                    library.delete(task.recording)

    def _changed(self, task: Task, **fields: Any) -> Task:
        task = replace(task, **fields)
        with self._lock:
            self._open[task.task] = task
        self._tasks.write(task)
        return task

    def _send(self, task: Task, octets: bytes = b"", **fields: Any) -> None:
        """Send to the worker, started if need be; what it does not take is seen to when it ends."""
        with self._lock:
            if self._closed:
                return
            if self._wire is None:
                if fields["do"] in ("sound", "end", "drop"):
                    return
                self._running = self._start()
                self._wire = Wire(self._running.heard)
                self._listener = Thread(target=self._listen, args=(self._running,), name="desk")
                self._listener.start()
            wire = self._wire
        try:
            wire.send(octets, task=task.task, **fields)
        except (OSError, ValueError):
            return

    def _listen(self, running: Running) -> None:
        """Take what a worker reports until it ends, then see to what it left."""
        for message in messages(running.told):
            with self._lock:
                task = self._open.get(message["task"])
            if task is not None:
                self._take(task, message)
        with self._lock:
            closing = self._closed
            if self._running is running:
                self._running = self._wire = None
        _close_quietly(running.heard)
        how = running.wait()
        if closing:
            return
        with self._lock:
            at_it, self._at_it = self._at_it, set()
            self._lost |= self._live
            left = [
                each
                for each in self._open.values()
                if not each.problem and each.task not in self._live
            ]
        for task in left:
            if task.task in at_it and task.tries >= MOST_TRIES:
                self._ended(task, problem=f"writing it down failed {task.tries} times: {how}")
            else:
                self._begin(task)

    def _begun(self, task: Task) -> Task:
        """Count that the worker is at a task, which may be what ends it."""
        with self._lock:
            known = task.task in self._at_it
            self._at_it.add(task.task)
        return task if known else self._changed(task, tries=task.tries + 1)

    def _take(self, task: Task, message: Message) -> None:
        about: dict[str, Any]
        if "recording" in message:
            task = self._changed(task, recording=message["recording"])
            self._news.tell(list=True)
        elif "stage" in message:
            stage: str = message["stage"]
            if stage != "waiting":
                task = self._begun(task)
            stage = _STAGES.get(stage, stage)
            work = Work(stage, message.get("done_ms", 0), message.get("whole_ms", 0))
            with self._lock:
                self._work[task.task] = work
            about = {"upload": task.task}
            if task.recording is not None:
                about = {"recording": task.recording}
            self._news.tell(**about, work=told(work))
        elif "done" in message:
            self._ended(task, remark=message["done"])
        elif "failed" in message:
            self._ended(task, problem=message["failed"])
        elif task.recording is not None:
            about = {key: message[key] for key in ("words", "guess", "heard") if key in message}
            self._news.tell(recording=task.recording, **about)

    def _ended(self, task: Task, *, problem: str = "", remark: str = "") -> None:
        """Forget a task that is done, or keep what was wrong with an upload."""
        problem = problem.replace(str(self._tasks.sound_of(task)), task.name)
        kept = bool(problem) and task.kind == "upload"
        if task.recording is not None and (problem or remark):
            self._note(task.recording, problem or remark)
        with self._lock:
            self._work.pop(task.task, None)
            self._at_it.discard(task.task)
            if not kept:
                self._open.pop(task.task, None)
        if kept:
            self._changed(task, problem=problem)
        else:
            self._tasks.remove(task)
        if task.recording is not None:
            self._news.tell(recording=task.recording, work=None)
            self._news.tell(recording=task.recording, changed=True)
        self._news.tell(list=True)

    def _note(self, recording: int, words: str) -> None:
        try:
            with Library(self._library) as library:
                found = library.recording(recording)
                library.describe(
                    recording, language=found.language, engine=found.engine, note=words
                )
        except FirsthandError:
            return  # it is no more


def told(work: Work | None) -> dict[str, Any] | None:
    """Return work as the page takes it."""
    if work is None:
        return None
    return {"stage": work.stage, "done_ms": work.done_ms, "whole_ms": work.whole_ms}


class Process:
    """A worker as a process of its own; see `worker.main`."""

    def __init__(self, library: Path, asked: Asked) -> None:
        speakers = "speakers" if asked.speakers else "none"
        arguments = [str(library), asked.engine, asked.model, asked.language, asked.sounds]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firsthand.recorder.web.worker", *arguments, speakers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # the Ctrl-C that ends the server is not for it
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.heard: IO[bytes] = self._process.stdin
        self.told: IO[bytes] = self._process.stdout

    def wait(self) -> str:
        """Wait until the process has ended."""
        code = self._process.wait()
        self.told.close()
        return f"its program ended with code {code}"


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # who would read it is no more


def stamp(now: datetime) -> str:
    """Return what a recording without a title is called."""
    return f"{now.astimezone():%Y-%m-%d %H:%M}"
