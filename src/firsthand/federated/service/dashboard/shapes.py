"""What a store knows, in the shapes in which the page takes it."""

from typing import Any, Final

import numpy as np

from firsthand.errors import FirsthandError
from firsthand.federated.accounting import Cost, epsilon_of
from firsthand.federated.plan import Plan, SignedPlan
from firsthand.federated.queries.query import query_to
from firsthand.federated.service.coordinator import PHASES
from firsthand.federated.service.store import Record, Store

DELTA: Final = 1e-5
"""Of what is spent of a source, as the page tells it."""

_SHOWN: Final = 20
_LONGEST: Final = 200


def round_(record: Record, answered: dict[tuple[int, int], int], now: float) -> dict[str, Any]:
    """Return a round; all text in it is a question's, or a sentence."""
    plan = _plan(record.plan)
    return {
        "number": record.number,
        "question": "a plan that cannot be read" if plan is None else question(plan),
        "region": record.region,
        "state": record.state,
        "asked_s": now - record.asked_at,
        "took_s": None if record.ended_at is None else record.ended_at - record.asked_at,
        "reason": record.reason,
        "least": None if plan is None else plan.least,
        "most": None if plan is None else plan.most,
        "privacy": None if plan is None else _privacy(plan),
        "devices": record.devices,
        "phases": [_phase(name, phase, record, answered, plan) for name, phase in PHASES.items()],
        "answer": None if plan is None or record.total is None else _answer(plan, record),
    }


def question(plan: Plan) -> str:
    """Return a plan's question as a person would type it, its long lists left out."""
    entry = query_to(plan.query)
    kind, source = entry.pop("kind"), entry.pop("source")
    words = [
        f"{name}={value}"
        for name, value in entry.items()
        if isinstance(value, bool | int | float | str) and len(str(value)) < 40
    ]
    return " ".join([kind, source, *words])[:_LONGEST]


class Spent:
    """What the rounds of each source have cost a device that took part in all of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._costs: dict[int, tuple[str, Cost | None]] = {}
        self._known: dict[str, tuple[int, float]] = {}

    def now(self) -> list[dict[str, Any]]:
        """Return for each source how many rounds asked about it, and epsilon at `DELTA`.

        Exact sums are counted apart: no epsilon says what they cost.
        """
        sources: dict[str, list[Cost | None]] = {}
        for number in self._store.spenders():
            if number not in self._costs:
                plan = _plan(self._store.record(number).plan)
                self._costs[number] = ("", None) if plan is None else (plan.query.source, plan.cost)
            source, cost = self._costs[number]
            if source:
                sources.setdefault(source, []).append(cost)
        found = []
        for source, asked in sorted(sources.items()):
            if self._known.get(source, (0, 0.0))[0] != len(asked):
                costs = [cost for cost in asked if cost is not None]
                self._known[source] = len(asked), epsilon_of(costs, DELTA) if costs else 0.0
            exact = sum(cost is None for cost in asked)
            entry = {"source": source, "rounds": len(asked), "exact": exact, "delta": DELTA}
            found.append(entry | {"epsilon": self._known[source][1]})
        return found


def _plan(data: bytes) -> Plan | None:
    try:
        return SignedPlan.parsed(data).plan
    except FirsthandError:
        return None


def _privacy(plan: Plan) -> dict[str, float] | None:
    if plan.cost is None:
        return None
    return {"epsilon": plan.cost.epsilon(plan.delta), "delta": plan.delta}


def _phase(
    name: str, phase: int, record: Record, answered: dict[tuple[int, int], int], plan: Plan | None
) -> dict[str, Any]:
    """Return how many were expected in a phase, and how many answered; None before it."""
    expected, came = record.came.get(phase, (None, None))
    if record.state == "open" and phase == record.phase:
        came = answered.get((record.number, phase), 0)
        before = record.came.get(phase - 1)
        expected = before[1] if before else None if plan is None else plan.most
    return {"name": name, "expected": expected, "answered": came}


def _answer(plan: Plan, record: Record) -> dict[str, Any]:
    assert record.total is not None
    found = plan.answer(np.frombuffer(record.total, plan.dtype), record.devices)
    ordered = type(plan.query).__name__ != "Histogram"
    some = found.estimates[:_SHOWN] if ordered else found.top(_SHOWN)
    return {
        "estimates": [(each.name[:_LONGEST], each.value, each.low, each.high) for each in some],
        "more": len(found.estimates) - len(some),
        "counts": not ordered,
    }
