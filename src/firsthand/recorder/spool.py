"""Sound on its way from whoever records it to whoever hears it, on the disk while it waits."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from threading import Condition
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core.closing import Closing
from firsthand.errors import MediaError
from firsthand.media import Resampler
from firsthand.recorder.voice import RATE_HZ

Floats = NDArray[np.float32]

MOST: Final = RATE_HZ
"""How many samples are taken at once by one who lags behind."""


class Spool(Closing):
    """Takes samples (n,) at `rate_hz` on one thread and gives them at 16 kHz on another.

    What waits is in an unnamed file in `folder`, so that no lag, however long, fills the memory;
    the file begins anew whenever the second thread has caught up. `put` never fails: where the disk
    is full, `take` says so.
    """

    def __init__(self, rate_hz: int, folder: Path) -> None:
        self._resampler = Resampler(rate_hz, RATE_HZ)
        self._file = TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115
        self._changed = Condition()
        self._put = self._taken = 0
        self._over = False
        self._error: Exception | None = None

    @property
    def waiting(self) -> int:
        """How many samples at 16 kHz were put and not yet taken."""
        with self._changed:
            return (self._put - self._taken) // 4

    def put(self, block: NDArray[Any]) -> None:
        """Add samples."""
        self._write(self._resampler(block))

    def end(self) -> None:
        """Tell that nothing more is put."""
        self._write(self._resampler.end())
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def take(self, timeout_s: float | None = None) -> Floats | None:
        """Return the next samples, at most `MOST`, when there are some; none, (0,), at the end.

        None where none have come after `timeout_s`. Raises `MediaError` where some were lost.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._over or self._put > self._taken, timeout_s):
                return None
            if self._error is not None:
                raise MediaError(f"sound that waited is lost: {self._error}") from self._error
            if self._taken == self._put:
                return np.empty(0, np.float32)
            self._file.seek(self._taken)
            octets = self._file.read(min(4 * MOST, self._put - self._taken))
            self._taken += len(octets)
            if self._taken == self._put:
                self._file.truncate(0)
                self._put = self._taken = 0
            return np.frombuffer(octets, np.float32)

    def __iter__(self) -> Iterator[Floats]:
        """Yield samples until the end."""
        while (samples := self.take()) is not None and len(samples):
            yield samples

    def close(self) -> None:
        """Forget what waits: whoever takes some more hears that it is lost."""
        with self._changed:
            self._error, self._over = self._error or ValueError("given up"), True
            self._file.close()
            self._changed.notify_all()

    def _write(self, samples: Floats) -> None:
        octets = memoryview(samples.tobytes())
        with self._changed:
            if self._over:
                return
            try:
                while octets:
                    self._file.seek(self._put)
                    done = self._file.write(octets) or 0
                    octets, self._put = octets[done:], self._put + done
            except OSError as error:
                self._error, self._over = error, True
            self._changed.notify_all()
