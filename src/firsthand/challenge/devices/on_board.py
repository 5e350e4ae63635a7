"""What a board runs: it puts what it is sent into a folder, measures, and removes the folder.

This file is sent as text to a Python of unknown age, so that it can tell what the board lacks:
it imports the standard library only, at first, and knows no syntax newer than Python 3.6.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path


def _tell(talk: int, payload: bytes = b"", **message: object) -> None:
    """Send a message in the manner of `peer_messages`."""
    arrays = [{"name": "record", "dtype": "|u1", "shape": [len(payload)]}] if payload else []
    header = {"ok": "problem" not in message, "values": message, "arrays": arrays}
    rest = memoryview(json.dumps(header).encode() + b"\n" + payload)
    while rest:
        rest = rest[os.write(talk, rest) :]


def _end(*_: object) -> None:
    raise SystemExit(1)


def _heed(what: object) -> None:
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, what)  # type: ignore[arg-type]  # its type's name came with Python 3.8


def _watch() -> None:
    """End the process once nobody is there who waits for its record."""
    if not os.read(0, 1):
        os.kill(os.getpid(), signal.SIGTERM)


def _receive(name: str, size: int) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while size:
            part = sys.stdin.buffer.read(min(size, 1 << 20))
            if not part:
                raise SystemExit(1)
            file.write(part)
            size -= len(part)


def main() -> None:
    """Do as the request on standard input says."""
    talk = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no message
    request = json.loads(sys.stdin.buffer.readline().decode())
    if sys.version_info[:2] < tuple(request["python"]):
        _tell(talk, problem="python", found=f"{sys.version_info[0]}.{sys.version_info[1]}")
        return
    missing = [name for name in request["packages"] if find_spec(name) is None]
    if missing:
        _tell(talk, problem="packages", found=missing, python=sys.executable)
        return
    _heed(_end)
    folder, record = "", b""
    problem: dict[str, object] = {}  # a local's type is never asked for, so old Pythons bear it
    try:
        try:
            folder = tempfile.mkdtemp(prefix="firsthand-")
            os.chdir(folder)  # so that no module of that name elsewhere comes first
            for name, size in request["files"]:
                _receive(name, size)
        except OSError as error:
            problem = {"problem": "disk", "found": str(error), "folder": tempfile.gettempdir()}
            return
        threading.Thread(target=_watch, daemon=True).start()
        sys.path.insert(0, folder)
        others = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([folder] + ([others] if others else []))
        from firsthand.errors import BusyError, FirsthandError
        from firsthand.measure.record_streams import answer

        try:
            record = answer(request, Path(folder), lambda share: _tell(talk, progress=share))
        except FirsthandError as error:
            busy = isinstance(error, BusyError)
            problem = {"problem": "busy" if busy else "run", "found": str(error)}
    finally:
        _heed(signal.SIG_IGN)  # nothing keeps it from removing its folder
        os.chdir("/")
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        if record or problem:
            _tell(talk, record, **problem)


if __name__ == "__main__":
    main()
