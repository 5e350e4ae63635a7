"""The process that does the page's heavy work: listening to files and to the microphone's sound.

It has its own interpreter, so models never keep the server from storing sound, and their death
takes nothing with it: what is to be done is known to the server (`desk`). Messages to it:

- `{"do": "add", "task", "path", "title"}`: put the file into the library, write down what is heard
- `{"do": "write", "task", "recording"}`: write down the stored sound of a recording anew
- `{"do": "live", "task", "recording", "rate_hz"}`: a recording begins; its sound comes in
  `{"do": "sound", "task", "bytes"}`, int16, and is over with `{"do": "end", "task"}`
- `{"do": "drop", "task"}`: leave out a task that waits

and from it, each with its `task`: `recording` (its number), `stage` with `done_ms` and `whole_ms`,
`words`, `guess`, `heard`, and in the end `done` (remarks) or `failed` (why).
"""

import base64
import os
import queue
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.clock import MonotonicClock
from firsthand.errors import FirsthandError
from firsthand.media import Resampler
from firsthand.recorder.adding import add_audio, write_down
from firsthand.recorder.guessing import Shared
from firsthand.recorder.library import Library
from firsthand.recorder.loading import Asked, ears_with, load_engine
from firsthand.recorder.sounds.listener import Heard, Listener
from firsthand.recorder.transcript import Word, joined
from firsthand.recorder.voice import RATE_HZ
from firsthand.recorder.web.turns import Turns
from firsthand.recorder.web.wire import NO_COLOUR, Message, Wire, columns, messages
from firsthand.recorder.writing import PARTLY, Ears, writing_down

FILES_AT_ONCE: Final = 2

LoadEars = Callable[[bool], Ears]
"""Returns ears of their own for one thread; True: for one that somebody reads along with."""

_FULL_SCALE: Final = 32_768.0
_TELL_EVERY_US: Final = 250_000


def main(arguments: list[str]) -> None:
    """Work in the library named first, with what the rest asks for, until standard input ends."""
    library, engine, model, language, sounds, speakers = arguments
    asked = Asked(engine, model, language, sounds, speakers == "speakers")  # type: ignore[arg-type]
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no message
    work(sys.stdin.buffer, told, Path(library), loader(asked))
    os._exit(0)  # threads at work are left: what they had done is kept, the rest done anew


def loader(asked: Asked) -> LoadEars:
    """Return what loads ears with one engine for all, made when it is first needed."""
    lock = Lock()

    @cache
    def engine() -> Shared:
        return Shared(load_engine(asked, lambda words: print(words, file=sys.stderr)))  # noqa: T201

    def ears(live: bool) -> Ears:
        with lock:
            shared = engine()
        return ears_with(shared, replace(asked, live=live))

    return ears


def work(heard: IO[bytes], told: IO[bytes], library: Path, load: LoadEars) -> None:
    """Do what the messages in `heard` say until they end; report to `told`."""
    worker = _Worker(library, Wire(told), load)
    for message in messages(heard):
        worker.take(message)
    worker.close()


