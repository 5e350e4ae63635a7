"""Bytes put where parsers want them: into a file, or a text."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def folder() -> Path:
    """A folder of this process's own, in memory where the system has a place for that."""
    memory = Path("/dev/shm")
    there = memory if os.access(memory, os.W_OK) else None
    made = Path(tempfile.mkdtemp(prefix="firsthand-fuzz-", dir=there))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def file(name: str, data: bytes) -> Path:
    """A file that holds `data`, in place of what was there."""
    path = folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def text(data: bytes) -> str:
    """Bytes as text; what is no UTF-8 comes as halves of surrogate pairs."""
    return data.decode("utf-8", "surrogateescape")
