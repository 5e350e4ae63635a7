"""A PostgreSQL server for tests, as Debian's package has it, in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs():
    """The folder of PostgreSQL's programs, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


class Postgres:
    """A server whose socket lies in its folder; nobody else may speak with it."""

    def __init__(self, folder):
        self.folder, self._bin = folder, programs()
        # It does not run as root, whom tests may well be.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "tester", "--no-sync")

    @property
    def data(self):
        return str(self.folder / "data")

    @property
    def url(self):
        return f"postgresql+psycopg://tester@/postgres?host={self.folder}&port=5999"

    def start(self):
        options = f"-c listen_addresses= -c port=5999 -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-o", options, "-l", self.data + ".log")

    def stop(self, how="immediate"):
        self._run("pg_ctl", "stop", "-w", "-D", self.data, "-m", how)

    def _run(self, program, *arguments):
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            user=self._user, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@contextmanager
def postgres():
    if programs() is None:
        pytest.skip("needs PostgreSQL, as `make system` installs it")
    # The path of a socket has 107 bytes at most, and others must be able to go there.
    folder = Path(tempfile.mkdtemp(prefix="fhpg", dir="/tmp"))
    try:
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
