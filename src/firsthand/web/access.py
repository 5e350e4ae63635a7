"""Who may see a local page: whoever holds its token."""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from firsthand.errors import ConfigError

_TOKEN_BYTES: Final = 32
_LEAST_TOKEN: Final = 22
"""Characters that hold 128 bits in base 64."""


def new_token() -> str:
    """Return 256 bits from the operating system's generator, as 43 characters of an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Access:
    """A token, which opens the page any number of times, and tickets, which open it once each.

    A ticket goes where others may read along: a browser's command line is seen by every user of
    the computer. Raises `ConfigError` for a token that is short or does not fit an address.
    """

    token: str = field(repr=False)
    _tickets: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        fits = self.token.isascii() and self.token.replace("-", "").replace("_", "").isalnum()
        if len(self.token) < _LEAST_TOKEN or not fits:
            raise ConfigError(
                f"a token is at least {_LEAST_TOKEN} of the characters A-Z a-z 0-9 - _; "
                "leave it out to get a random one"
            )

    def new_ticket(self) -> str:
        """Return a new ticket."""
        ticket = new_token()
        self._tickets.add(ticket)
        return ticket

    def holds(self, token: str | None) -> bool:
        """Whether `token` is the token; takes equally long wherever the two differ."""
        return token is not None and _same(token, self.token)

    def redeem(self, token_or_ticket: str) -> bool:
        """Whether this opens the page; a ticket does so for the last time."""
        if self.holds(token_or_ticket):
            return True
        found = [ticket for ticket in self._tickets if _same(token_or_ticket, ticket)]
        self._tickets.difference_update(found)
        return bool(found)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode("ascii"))
