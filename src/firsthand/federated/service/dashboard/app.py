"""The dashboard's application: rounds, what they found, and what they cost in privacy."""

import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException

from firsthand.errors import StoreError
from firsthand.federated.service.dashboard import shapes
from firsthand.federated.service.store import Store
from firsthand.web import LocalApp, local_app, static_router

_DAY_S = 86_400.0


def dashboard_app(
    store: Store,
    *,
    devices: str = "",
    token: str | None = None,
    now: Callable[[], float] = time.time,
) -> LocalApp:
    """Return the page on a store of rounds for `firsthand.web.serve`.

    `devices` is the address that devices come to, to be shown; `token` opens the page, a random one
    if None; `now` tells seconds since 1970.
    """
    router = APIRouter(prefix="/api")
    spent = shapes.Spent(store)
    ended: dict[int, tuple[float, dict[str, Any]]] = {}  # what is over is read once

    @router.get("/rounds")
    def rounds() -> dict[str, Any]:
        """Return the latest rounds, the newest first, and what all have cost."""
        states = dict(store.states())
        answered = store.answered([number for number, state in states.items() if state == "open"])
        for number in [number for number in ended if number not in states]:
            ended.pop(number, None)
        found = []
        for number in states:
            known = ended.get(number)
            if known is None:
                record = store.record(number)
                known = record.asked_at, shapes.round_(record, answered, now())
                if record.state != "open":
                    ended[number] = known
            found.append(known[1] | {"asked_s": now() - known[0]})
        return {
            "rounds": found,
            "spent": spent.now(),
            "regions": store.regions_since(now() - _DAY_S),
            "devices": devices,
        }

    @router.post("/rounds/{number}/end", status_code=204)
    def end(number: int) -> None:
        """End a round without a sum."""
        try:
            record = store.record(number)
        except StoreError as error:
            raise HTTPException(404, f"There is no round {number}.") from error
        if record.state != "open":
            raise HTTPException(409, f"Round {number} has ended already.")
        with store.writing() as writer:
            writer.end(number, record.phase, now(), reason="somebody ended it on the dashboard")

    static = static_router("firsthand.federated.service.dashboard")
    return local_app("Rounds", [router, static], token=token)
