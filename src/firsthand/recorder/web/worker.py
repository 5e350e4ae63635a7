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
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.clock import MonotonicClock
from firsthand.errors import FirsthandError
from firsthand.recorder.adding import Tell, add_audio, write_down
from firsthand.recorder.guessing import Shared
from firsthand.recorder.library import Library
from firsthand.recorder.loading import EarsOptions, ears_with, load_engine
from firsthand.recorder.sounds.listener import Heard, Listener
from firsthand.recorder.spool import Spool
from firsthand.recorder.transcript import Word, joined
from firsthand.recorder.web.turns import PassOn, Turns
from firsthand.recorder.web.wire import NO_COLOUR, Message, Wire, columns, messages
from firsthand.recorder.writing import PARTLY, Ears, writing_down

FILES_AT_ONCE: Final = 2
SILENT_S: Final = 5.0
"""How long a live recording may bring no sound and still keep files waiting."""

LoadEars = Callable[[bool], Ears]
"""Returns ears of their own for one thread; True: for one that somebody reads along with."""

_FULL_SCALE: Final = 32_768.0
_TELL_EVERY_US: Final = 250_000


def main(arguments: list[str]) -> None:
    """Work in the library named first, with what the rest asks for, until standard input ends."""
    library, engine, model, language, sounds, speakers = arguments
    asked = EarsOptions(engine, model, language, sounds, speakers == "speakers")  # type: ignore[arg-type]
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no message
    work(sys.stdin.buffer, told, Path(library), loader(asked))
    os._exit(0)  # threads at work are left: what they had done is kept, the rest done anew


def loader(asked: EarsOptions) -> LoadEars:
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
        self._live: dict[str, Spool] = {}
        self._ears: queue.SimpleQueue[Ears] = queue.SimpleQueue()
        self._clock = MonotonicClock()
        self._said: dict[str, int] = {}

    def take(self, message: Message) -> None:
        """Begin what a message asks for."""
        task = message["task"]
        match message["do"]:
            case "add" | "write" as what:
                job = self._add if what == "add" else self._write
                self._files.submit(self._doing, task, job, message)
            case "live":
                self._live[task] = Spool(message["rate_hz"], self._library)
                thread = Thread(target=self._doing, args=(task, self._record, message), daemon=True)
                thread.start()
            case "sound":
                if (sound := self._live.get(task)) is not None:
                    samples = np.frombuffer(message["octets"], "<i2")
                    sound.put(samples.astype(np.float32) / np.float32(_FULL_SCALE))
            case "end":
                if (sound := self._live.get(task)) is not None:
                    sound.end()
            case "drop":
                self._dropped.add(task)

    def close(self) -> None:
        """Begin nothing more; sound that still comes is over."""
        self._files.shutdown(wait=False, cancel_futures=True)
        for sound in tuple(self._live.values()):
            sound.end()

    def _doing(self, task: str, job: Callable[[str, Message], str], message: Message) -> None:
        """Do a job, and report how it ended."""
        if task in self._dropped:
            self._dropped.discard(task)
            return
        try:
            self._say(task, done=job(task, message))
        except FirsthandError as error:
            self._say(task, failed=str(error))
        except Exception as error:  # whatever it is, the next task has its turn
            traceback.print_exc()
            self._say(task, failed=f"{type(error).__name__}: {error}")
        finally:
            self._said.pop(task, None)

    def _add(self, task: str, message: Message) -> str:
        with (
            self._turns.taking() as pass_on,
            self._hearing(task) as ears,
            self._opened() as library,
        ):
            _, damage = add_audio(
                library,
                Path(message["path"]),
                ears,
                title=message["title"],
                tell=self._teller(task, pass_on),
                begun=lambda number: self._say(task, recording=number),
                told=lambda words: self._words(task, words),
            )
            return damage

    def _write(self, task: str, message: Message) -> str:
        with (
            self._turns.taking() as pass_on,
            self._hearing(task) as ears,
            self._opened() as library,
        ):
            recording = library.recording(message["recording"])
            library.forget(recording.number)
            if recording.note.startswith(PARTLY):
                library.note(recording.number, "")
            write_down(
                *(library, recording.number, ears),
                whole_s=recording.duration_ms / 1000,
                tell=self._teller(task, pass_on),
                told=lambda words: self._words(task, words),
            )
            return ""

    def _record(self, task: str, message: Message) -> str:
        bars = 0
        try:
            with self._live[task] as sound, self._opened() as library, ExitStack() as first:
                first.enter_context(self._turns.first())
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
                    for block in self._sound(sound, first):
                        hear(block)
        finally:
            self._live.pop(task, None)
        return ""

    def _sound(self, sound: Spool, first: ExitStack) -> Iterator[NDArray[Any]]:
        """Yield a live recording's sound; files may work while none comes."""
        while True:
            block = sound.take(SILENT_S)
            if block is None:
                first.close()
                block = sound.take()
                first.enter_context(self._turns.first())
            if block is None or not len(block):
                return
            yield block

    @contextmanager
    def _opened(self) -> Iterator[Library]:
        with Library(self._library) as library:
            yield library

    @contextmanager
    def _hearing(self, task: str) -> Iterator[Ears]:
        """Lend ears that no other file is heard with."""
        self._say(task, stage="loading")
        try:
            ears = self._ears.get_nowait()
        except queue.Empty:
            ears = self._load(False)
        try:
            yield ears
        finally:
            self._ears.put(ears)

    def _teller(self, task: str, pass_on: PassOn) -> Tell:
        """Return what reports now and then how far a task is, and passes the turn on."""
        last, last_us = "", 0

        def tell(stage: str, done_s: float, whole_s: float) -> None:
            nonlocal last, last_us
            now_us = self._clock.now_us()
            if stage != last or now_us - last_us >= _TELL_EVERY_US:
                last, last_us = stage, now_us
                done_ms, whole_ms = round(1000 * done_s), round(1000 * whole_s)
                self._say(task, stage=stage, done_ms=done_ms, whole_ms=whole_ms)
            pass_on()

        return tell

    def _words(self, task: str, words: list[Word]) -> None:
        first = self._said.get(task, 0)
        self._said[task] = first + len(words)
        self._say(task, words=columns(words, first))

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
