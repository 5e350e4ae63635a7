"""Files held against other threads and processes; the kernel frees them when their holder dies."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file `path`, made if missing; say whether that was possible.

    With `wait` it always is, once whoever holds it is done. The file stays: were it removed, two
    could hold files of one name.
    """
    with path.open("ab") as file:
        yield _locked(file.fileno(), wait=wait)


def _locked(handle: int, *, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if wait:
            raise
        return False
    return True
