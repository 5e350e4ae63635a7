"""What is to be closed: a context manager that does so at its end."""

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Something that holds a file or a connection until `close`, or the end of a `with` block."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held; a second time does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
