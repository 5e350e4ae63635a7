"""What is to be done, who does it, and how far it is: the server's side of the worker."""

import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import IO, Any, Final

from firsthand.core.closing import Closing
from firsthand.errors import FirsthandError, InputError
from firsthand.recorder.library import Library
from firsthand.recorder.loading import EarsOptions
from firsthand.recorder.web.link import Link, Running
from firsthand.recorder.web.tasks import Task, Tasks
from firsthand.recorder.web.wire import Message
from firsthand.web.news import News

MOST_DEATHS: Final = 2
MOST_SILENT: Final = 3
"""How many workers in a row may end without a word before it is given up."""

_STAGES: Final = {"transcribing": "writing down", "loading": "waiting"}

Start = Callable[[], Running]


@dataclass(frozen=True, slots=True)
class Work:
    """How far a task is; `whole_ms` is 0 where that is unknown."""

    stage: str = "waiting"
    done_ms: int = 0
    whole_ms: int = 0


class Desk(Closing):
    """The tasks of a library, in the hands of a worker that is started when there are any.

    A worker that dies is followed by another, which begins anew what the first had. What was at
    work when `MOST_DEATHS` of them died is given up, and its problem kept; what was at work beside
    it is begun again by itself. Methods may be called from any thread, and none waits for the
    worker.
    """

    def __init__(self, library: Path, tasks: Tasks, start: Start, news: News) -> None:
        self._library, self._tasks, self._start, self._news = library, tasks, start, news
        self._lock = RLock()
        self._open: dict[str, Task] = {}
        self._work: dict[str, Work] = {}
        self._live: set[str] = set()
        self._lost: set[str] = set()
        self._suspects: deque[str] = deque()
        self._suspect = ""
        self._silent = 0
        self._link: Link | None = None
        self._closed = False

    def resume(self) -> None:
        """Take up what was not finished when the last server ended."""
        for task in self._tasks.all():
            with self._lock:
                self._open[task.task] = task
            if not task.problem:
                self._begin(task)

    def add(self, task: Task) -> None:
        """Take on an upload whose bytes are in their place, or a recording to be written anew."""
        self._keep(task)
        self._begin(task)

    def retry(self, name: str) -> None:
        """Try an upload with a problem again; `InputError` for any other."""
        with self._lock:
            task = self._open.get(name)
            if task is None or not task.problem:
                raise InputError(f"there is no upload {name[:40]!r} that went wrong")
            self._silent = 0
            task = self._changed(task, problem="", deaths=0)
        self._news.tell(list=True)
        self._begin(task)

    def live(self, task: Task, rate_hz: int) -> None:
        """Have a recording written down whose sound comes by `sound`, until `end`."""
        self._keep(task)
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
        self._send(task, do="end")
        if lost:
            self._begin(task)

    def drop(self, name: str) -> None:
        """Forget an upload that waits or has a problem; `InputError` for any other."""
        with self._lock:
            task = self._open.get(name)
            if task is None or task.kind != "upload":
                raise InputError(f"there is no upload {name[:40]!r}")
            if not task.problem and self._work.get(name, Work()).stage != "waiting":
                raise InputError(f"{task.name} is being added; delete it when it is there")
            self._send(task, do="drop")
            self._forget(task)
        self._news.tell(list=True)

    def uploads(self) -> list[tuple[Task, Work | None]]:
        """Return the uploads that are not done, those that are recordings already among them."""
        with self._lock:
            return [
                (task, None if task.problem else self._work.get(task.task, Work()))
                for task in self._open.values()
                if task.kind == "upload"
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
            link = self._link
        if link is not None:
            link.close()

    def _keep(self, task: Task) -> None:
        """Know of a task, on the disk first."""
        self._tasks.write(task)
        with self._lock:
            self._open[task.task] = task
        self._news.tell(list=True)

    def _begin(self, task: Task) -> None:
        """Have a task done from its beginning; what was begun of it is removed."""
        try:
            if task.kind == "upload":
                task = self._without_recording(task)
                path = str(self._tasks.sound_of(task))
                sent = self._send(task, do="add", path=path, title=Path(task.name).stem)
            else:
                sent = self._send(task, do="write", recording=task.recording)
        except (FirsthandError, OSError) as error:
            self._ended(task, problem=str(error))
        else:
            if not sent:
                self._ended(task, problem="its program does not take any more; try again later")

    def _without_recording(self, task: Task) -> Task:
        if task.recording is None:
            return task
        with Library(self._library) as library:
            if task.recording in {each.number for each in library.recordings()}:
                library.delete(task.recording)
        return self._changed(task, recording=None)

    def _changed(self, task: Task, **fields: Any) -> Task:
        """Keep what has become of a task, unless it was forgotten meanwhile."""
        task = replace(task, **fields)
        with self._lock:
            if task.task in self._open:
                self._open[task.task] = task
                try:
                    self._tasks.write(task)
                except FirsthandError as error:  # such as a full disk: it is known here at least
                    print(f"firsthand: {error}", file=sys.stderr)  # noqa: T201
        return task

    def _forget(self, task: Task) -> None:
        with self._lock:
            self._open.pop(task.task, None)
            self._work.pop(task.task, None)
            self._tasks.remove(task)

    def _send(self, task: Task, octets: bytes = b"", **fields: Any) -> bool:
        """Send to the worker, which is started for a task; False where it is too far behind."""
        with self._lock:
            if self._closed:
                return True  # the next server does it
            begins = fields["do"] in ("add", "write", "live")
            if self._link is None:
                if not begins:
                    return True
                self._link = Link(self._start(), self._take, self._gone)
            if begins:
                self._link.tasks.add(task.task)
            elif task.task not in self._link.tasks:
                return True
            sent = self._link.send(octets, task=task.task, **fields)
            if not sent and task.task in self._live:
                self._lost.add(task.task)
            return sent

    def _gone(self, link: Link, how: str) -> None:
        """See to what a worker left that has ended."""
        with self._lock:
            if self._link is link:
                self._link = None
            if self._closed:
                return
            self._silent = 0 if link.spoke else self._silent + 1
            hopeless = self._silent >= MOST_SILENT
            self._lost |= link.tasks & self._live
            left = [
                self._open[name]
                for name in sorted(link.tasks - self._live)
                if name in self._open and not self._open[name].problem
            ]
            suspects = [task for task in left if task.task in link.at_work]
            self._suspect = ""
        for task in left:
            if hopeless:
                self._ended(task, problem=f"what writes it down does not start: {how}")
            elif task not in suspects:
                self._begin(task)
        again = []
        for task in [] if hopeless else suspects:
            if task.deaths + 1 >= MOST_DEATHS:
                times = task.deaths + 1
                self._ended(task, problem=f"writing it down failed {times} times: {how}")
            else:
                again.append(self._changed(task, deaths=task.deaths + 1))
        with self._lock:
            self._suspects.extend(task.task for task in again)
        self._next_suspect()

    def _next_suspect(self) -> None:
        """Begin the next of those that were at work when a worker died: one at a time."""
        with self._lock:
            while self._suspects and not self._suspect:
                task = self._open.get(self._suspects.popleft())
                if task is not None:
                    self._suspect = task.task
                    self._begin(task)

    def _take(self, message: Message) -> None:
        with self._lock:
            task = self._open.get(message["task"])
        if task is None:
            return
        if "recording" in message:
            task = self._changed(task, recording=message["recording"])
            self._news.tell(list=True)
        elif "stage" in message:
            self._stage(task, message)
        elif "done" in message:
            self._ended(task, remark=message["done"])
        elif "failed" in message:
            self._ended(task, problem=message["failed"])
        elif task.recording is not None:
            about = {key: message[key] for key in ("words", "guess", "heard") if key in message}
            self._news.tell(recording=task.recording, **about)

    def _stage(self, task: Task, message: Message) -> None:
        stage: str = message["stage"]
        work = Work(
            _STAGES.get(stage, stage), message.get("done_ms", 0), message.get("whole_ms", 0)
        )
        with self._lock:
            if stage != "waiting" and self._link is not None:
                self._link.at_work.add(task.task)
            stored = self._work.get(task.task, work).stage == "storing" != work.stage
            self._work[task.task] = work
        if task.recording is None:
            self._news.tell(upload=task.task, work=told(work))
        else:
            self._news.tell(recording=task.recording, work=told(work))
            if stored:  # there is sound to be heard
                self._news.tell(recording=task.recording, changed=True)
                self._news.tell(list=True)

    def _ended(self, task: Task, *, problem: str = "", remark: str = "") -> None:
        """Forget a task that is done, or keep what was wrong with an upload."""
        problem = problem.replace(str(self._tasks.sound_of(task)), task.name)
        if task.recording is not None and (problem or remark):
            self._note(task.recording, problem or remark)
        with self._lock:
            if self._link is not None:
                self._link.tasks.discard(task.task)
                self._link.at_work.discard(task.task)
            self._work.pop(task.task, None)
            if problem and task.kind == "upload":
                self._changed(task, problem=problem)
            else:
                self._forget(task)
        if task.recording is not None:
            self._news.tell(recording=task.recording, work=None)
            self._news.tell(recording=task.recording, changed=True)
        self._news.tell(list=True)
        with self._lock:
            if task.task == self._suspect:
                self._suspect = ""
                self._next_suspect()

    def _note(self, recording: int, words: str) -> None:
        try:
            with Library(self._library) as library:
                library.note(recording, words)
        except FirsthandError:
            return  # it is no more


def told(work: Work | None) -> dict[str, Any] | None:
    """Return work as the page takes it."""
    if work is None:
        return None
    return {"stage": work.stage, "done_ms": work.done_ms, "whole_ms": work.whole_ms}


class Process:
    """A worker as a process of its own; see `worker.main`."""

    def __init__(self, library: Path, asked: EarsOptions) -> None:
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

    def kill(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
