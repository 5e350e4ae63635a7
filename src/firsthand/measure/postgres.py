"""A PostgreSQL server of one's own, of Debian's package, for tests and measurements."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firsthand.errors import MissingDependencyError

_PORT: Final = 5999
_PATIENCE_S: Final = 120


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


class Postgres:
    """A server whose socket lies in `folder`; nobody else may speak with it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self._user: str | None = None
        if os.geteuid() == 0:  # it does not run as root
            self._user = "postgres"
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "tester")

    @property
    def url(self) -> str:
        """Its address, as SQLAlchemy has it, of the database `postgres`."""
        return f"postgresql+psycopg://tester@/postgres?host={self._folder}&port={_PORT}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses= -c port={_PORT} -c unix_socket_directories={self._folder}"
        log = f"{self._data}.log"
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-o", options, "-l", log)

    def stop(self) -> None:
        """End it at once, as a failure would."""
        self._run("pg_ctl", "stop", "-w", "-D", self._data, "-m", "immediate")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        if done.returncode:
            raise OSError(f"{program} ended with {done.returncode}: {done.stdout[-500:]}")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server while a block lasts; `MissingDependencyError` where it is not installed."""
    programs = postgres_programs()
    if programs is None:
        raise MissingDependencyError("needs Debian's package postgresql: `make system`")
    # A socket's path has 107 bytes, and the server's own user must be able to go there.
    folder = Path(tempfile.mkdtemp(prefix="firsthand", dir="/tmp"))
    try:
        server = Postgres(folder, programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
