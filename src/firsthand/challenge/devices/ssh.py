"""Another Linux board, reached with the system's `ssh`.

One connection does it all: the board's Python is handed `on_board.py`, the part of this package
that measures, and the models, in a folder that it makes and removes; it measures them as
`measure_streams` does here, and sends the record back. The record is signed with a key that is made
for this run and sent over the connection, never on a command line. So it was made by a process
that this run started, and is neither altered nor that of another run. Whoever rules the board
can read the key, and can have it measure what he likes: the record is as honest as the board.
"""

import hashlib
import json
import math
import re
import secrets
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import firsthand
from firsthand.errors import BusyError, ConfigError, InputError, PeerError
from firsthand.measure.documents import to_plain
from firsthand.measure.peer_messages import Array, Conversation
from firsthand.measure.records import Record, opened
from firsthand.measure.single_stream import Progress, Rules
from firsthand.runtime.artifact import read_model_file

_PYTHON: Final = (3, 11)
_PARTS: Final = ("core", "measure", "runtime")
"""The packages that measuring needs, beside `errors`."""

_BACKENDS: Final = {".tflite": "ai_edge_litert", ".onnx": "onnxruntime"}
_FIRST: Final = "import json,sys;exec(json.loads(sys.stdin.buffer.readline().decode()))"
_TARGET: Final = re.compile(
    r"(?:[A-Za-z0-9_][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|[0-9a-fA-F:.]*:[\w:.%]+)"
)
_GRACE_S: Final = 10.0
_STDERR_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class Board:
    """A Linux board: `target` is a host, or user@host, as `ssh` takes it.

    `options` are ssh's own, as after its `-o`. `python` is the board's interpreter, 3.11 or newer,
    that has numpy and ai-edge-litert. `cpu` is the processor that the models are held to, the
    board's last by default. A run that takes longer than `limit_s` is ended.
    """

    target: str
    port: int | None = None
    identity: Path | None = None
    options: tuple[str, ...] = ()
    python: str = "python3"
    cpu: int | None = None
    limit_s: float = 4 * 3600.0
    ssh: str = "ssh"

    def __post_init__(self) -> None:
        if not _TARGET.fullmatch(self.target):
            raise ConfigError(f"{self.target!r} is no host or user@host")
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ConfigError(f"port {self.port} is not within 1..65535")
        if not self.python or not self.python.isprintable():
            raise ConfigError(f"{self.python!r} is no interpreter on the board")
        if not self.limit_s > 0:
            raise ConfigError(f"limit_s={self.limit_s} must be above 0")

    def measure(
        self, models: Mapping[str, Path], rules: Rules, *, date: str, progress: Progress
    ) -> Record:
        """Measure models on the board; return its record.

        Raises `PeerError` saying what to do where the board cannot be reached, lacks something, or
        breaks off, and `BusyError` while another measurement goes on there.
        """
        if not models:
            raise InputError("there is no model to measure")
        key = secrets.token_bytes(32)
        names, files = _sent(models)
        request = {
            "python": _PYTHON,
            "packages": ["numpy", *sorted({_backend(path) for path in models.values()})],
            "files": [[name, len(data)] for name, data in files.items()],
            "models": names,
            "rules": to_plain(rules),
            "cpu": self.cpu,
            "date": date,
            "key": key.hex(),
        }
        script = Path(__file__).with_name("on_board.py").read_text(encoding="utf-8")
        message: list[bytes | memoryview] = [_line(script), _line(request), *files.values()]
        data = self._exchange(message, progress)
        try:
            record = opened(Record, data, key, "the board's record")
        except InputError as error:
            raise PeerError(f"{self.target}: {error}; nothing of it is used") from error
        ours = {name: hashlib.sha256(files[file]).hexdigest() for name, file in names.items()}
        if (record.date, record.rules, dict(record.sha256)) != (date, rules, ours):
            raise PeerError(f"{self.target}: the record is not of what was asked for")
        return record

    @property
    def command(self) -> list[str]:
        """The command line that is run here."""
        # A quoted ~ is no home to the board's shell.
        home = "~/" if self.python.startswith("~/") else ""
        python = home + shlex.quote(self.python.removeprefix(home))
        return [
            self.ssh,
            *("-T", "-x", "-o", "BatchMode=yes"),
            *(part for option in self.options for part in ("-o", option)),
            *("-o", "ConnectTimeout=15"),
            *("-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"),
            *(("-p", str(self.port)) if self.port is not None else ()),
            *(("-i", str(self.identity)) if self.identity is not None else ()),
            self.target,
            f"{python} -c {shlex.quote(_FIRST)}",
        ]

    def _exchange(self, message: list[bytes | memoryview], progress: Progress) -> bytes:
        deadline_s = time.monotonic() + self.limit_s
        with self._connected() as (process, stderr):
            assert process.stdout is not None
            assert process.stdin is not None
            talk = Conversation(process.stdout.fileno(), process.stdin.fileno(), time.monotonic)
            try:
                with suppress(EOFError):  # where it reads no more, it may have said why
                    talk.send(message, deadline_s)
                while True:
                    if record := self._heard(*self._next(talk, deadline_s), progress):
                        return record
            except EOFError:
                _raise_ended(self, process, stderr)
            except TimeoutError:
                raise PeerError(
                    f"{self.target}: sent no record within {self.limit_s:g} s, and was told to "
                    "end: allow more time, or measure fewer models or queries"
                ) from None

    def _next(
        self, talk: Conversation, deadline_s: float
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        try:
            return talk.receive(deadline_s)
        except PeerError as error:
            raise PeerError(
                f"{self.target}: {error}; its shell must say nothing when nobody logs in by hand"
            ) from error

    def _heard(
        self, header: Mapping[str, Any], arrays: Mapping[str, Array], progress: Progress
    ) -> bytes:
        """Return the record in a message, empty where it holds none."""
        values = header["values"]
        if not header.get("ok"):
            raise _trouble(self, values)
        share = values.get("progress")
        if isinstance(share, int | float) and math.isfinite(share):
            progress(min(1.0, max(0.0, float(share))))
        return arrays["record"].tobytes() if "record" in arrays else b""

    @contextmanager
    def _connected(self) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        with tempfile.TemporaryFile() as stderr:
            try:
                process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    bufsize=0,
                )
            except OSError as error:
                raise PeerError(
                    f"{self.ssh} cannot be started: {error}; install OpenSSH's client"
                ) from error
            with process:
                try:
                    yield process, stderr
                finally:
                    assert process.stdin is not None
                    process.stdin.close()  # which tells the board to end, and to clean up
                    try:
                        process.wait(timeout=_GRACE_S)
                    except subprocess.TimeoutExpired:
                        process.kill()


