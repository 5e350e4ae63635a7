"""What one check found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "missing", "broken"]
"""How something is: it works, it is not there, or it is there and does not work."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what to do next where it is not as it should be.

    `group` is where it belongs; `needed` says that the base install does not work without it.
    """

    group: str
    name: str
    status: Status
    detail: str = ""
    remedy: str = ""
    needed: bool = False

    def __str__(self) -> str:
        """Return the check in words, without its status."""
        said = ": ".join(filter(None, [self.name, self.detail]))
        return "; ".join(filter(None, [said, self.remedy]))


def works(checks: Iterable[Check]) -> bool:
    """Return whether all that the base install needs is as it should be."""
    return all(check.status == "ok" for check in checks if check.needed)
