"""A server that lies, over HTTPS: its victim leaves and says why, and the others go on."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fleet import ASSUMED, QUESTION, agent, ask, home, keyring, letters, opened, serving, visit

from firsthand.federated import messages, ring
from firsthand.federated.aggregator import Phase
from firsthand.federated.service.coordinator import Coordinator

COUNT = 12


def both_alive_and_gone(alive, gone):
    return [alive, alive]


def without_the_victim(alive, gone, *, place):
    kept = ring.from_bits(alive, COUNT) - {place}
    return [ring.as_bits(sorted(kept), COUNT), ring.as_bits([place], COUNT)]


def few_survivors(*_, place):
    kept = {place, *range(5)}
    gone = sorted(set(range(COUNT)) - kept)
    return [ring.as_bits(sorted(kept), COUNT), ring.as_bits(gone, COUNT)]


LIES = [
    (Phase.SHARES, lambda joined, bundles: [joined, [*bundles[1:], bundles[0]]], "were committed"),
    (Phase.SHARES, lambda joined, bundles: [joined[32:], bundles], "neighbours|without this"),
    (Phase.SHARES, lambda joined, bundles: [joined[:-1], bundles], "commitments take 32 bytes"),
    (Phase.VECTORS, lambda sealed: [[each[:-1] for each in sealed]], "sealed shares take"),
    (Phase.VECTORS, lambda sealed: [[b""] * len(sealed)], "0 neighbours are left"),
    (Phase.CONSENTS, both_alive_and_gone, "both alive and gone"),
    (Phase.CONSENTS, without_the_victim, "vector is left out"),
    (Phase.CONSENTS, few_survivors, "a sum over"),
    (Phase.UNMASKING, lambda signatures: [[b"\0" * 64] * len(signatures)], "0 neighbours signed"),
    (Phase.UNMASKING, lambda signatures: [signatures[1:]], r"10 signatures of 11"),
]


def lying(monkeypatch, phase, lie, victim):
    """Have the server tell one device something else in a phase."""
    kinds = {
        Phase.SHARES: messages.ROSTER, Phase.VECTORS: messages.SEALED,
        Phase.CONSENTS: messages.SURVIVORS, Phase.UNMASKING: messages.CONSENTS,
    }  # fmt: skip
    told = Coordinator.told

    def lies(self, round_id, at, device):
        data = told(self, round_id, at, device)
        if data is None or at is not phase or device != victim:
            return data
        parts = messages.unpacked(data, kinds[phase], round_id, 10**8)
        more = {}
        if lie in (without_the_victim, few_survivors):
            more["place"] = self._rounds[round_id].server._place[device]
        return messages.packed(kinds[phase], round_id, *lie(*parts, **more))

    monkeypatch.setattr(Coordinator, "told", lies)


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "lie", "match"), LIES)
def test_a_lie_is_refused_and_the_others_go_on(tmp_path, monkeypatch, phase, lie, match) -> None:
    keys = keyring(tmp_path / "keys")
    with opened(tmp_path) as store, serving(store, keys) as address:
        agents = [agent(home(tmp_path / str(n), keys, address), n) for n in range(COUNT)]
        victim = agents[0].home.identity.public
        lying(monkeypatch, phase, lie, victim)
        plan = ask(store, keys, timeout_s=3.0)
        with ThreadPoolExecutor(COUNT) as threads:
            came = list(threads.map(visit, agents))
        record = store.named(plan.round_id)
        while record.state == "open":
            threading.Event().wait(0.1)
            record = store.named(plan.round_id)
    assert came[0].outcome == "left"
    assert re.search(match, came[0].why), came[0].why
    assert {each.outcome for each in came[1:]} == {"took part"}
    assert record.state == "done"
    counted = range(1 if phase <= Phase.VECTORS else 0, COUNT)
    total = np.frombuffer(record.total, plan.dtype)
    assert total.tolist() == sum(QUESTION.local(letters(n)) for n in counted).tolist()


@pytest.mark.slow
def test_a_plan_that_was_changed_on_the_way_is_refused(tmp_path, monkeypatch) -> None:
    keys = keyring(tmp_path / "keys")
    monkeypatch.setattr(
        Coordinator, "plan", lambda self, at: self._rounds[at].record.plan.replace(b"0.1", b"0.2")
    )
    with opened(tmp_path) as store, serving(store, keys) as address:
        ask(store, keys)
        came = visit(agent(home(tmp_path / "0", keys, address), 0))
    assert came.outcome == "left"
    assert "nobody who may ask has signed" in came.why
    assert ASSUMED.dropout == 0.1