def _sent(models: Mapping[str, Path]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return each model's file on the board, and all files that are sent there."""
    root = Path(firsthand.__file__).parent
    sources = [root / "__init__.py", root / "errors.py"]
    for part in _PARTS:
        sources += sorted((root / part).rglob("*.py"))
    files = {
        f"firsthand/{each.relative_to(root).as_posix()}": each.read_bytes() for each in sources
    }
    names = {}
    for at, (name, path) in enumerate(models.items()):
        names[name] = f"models/{at}{path.suffix.lower()}"
        files[names[name]] = read_model_file(path)
        card = path.with_suffix(".json")
        if card.exists():
            files[f"models/{at}.json"] = card.read_bytes()
    return names, files


def _backend(path: Path) -> str:
    try:
        return _BACKENDS[path.suffix.lower()]
    except KeyError:
        raise InputError(f"{path}: a model file ends in {' or '.join(_BACKENDS)}") from None


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _trouble(board: Board, values: Mapping[str, Any]) -> PeerError | BusyError:
    """Return what the board says it lacks, with what to do."""
    problem, found = values.get("problem"), values.get("found")
    if problem == "busy":
        return BusyError(f"{board.target}: {found}")
    if problem == "python":
        return PeerError(
            f"{board.target}: {board.python} is Python {found}, and 3.11 or newer is needed: "
            "install one there and name it with --python"
        )
    if problem == "packages" and isinstance(found, list):
        wanted = " ".join(str(name).replace("_", "-") for name in found)
        return PeerError(
            f"{board.target}: its Python has no {wanted}: run "
            f"`{values.get('python')} -m pip install {wanted}` there, or "
            "name another Python with --python"
        )
    if problem == "disk":
        return PeerError(
            f"{board.target}: the files cannot be put into its {values.get('folder')}: {found}; "
            "make room there"
        )
    return PeerError(f"{board.target}: {found}")


_REASONS: Final = {
    "permission denied": "it lets nobody in with these keys: put yours there with ssh-copy-id, or "
    "name one with --identity",
    "host identification has changed": "its host key is another than before: make sure that it is "
    "the same board, then remove the old key with ssh-keygen -R",
    "host key verification failed": "its host key is not known here: connect once by hand with "
    "ssh, and compare the key",
    "could not resolve": "there is no such host",
    "connection refused": "no ssh server answers there: is it on, and is it this port?",
    "timed out": "it does not answer: is it on, and in this network?",
    "no route to host": "it cannot be reached: is it on, and in this network?",
}


def _raise_ended(board: Board, process: subprocess.Popen[bytes], stderr: IO[bytes]) -> NoReturn:
    """Raise what it means that the connection ended before a record came."""
    try:
        code = process.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        code = None
    stderr.seek(0)
    said = stderr.read()[-_STDERR_BYTES:].decode(errors="replace")
    lines = said.strip().splitlines()
    last = f" ({lines[-1].strip()})" if lines else ""
    if code in (126, 127):
        raise PeerError(
            f"{board.target}: has no {board.python} that can be run{last}: install Python 3.11 or "
            "newer there, or name the interpreter with --python"
        )
    if code == 255 or code is None:
        low = said.lower()
        for words, meaning in _REASONS.items():
            if words in low:
                raise PeerError(f"{board.target}: {meaning}{last}")
        raise PeerError(
            f"{board.target}: the connection broke before the record came{last}; nothing was kept, "
            "run it again"
        )
    tail = "\n".join(lines[-12:])
    raise PeerError(f"{board.target}: its Python ended with exit code {code}:\n{tail}")
