"""Environments of the programs measured beside ours, apart from the product's own."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import InputError, PeerError

_STAMP = "requirements.sha256"


@dataclass(frozen=True, slots=True)
class PeerEnvironment:
    """The virtual environment `ROOT/.peers/NAME` of `ROOT/benchmarks/peers/NAME/requirements.txt`.

    `root` is the checkout; `interpreter` makes the environment and must be a Python for which the
    peer has wheels.
    """

    name: str
    root: Path
    interpreter: Path = Path(sys.executable)

    @property
    def requirements(self) -> Path:
        """Where the peer's packages are pinned."""
        return self.root / "benchmarks" / "peers" / self.name / "requirements.txt"

    @property
    def folder(self) -> Path:
        """Where the environment lies, once made."""
        return self.root / ".peers" / self.name

    @property
    def python(self) -> Path:
        """The environment's interpreter; call `ensure` first. Its console scripts do not work."""
        return self.folder / "bin" / "python"

    @property
    def is_current(self) -> bool:
        """Whether the environment exists and was made from today's requirements."""
        try:
            stamp = (self.folder / _STAMP).read_text(encoding="ascii")
        except OSError:
            return False
        return stamp == self._wanted_stamp() and self.python.exists()

    def ensure(self, *, timeout_s: float = 1800.0) -> Path:
        """Make the environment if it is missing or its requirements changed; return its Python.

        Two processes that ask at once make it once. A new environment replaces the old one only
        when complete, so one that could not be made leaves the old one as it was. Raises
        `InputError` without a requirements file and `PeerError` with the end of pip's output.
        """
        if not self.requirements.is_file():
            raise InputError(f"peer {self.name!r} has no {self.requirements}")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder.parent / f"{self.name}.lock"):
            if not self.is_current:
                self._make(timeout_s)
        return self.python

    def _wanted_stamp(self) -> str:
        # The interpreter is resolved: a virtual environment's own Python is a link to it.
        made_with = os.fsencode(self.interpreter.resolve())
        return hashlib.sha256(self.requirements.read_bytes() + b"\0" + made_with).hexdigest()

    def _make(self, timeout_s: float) -> None:
        partial = self.folder.with_name(f"{self.name}.partial")
        old = self.folder.with_name(f"{self.name}.old")
        _remove(partial)
        self._run([str(self.interpreter), "-m", "venv", str(partial)], timeout_s)
        pip = [str(partial / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        self._run([*pip, "install", "--quiet", "-r", str(self.requirements)], timeout_s)
        (partial / _STAMP).write_text(self._wanted_stamp(), encoding="ascii")
        _remove(old)
        if self.folder.is_symlink() or self.folder.exists():
            self.folder.rename(old)
        partial.rename(self.folder)
        _remove(old)

    def _run(self, command: list[str], timeout_s: float) -> None:
        try:
            subprocess.run(
                command,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
                encoding="utf-8",
                errors="replace",
            )
        except subprocess.CalledProcessError as error:
            tail = "\n".join(error.output.strip().splitlines()[-8:])
            raise PeerError(
                f"the environment of peer {self.name!r} could not be made from "
                f"{self.requirements}; `{' '.join(command)}` said:\n{tail}"
            ) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PeerError(
                f"the environment of peer {self.name!r} could not be made: {error}"
            ) from error


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed, or its process dies
        yield