class _Worker:
    def __init__(self, library: Path, wire: Wire, load: LoadEars) -> None:
        self._library, self._wire, self._load = library, wire, load
        self._turns = Turns()
        self._files = ThreadPoolExecutor(FILES_AT_ONCE, "files")
        self._dropped: set[str] = set()
        self._live: dict[str, queue.SimpleQueue[NDArray[Any] | None]] = {}
        self._ears: queue.SimpleQueue[Ears] = queue.SimpleQueue()
        self._clock = MonotonicClock()
        self._told: dict[str, tuple[str, int]] = {}

    def take(self, message: Message) -> None:
        """Begin what a message asks for."""
        task = message["task"]
        match message["do"]:
            case "add" | "write" as what:
                self._say(task, stage="waiting")
                job = self._add if what == "add" else self._write
                self._files.submit(self._doing, task, job, message)
            case "live":
                self._live[task] = queue.SimpleQueue()
                thread = Thread(target=self._doing, args=(task, self._record, message), daemon=True)
                thread.start()
            case "sound":
                if task in self._live:
                    samples = np.frombuffer(message["octets"], "<i2")
                    self._live[task].put(samples.astype(np.float32) / np.float32(_FULL_SCALE))
            case "end":
                if task in self._live:
                    self._live.pop(task).put(None)
            case "drop":
                self._dropped.add(task)

    def close(self) -> None:
        """Begin nothing more; sound that still comes is over."""
        self._files.shutdown(wait=False, cancel_futures=True)
        for sound in self._live.values():
            sound.put(None)

    def _doing(self, task: str, job: Callable[[str, Message], str], message: Message) -> None:
        """Do a job, and report how it ended."""
        if task in self._dropped:
            return
        try:
            self._say(task, done=job(task, message))
        except FirsthandError as error:
            self._say(task, failed=str(error))
        except Exception as error:  # whatever it is, the next task has its turn
            traceback.print_exc()
            self._say(task, failed=f"{type(error).__name__}: {error}")

    def _add(self, task: str, message: Message) -> str:
        with self._turns.taking() as pass_on, self._hearing() as ears, self._opened() as library:

            def tell(what: str, done_s: float, whole_s: float) -> None:
                self._progress(task, what, done_s, whole_s)
                pass_on()

            _, damage = add_audio(
                library,
                Path(message["path"]),
                ears,
                title=message["title"],
                tell=tell,
                begun=lambda number: self._say(task, recording=number),
                told=lambda words: self._words(task, words),
            )
            return damage

    def _write(self, task: str, message: Message) -> str:
        with self._turns.taking() as pass_on, self._hearing() as ears, self._opened() as library:
            recording = library.recording(message["recording"])
            assert recording.audio is not None
            library.forget(recording.number)
            note = "" if recording.note == PARTLY else recording.note
            library.describe(recording.number, language="", engine="", note=note)

            def tell(what: str, done_s: float, whole_s: float) -> None:
                self._progress(task, what, done_s, whole_s)
                pass_on()

            write_down(
                *(library, recording.number, recording.audio, ears),
                whole_s=recording.duration_ms / 1000,
                tell=tell,
                told=lambda words: self._words(task, words),
            )
            return ""

    def _record(self, task: str, message: Message) -> str:
        sound = self._live[task]
        resampler = Resampler(message["rate_hz"], RATE_HZ)
        bars = 0

        with self._turns.first(), self._opened() as library:
            ears = self._load(True)

            def listened(found: Heard) -> None:
                nonlocal bars
                if len(found.colours) and ears.listener is not None:
                    self._heard(task, ears.listener, bars, found)
                    bars += len(found.colours)

            with writing_down(
                *(library, message["recording"], ears),
                live=True,
                told=lambda words: self._words(task, words),
                guessed=lambda words: self._say(task, guess=joined(words)),
                listened=listened,
            ) as hear:
                while (block := sound.get()) is not None:
                    hear(resampler(block))
                hear(resampler.end())
        return ""

    @contextmanager
    def _opened(self) -> Iterator[Library]:
        with Library(self._library) as library:
            yield library

    @contextmanager
    def _hearing(self) -> Iterator[Ears]:
        """Lend ears that no other file is heard with."""
        try:
            ears = self._ears.get_nowait()
        except queue.Empty:
            ears = self._load(False)
        try:
            yield ears
        finally:
            self._ears.put(ears)

    def _progress(self, task: str, stage: str, done_s: float, whole_s: float) -> None:
        """Report how far a task is, now and then."""
        now_us = self._clock.now_us()
        last, last_us = self._told.get(task, ("", 0))
        if stage != last or now_us - last_us >= _TELL_EVERY_US:
            self._told[task] = stage, now_us
            self._say(
                task, stage=stage, done_ms=round(1000 * done_s), whole_ms=round(1000 * whole_s)
            )

    def _words(self, task: str, words: list[Word]) -> None:
        self._say(task, words=columns(words))

    def _heard(self, task: str, listener: Listener, first: int, found: Heard) -> None:
        colours = np.where(found.colours < 0, NO_COLOUR, found.colours).astype(np.uint8)
        self._say(
            task,
            heard={
                "first": first,
                "classes": listener.colours,
                "colours": base64.b64encode(colours.tobytes()).decode("ascii"),
            },
        )

    def _say(self, task: str, **fields: Any) -> None:
        with suppress(OSError, ValueError):  # nobody listens any more
            self._wire.send(task=task, **fields)


if __name__ == "__main__":
    main(sys.argv[1:])
