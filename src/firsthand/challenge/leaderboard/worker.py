"""The process that judges a board's submissions, one after another; it alone knows the labels.

    python -m firsthand.challenge.leaderboard.worker '{"board": ..., "data": ..., ...}'

It writes verdicts into the board and what it is doing as JSON, a line each, to standard output:
`judging` (a SHA-256 or null), `stage`, `share` (0..1) and `problem`. It ends when its standard
input does, and ends the model's process with itself.
"""

import hashlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from firsthand.challenge.images import ImageSet, open_images
from firsthand.challenge.judging import judge
from firsthand.challenge.leaderboard.board import Board
from firsthand.challenge.leaderboard.checks import check_tensors, false_claims
from firsthand.challenge.leaderboard.entries import Entry, Standing
from firsthand.core.locking import held
from firsthand.errors import BusyError, FirsthandError, MediaError, PeerError
from firsthand.measure import Warmup, describe_machine
from firsthand.measure.single_stream import (
    RULES,
    ModelProcess,
    Rules,
    alone_on_this_machine,
    last_cpu,
)
from firsthand.runtime import Model

LONGEST_S: Final = 1800.0

_IDLE_S: Final = 0.5
_TROUBLED_S: Final = 5.0
_LONGEST_REASON: Final = 400
_DIED: Final = re.compile(
    r"(it ended its process while \w+): .*\bdied during \w+ \(([^)]*)\).*", re.S
)
_SHORT_OF_MEMORY: Final = re.compile(r"MemoryError|bad_alloc|RuntimeError$|alloc", re.IGNORECASE)

Progress = Callable[[str, float], None]
Tell = Callable[[dict[str, Any]], None]
NOW: Final = {"judging": None, "stage": "", "share": 0.0, "problem": ""}
"""What a judge with nothing to do tells."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a judge is to do: whose images and which rules; `longest_s` is for all of one model."""

    board: Path
    data: Path
    rules: Rules = field(default_factory=lambda: RULES)
    longest_s: float = LONGEST_S

    def to_json(self) -> str:
        """Return JSON that `from_json` reads back to equal orders."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Orders":
        """Read what `to_json` wrote."""
        found = json.loads(text)
        rules = Rules(**found["rules"] | {"warmup": Warmup(**found["rules"]["warmup"])})
        return cls(Path(found["board"]), Path(found["data"]), rules, found["longest_s"])


def judged(
    model: Path, orders: Orders, images: ImageSet, progress: Progress, now_s: Callable[[], float]
) -> Standing:
    """Judge one model beside which its card lies, and return how it stands.

    Raises a `FirsthandError` that says why it is refused, `BusyError` where another measurement
    goes on, and `MediaError` for an image that cannot be read.
    """
    until_s = now_s() + orders.longest_s

    def going_on(stage: str, share: float) -> None:
        if now_s() > until_s:
            raise PeerError(f"judging it took longer than {orders.longest_s / 60:g} minutes")
        progress(stage, share)

    opened = Model.open(model)
    name = opened.card.name
    going_on("loading", 0.0)
    with (
        alone_on_this_machine(),
        ModelProcess(name, model, orders.rules, last_cpu()) as process,
    ):
        loaded = process.load()
    check_tensors(opened.card, loaded["inputs"], loaded["outputs"])
    verdicts, streams = judge({name: model}, images, orders.rules, progress=going_on)
    verdict = verdicts[name]
    return Standing.of(
        verdict,
        streams,
        image_set=image_set_mark(images),
        machine=machine_line(),
        judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
        remarks=false_claims(opened.card, verdict.accuracy),
    )


def image_set_mark(images: ImageSet) -> str:
    """Return what tells these images and classes from others."""
    rows = sorted(zip((path.name for path in images.files), images.labels, strict=True))
    return hashlib.sha256(repr((images.classes, rows)).encode()).hexdigest()[:16]


def machine_line() -> str:
    """Return the machine, but for what changes from one minute to the next."""
    return str(describe_machine()).rpartition(", load")[0]


def reason(error: FirsthandError, entry: Entry, model: Path, orders: Orders) -> str:
    """Return why a model is refused, in words for who submitted it: no path of this machine."""
    words = _DIED.sub(r"\1 (\2)", str(error)).partition("; its last words")[0]
    for path in (str(model), str(model.resolve())):
        words = words.replace(path, entry.card.file_name)
    words = " ".join(words.split("\n")[0].split())
    for prefix in 2 * (f"{entry.card.name}: ", f"{entry.card.file_name}: "):
        words = words.removeprefix(prefix)
    if _SHORT_OF_MEMORY.search(words):
        words = (
            f"{words.rstrip(': ')} (it may have {orders.rules.memory_bytes / 2**30:g} GB of memory)"
        )
    return words[:_LONGEST_REASON] or type(error).__name__


class Judge:
    """Who takes a board's entries one after another and says how they stand."""

    def __init__(
        self,
        orders: Orders,
        tell: Tell,
        wait: Callable[[float], object],
        now_s: Callable[[], float],
    ) -> None:
        self._orders, self._tell, self._wait, self._now_s = orders, tell, wait, now_s

    def work(self) -> NoReturn:
        """Judge what comes, until an exception from outside ends it."""
        with held(self._orders.board / ".judging", wait=True), Board(self._orders.board) as board:
            images = open_images(self._orders.data)
            board.recover()
            self._tell(dict(NOW))
            while True:
                seen = board.version()
                while (entry := board.take()) is not None:
                    self._settle(board, entry, images)
                while board.version() == seen:
                    self._wait(_IDLE_S)

    def _settle(self, board: Board, entry: Entry, images: ImageSet) -> None:
        key, model = entry.sha256, board.model(entry)

        def progress(stage: str, share: float) -> None:
            self._tell(NOW | {"judging": key, "stage": stage, "share": round(share, 2)})

        try:
            standing = judged(model, self._orders, images, progress, self._now_s)
        except (BusyError, MediaError) as error:  # no fault of the model's
            board.put_back(key)
            self._tell(NOW | {"problem": str(error)})
            self._wait(_TROUBLED_S)
        except FirsthandError as error:
            board.refuse(key, reason(error, entry, model, self._orders))
            self._tell(dict(NOW))
        except _Ended:
            board.put_back(key)
            raise
        else:
            board.conclude(key, standing)
            self._tell(dict(NOW))


class _Ended(BaseException):
    """The process is to end."""


def main() -> None:
    """Judge as told by the first argument, until standard input ends."""
    import time

    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no message
    last = ""

    def tell(what: dict[str, Any]) -> None:
        nonlocal last
        text = json.dumps(what)
        if text != last:
            last = text
            said.write(f"{text}\n")
            said.flush()

    def end(_signal: int, _frame: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Ended

    def watch() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=watch, daemon=True).start()
    try:
        Judge(Orders.from_json(sys.argv[1]), tell, time.sleep, time.monotonic).work()
    except (_Ended, BrokenPipeError):
        return
    except FirsthandError as error:
        tell(NOW | {"problem": str(error)})
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
