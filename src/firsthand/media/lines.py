"""Lines of text to a file or standard output, as they come."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from firsthand.errors import MediaError
from firsthand.media.files import replacing


class LineFile(AbstractContextManager["LineFile"]):
    """Lines, to a file or, for the path `-`, to standard output.

    A file appears whole or not at all. Standard output, a pipe and a device get each line at
    once, for whoever reads along.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ending = ExitStack()
        with _told(path):
            if str(path) == "-":
                if sys.stdout is None:
                    raise MediaError("standard output is closed; name a file for the JSON lines")
                self._live, self._file = True, sys.stdout
                return
            self._live = path.exists() and not path.is_file() and not path.is_dir()
            place = path if self._live else self._ending.enter_context(replacing(path))
            self._file = self._ending.enter_context(place.open("w", encoding="utf-8", newline="\n"))

    def write(self, line: str) -> None:
        """Write a line, given without its end."""
        with _told(self._path):
            self._file.write(line + "\n")
            if self._live:
                self._file.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _told(self._path):
            self._ending.__exit__(kind, error, trace)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # nobody reads any more; the command line knows what that means
        raise
    except OSError as error:
        raise MediaError(f"{path}: cannot be written: {error.strerror}") from error
