"""MediaPipe 0.10.21 as an oracle, in an environment of its own (see `tests/conftest.py`)."""

from pathlib import Path
from typing import Any

from firsthand.errors import PeerError
from firsthand.measure import Peer

WORKER = Path(__file__).with_name("worker.py")


class Oracle:
    """MediaPipe's worker; started again after a graph that ended its process."""

    def __init__(self, python: Path) -> None:
        self._python = python
        self._peer: Peer | None = None
        self.deaths: list[str] = []
        self.asked = 0

    def ask(self, op: str, **values: Any) -> dict[str, Any] | None:
        """Return the answer, or None where MediaPipe aborted or hung."""
        if self._peer is None:
            self._peer = Peer(self._python, WORKER)
            self._peer.start()
        self.asked += 1
        try:
            return dict(self._peer.call(op, timeout_s=20.0, **values).values)
        except PeerError as error:
            self.close()
            self.deaths.append(str(error))
            return None

    @property
    def mostly_alive(self) -> bool:
        """Whether MediaPipe answered often enough for the comparison to mean something."""
        return len(self.deaths) <= 2 + self.asked // 20

    def close(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None
