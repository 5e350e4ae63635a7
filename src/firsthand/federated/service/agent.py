"""A device at work: when its owner agreed and the moment is good, it visits its server."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from firsthand.core.locking import held
from firsthand.errors import BusyError, RefusalError
from firsthand.federated.device import Device, Rules
from firsthand.federated.ledger import Ledger
from firsthand.federated.plan import SignedPlan
from firsthand.federated.queries import Query
from firsthand.federated.queries.query import Integers, Values
from firsthand.federated.service.client import Link, Visited, visit
from firsthand.federated.service.conditions import unmet
from firsthand.federated.service.home import Home

Records = Mapping[str, Callable[[], Values]]
"""For each source, what reads a device's records of it."""

_LATER_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Agent:
    """A device: its folder, its records, and the conditions under which it works for others."""

    home: Home
    records: Records
    when: Collection[str] = ("idle", "charging", "unmetered")
    rules: Rules = field(default_factory=Rules)

    def visit(self, link: Link) -> Visited:
        """Check in if that may be now, and go through a round if there is one.

        `RefusalError` without the owner's consent, `LinkError` where the server is not to be
        reached.
        """
        if not self.home.consent.budgets:
            raise RefusalError(
                f"{self.home.folder}: nobody has agreed to take part: `firsthand federated consent`"
            )
        if why := unmet(self.when):
            return Visited("not now", _LATER_S, "; ".join(why))
        return visit(link, self.home.region, self._takes_part)

    @contextmanager
    def linked(self) -> Iterator[Link]:
        """Give the link to the server, and be the only one to use the device's folder.

        `BusyError` where another program does.
        """
        with held(self.home.folder / ".lock", wait=False) as ours:
            if not ours:
                raise BusyError(f"{self.home.folder}: another program is this device already")
            with Link(self.home.server, self.home.identity, self.home.tls_authority) as link:
                yield link

    def _takes_part(self, plan: SignedPlan) -> Device:
        home = self.home
        ledger: Ledger = home.ledger  # as it is on the disk now
        return Device(
            home.identity,
            plan,
            self._answer,
            ledger,
            planner=home.planner,
            authority=home.authority,
            rules=self.rules,
        )

    def _answer(self, query: Query) -> Integers:
        if query.source not in self.home.consent.budgets:  # taken back since the round began
            raise RefusalError(f"nobody agrees any more to questions about {query.source!r}")
        read = self.records.get(query.source)
        if read is None:
            raise RefusalError(f"this device has no records of {query.source!r}")
        return query.local(read())
