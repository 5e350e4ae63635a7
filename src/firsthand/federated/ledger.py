"""What a device has already given away, kept where a restart does not forget it.

For each source of records there is a budget, and what questions have cost of it. For each round
there is how far the device went. Both are written, flushed and renamed into place before anything
that they are about leaves the device.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from firsthand.core import damage
from firsthand.errors import BudgetError, ConfigError, InputError, RefusalError
from firsthand.federated.accounting import Cost, Reach, epsilon_of
from firsthand.runtime.place import replace_bytes

Stage = Literal["masked", "unmasked"]

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """What all questions about a source may cost together: epsilon at delta.

    With `exact` sums without noise are allowed, too: those are only as private as a sum is.
    """

    epsilon: float
    delta: float = 1e-5
    exact: bool = False

    def __post_init__(self) -> None:
        if not (self.epsilon >= 0 and 0 < self.delta < 1):
            raise ConfigError(f"a budget has epsilon of 0 or more and delta below 1, not {self}")


class Ledger:
    """Budgets of sources, what was spent of them, and rounds; kept at `path`, or in memory.

    `InputError` for a file that is none, or cannot be written.
    """

    def __init__(self, budgets: Mapping[str, Budget], path: Path | None = None) -> None:
        self.budgets, self._path = dict(budgets), path
        self._spent: dict[str, list[Cost]] = {}
        self._rounds: dict[str, Stage] = {}
        if path is not None and path.exists():
            self._read(path)

    def epsilon(self, source: str) -> float:
        """Return what was spent of a source, at its budget's delta."""
        spent = self._spent.get(source, [])
        return epsilon_of(spent, self._budget(source).delta) if spent else 0.0

    def check(self, source: str, cost: Cost | None) -> None:
        """Raise `BudgetError` unless one more question can be paid for."""
        budget = self._budget(source)
        if cost is None:
            if not budget.exact:
                raise BudgetError(f"{source}: exact sums are not allowed, only such with noise")
            return
        after = epsilon_of([*self._spent.get(source, []), cost], budget.delta)
        if after > budget.epsilon:
            raise BudgetError(
                f"{source}: its budget is epsilon {budget.epsilon:g} at delta {budget.delta:g}, of "
                f"which {self.epsilon(source):.3g} is spent; with this question it were {after:.3g}"
            )

    def stage(self, round_id: bytes) -> Stage | None:
        """Return how far the device went in a round."""
        return self._rounds.get(round_id.hex())

    def masked(self, round_id: bytes, source: str, cost: Cost | None) -> None:
        """Note, and pay for, a vector that is about to be sent; once in a round."""
        if self.stage(round_id) is not None:
            raise RefusalError(f"round {round_id.hex()}: a vector was sent already")
        self.check(source, cost)
        if cost is not None:
            self._spent.setdefault(source, []).append(cost)
        self._rounds[round_id.hex()] = "masked"
        self._write()

    def unmasked(self, round_id: bytes) -> None:
        """Note that shares are about to be sent; once in a round, after its vector."""
        if self.stage(round_id) != "masked":
            raise RefusalError(
                f"round {round_id.hex()}: shares are sent once, after a vector; it is "
                f"{self.stage(round_id) or 'not begun'}"
            )
        self._rounds[round_id.hex()] = "unmasked"
        self._write()

    def _budget(self, source: str) -> Budget:
        if source not in self.budgets:
            raise BudgetError(
                f"no questions are allowed about {source!r}; there is a budget for "
                f"{', '.join(sorted(self.budgets)) or 'nothing'}"
            )
        return self.budgets[source]

    def _read(self, path: Path) -> None:
        try:
            entry = json.loads(path.read_bytes())
            if entry["format"] != _FORMAT:
                raise InputError(f"{path}: is of another version of Firsthand")
            self._spent = {
                str(source): [
                    Cost(
                        float(cost["deviation"]),
                        Reach(**cost["reach"]),
                        float(cost["apart"]),
                        float(cost["failing"]),
                    )
                    for cost in costs
                ]
                for source, costs in entry["spent"].items()
            }
            self._rounds = dict(entry["rounds"])
            if not set(self._rounds.values()) <= {"masked", "unmasked"}:
                raise InputError(f"{path}: has rounds at stages that there are not")
        except damage.JSON_FILE as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{path}: what was spent cannot be read, so nothing more is: {error}"
            ) from error

    def _write(self) -> None:
        if self._path is None:
            return
        entry = {
            "format": _FORMAT,
            "spent": {
                name: [asdict(cost) for cost in costs] for name, costs in self._spent.items()
            },
            "rounds": self._rounds,
        }
        try:
            replace_bytes(self._path, json.dumps(entry).encode())
        except OSError as error:
            raise InputError(f"{self._path}: cannot be written: {error.strerror}") from error
