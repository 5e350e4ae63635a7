"""Rounds in a store: what was acknowledged is never lost, and no sum is ever given twice."""

import random
from contextlib import contextmanager
from itertools import count
from statistics import mean

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from fleet import PACE, Fleet, messages_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firsthand.errors import (
    ConfigError,
    EnrolmentError,
    GoneError,
    InputError,
    ProtocolError,
    StoreError,
)
from firsthand.federated import Authority, Identity, SignedPlan, messages
from firsthand.federated.aggregator import Phase
from firsthand.federated.keys import Bundle, RoundKeys
from firsthand.federated.service.coordinator import Letter, Visit, Welcome
from firsthand.federated.service.pace import Pace
from firsthand.federated.service.store import Store

ALWAYS = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_a_round_is_the_sum_of_who_sent_a_vector(tmp_path) -> None:
    fleet = Fleet(tmp_path, lost=lambda phase, number: phase >= Phase.VECTORS and number < 3)
    record = fleet.run()
    assert record.state == "done"
    assert fleet.exact(record)
    assert record.came == {1: (12, 12), 2: (12, 12), 3: (12, 9), 4: (9, 9), 5: (9, 9)}
    assert messages_of(fleet.store, record.number) == []


def test_it_goes_on_where_it_was_killed(tmp_path) -> None:
    """Begun again from the store before every message."""
    fleet = Fleet(tmp_path, lost=lambda phase, number: phase >= Phase.VECTORS and number < 2)
    record = fleet.run(between=fleet.restart)
    assert record.state == "done"
    assert fleet.exact(record)


@ALWAYS
@given(st.integers(0, 2**32), st.sampled_from(["before", "after"]))
def test_a_store_that_fails_now_and_then_loses_nothing(tmp_path_factory, seed, fails) -> None:
    """Before a transaction is kept, or after, so that nobody hears that it was."""
    fleet = Fleet(tmp_path_factory.mktemp("store"))
    rng, writing = random.Random(seed), fleet.store.writing

    @contextmanager
    def failing():
        broken = rng.random() < 0.2
        if broken and fails == "before":
            raise StoreError("the disk is full")
        with writing() as writer:
            yield writer
        if broken:
            raise StoreError("the connection was lost")

    fleet.store.writing = failing
    record = fleet.run()
    for _ in range(60):
        if record.state != "open":
            break
        fleet.clock.now += 11.0
        fleet.tick()
        record = fleet.store.named(fleet.plan.round_id)
    assert record.state in ("done", "abandoned")
    if record.state == "done":
        assert fleet.exact(record)


def test_what_was_taken_is_taken_again_and_nothing_else(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    fleet.come()
    public, device = next(iter(fleet.devices.items()))
    message = device.advertise()
    letter = fleet.letter(public, Phase.KEYS, message)
    assert fleet.take(letter) is None
    assert fleet.take(letter) is None
    fleet.restart()
    assert fleet.take(letter) is None
    other = fleet.letter(public, Phase.KEYS, message[:-1] + bytes([message[-1] ^ 1]))
    assert "another message of this device" in str(fleet.take(other))
    assert len(messages_of(fleet.store, 1)) == 1


def test_messages_that_come_together_are_judged_one_by_one(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    fleet.come()
    letters = [
        fleet.letter(public, Phase.KEYS, device.advertise())
        for public, device in fleet.devices.items()
    ]
    letters[3] = fleet.letter(letters[3].device, Phase.KEYS, b"nothing")
    letters[5] = letters[4]
    answers = fleet.coordinator.take(letters, fleet.clock.now)
    assert [n for n, answer in enumerate(answers) if answer is not None] == [3]
    assert isinstance(answers[3], ProtocolError)
    assert len(messages_of(fleet.store, 1)) == 10


def test_what_is_sent_twice_at_once_is_not_taken_where_it_cannot_be_kept(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    fleet.come()
    (public, device), (other, second) = list(fleet.devices.items())[:2]
    letter = fleet.letter(public, Phase.KEYS, device.advertise())
    wrong = fleet.letter(other, Phase.KEYS, second.advertise()[:-1])
    writing = fleet.store.writing

    @contextmanager
    def full():
        with writing() as writer:
            yield writer
            raise StoreError("the disk is full")

    fleet.store.writing = full
    answers = fleet.coordinator.take([letter, letter, wrong], fleet.clock.now)
    assert [type(answer) for answer in answers] == [StoreError, StoreError, ProtocolError]
    fleet.store.writing = writing
    assert messages_of(fleet.store, 1) == []
    fleet.tick()
    assert fleet.coordinator.take([letter, letter], fleet.clock.now) == [None, None]
    assert len(messages_of(fleet.store, 1)) == 1


@pytest.mark.parametrize("phase", list(Phase)[:5])
def test_too_few_end_a_round_without_a_sum(tmp_path, phase) -> None:
    fleet = Fleet(tmp_path, lost=lambda at, number: at >= phase and number < 10)
    record = fleet.run()
    assert (record.state, record.total) == ("abandoned", None)
    assert record.reason
    assert messages_of(fleet.store, record.number) == []
    with pytest.raises(GoneError, match="ended without a sum"):
        fleet.coordinator.plan(fleet.plan.round_id)


def test_a_late_vector_is_not_counted(tmp_path) -> None:
    fleet = Fleet(tmp_path, lost=lambda phase, number: phase >= Phase.VECTORS and number == 0)
    late = next(iter(fleet.devices))
    heard = []

    def try_late():
        found = fleet.coordinator
        try:
            told = found.told(fleet.plan.round_id, Phase.VECTORS, late)
        except GoneError:
            heard.append(fleet.take(fleet.letter(late, Phase.VECTORS, kept[0])))
        else:
            if told is not None and not kept:
                kept.append(fleet.devices[late].receive(told))

    kept = []
    record = fleet.run(between=try_late)
    assert record.devices == 11
    assert fleet.exact(record)
    assert any(isinstance(answer, GoneError) for answer in heard)


def test_two_servers_on_one_store_give_one_sum(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    first, turn = fleet.coordinator, count()
    fleet.restart()
    second = fleet.coordinator

    def change():
        fleet.coordinator = (first, second)[next(turn) // 7 % 2]
        fleet.tick()

    record = fleet.run(between=change)
    if record.state == "done":
        total = np.frombuffer(record.total, fleet.plan.dtype)
        assert fleet.exact(record), total
    first.tick(fleet.clock.now + 100)
    second.tick(fleet.clock.now + 100)
    again = fleet.store.named(fleet.plan.round_id)
    assert (again.state, again.total) == (record.state, record.total)


def test_a_done_round_is_not_changed(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    record = fleet.run()
    with pytest.raises(StoreError, match="past phase"), fleet.store.writing() as writer:
        writer.end(record.number, record.phase, 0.0, total=b"other", devices=3)
    assert fleet.store.named(fleet.plan.round_id).total == record.total


def test_a_round_that_cannot_go_on_stops_no_other(tmp_path, monkeypatch) -> None:
    fleet = Fleet(tmp_path)
    bad = SignedPlan.made(fleet.plan.__class__(fleet.plan.query, 8, 12), fleet.planner)
    fleet.store.ask(bad.plan.round_id, bad.to_bytes(), "nowhere", 1.0, 0.0)
    fleet.tick()
    failing = fleet.coordinator._rounds[bad.plan.round_id].server

    def fails():
        raise RuntimeError("a fault")

    monkeypatch.setattr(failing, "advance", fails)
    record = fleet.run()
    assert record.state == "done"
    assert fleet.exact(record)
    fleet.clock.now += 11.0
    fleet.tick()
    ended = fleet.store.named(bad.plan.round_id)
    assert (ended.state, ended.reason) == ("abandoned", "it cannot go on: RuntimeError: a fault")


def test_numbers_of_devices_that_no_graph_suits_end_a_round(tmp_path) -> None:
    fleet = Fleet(tmp_path, devices=4)
    plan = fleet.plan.__class__(fleet.plan.query, 3, 12, fleet.plan.assumed)
    with fleet.store.writing() as writer:
        writer.end(1, 1, 0.0, reason="not wanted")
    signed = SignedPlan.made(plan, fleet.planner)
    fleet.store.ask(plan.round_id, signed.to_bytes(), "", 10.0, 0.0)
    fleet.restart()
    fleet.come()
    context = signed.context
    for public, device in fleet.devices.items():
        keys = RoundKeys(X25519PrivateKey.generate(), X25519PrivateKey.generate(), public)
        data = Bundle.made(device._identity, keys, context).data
        letter = Letter(
            plan.round_id, Phase.KEYS, public,
            messages.packed(messages.ADVERTISE, plan.round_id, data),
        )  # fmt: skip
        assert fleet.take(letter) is None
    fleet.clock.now += 11.0
    fleet.tick()
    record = fleet.store.named(plan.round_id)
    assert record.state == "abandoned"
    assert "ask more devices" in record.reason


def test_a_certificate_that_is_none_does_not_come_into_a_round(tmp_path) -> None:
    """Its neighbours would refuse the roster, all of them."""
    fleet = Fleet(tmp_path)
    fleet.come()
    public, device = next(iter(fleet.devices.items()))
    bundle = device._bundle
    bad = b"".join(
        (
            bundle.device,
            bytes(64),
            bundle.sealing,
            bundle.masking,
            bundle.seed_sum,
            bundle.signature,
        )
    )
    message = messages.packed(messages.ADVERTISE, fleet.plan.round_id, bad)
    assert isinstance(fleet.take(fleet.letter(public, Phase.KEYS, message)), EnrolmentError)
    assert fleet.take(fleet.letter(public, Phase.KEYS, device.advertise())) is None


def test_who_does_not_come_makes_room_for_others(tmp_path) -> None:
    fleet = Fleet(tmp_path, devices=30)
    visits = list(fleet.visits.values())
    first = fleet.coordinator.welcome(visits[:24], fleet.clock.now)
    assert all(each.round_id for each in first)
    (late,) = fleet.coordinator.welcome(visits[24:25], fleet.clock.now)
    assert late.round_id is None
    fleet.clock.now += 61.0
    again = fleet.coordinator.welcome(visits[23:25], fleet.clock.now)
    assert [each.round_id is None for each in again] == [True, False]


def test_who_is_invited(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    store = fleet.store
    signed = SignedPlan.made(fleet.plan, fleet.planner)
    store.ask(b"r" * 16, signed.to_bytes(), "south", 10.0, 0.0)  # a plan of another round
    fleet.tick()
    one = next(iter(fleet.visits.values()))
    (first,) = fleet.coordinator.welcome([one], 0.0)
    (south,) = fleet.coordinator.welcome([Visit(one.device, one.certificate, "south")], 0.0)
    assert first.round_id == south.round_id == fleet.plan.round_id
    assert store.named(b"r" * 16).state == "abandoned"
    assert store.named(b"r" * 16).reason == "the plan is of another round"


def test_a_region_s_round_is_for_its_devices(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    plan = fleet.plan.__class__(fleet.plan.query, 8, 12, fleet.plan.assumed)
    with fleet.store.writing() as writer:
        writer.end(1, 1, 0.0, reason="not wanted")
    signed = SignedPlan.made(plan, fleet.planner)
    fleet.store.ask(plan.round_id, signed.to_bytes(), "south", 10.0, 0.0)
    fleet.restart()
    one = next(iter(fleet.visits.values()))
    (north,) = fleet.coordinator.welcome([one], 0.0)
    (south,) = fleet.coordinator.welcome([Visit(one.device, one.certificate, "south")], 0.0)
    assert (north.round_id, south.round_id) == (None, plan.round_id)


def test_no_more_are_invited_than_can_be_of_use(tmp_path) -> None:
    fleet = Fleet(tmp_path, devices=40)
    fleet.come()
    answers = fleet.coordinator.welcome(list(fleet.visits.values()), 0.0)
    assert sum(answer.round_id is not None for answer in answers) == 24


def test_strangers_are_not_welcome(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    one = next(iter(fleet.visits.values()))
    foreign = Identity.enrolled(Authority())
    visits = [
        Visit(foreign.public, foreign.certificate, "north"),
        Visit(foreign.public, one.certificate, "north"),
        Visit(one.device, one.certificate, ""),
        Visit(one.device, one.certificate, "n" * 65),
        Visit(one.device, one.certificate, "a\nb"),
        Visit(b"short", one.certificate, "north"),
        one,
    ]
    answers = fleet.coordinator.welcome(visits, 0.0)
    assert [type(answer) for answer in answers[:2]] == [EnrolmentError] * 2
    assert all(isinstance(answer, InputError) for answer in answers[2:6])
    assert isinstance(answers[6], Welcome)
    keys = fleet.letter(foreign.public, Phase.KEYS, b"x")
    assert "checks in before" in str(fleet.take(keys))


def test_a_plan_of_a_stranger_is_not_run(tmp_path) -> None:
    fleet = Fleet(tmp_path)
    signed = SignedPlan.made(fleet.plan, Ed25519PrivateKey.generate())
    for data in (signed.to_bytes()[:70], signed.to_bytes(), b""):
        number = fleet.store.records()[0].number
        with fleet.store.writing() as writer:
            writer.end(number, 1, 0.0, reason="not wanted")
        name = bytes([len(data) % 251]) * 16
        fleet.store.ask(name, data, "", 10.0, 0.0)
        fleet.restart()
        found = fleet.store.named(name)
        assert found.state == "abandoned"
        assert found.reason
        fleet.store.ask(name[::-1][:15] + b"z", data, "", 10.0, 0.0)


def test_a_database_of_another_version_or_program_is_refused(tmp_path) -> None:
    import sqlite3

    url = f"sqlite:///{tmp_path / 'rounds.db'}"
    Store(url).close()
    with sqlite3.connect(tmp_path / "rounds.db") as connection:
        connection.execute("UPDATE firsthand_meta SET version = 7")
    connection.close()
    with pytest.raises(StoreError, match="is of version 7, and this program knows 1"):
        Store(url)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreError, match="another program's"):
        Store(f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "text.db").write_text("this is no database, but it is long enough to be one" * 9)
    damaged = tmp_path / "damaged.db"
    Store(f"sqlite:///{damaged}").close()
    damaged.write_bytes(damaged.read_bytes()[:4_096] + b"x" * 40_000)
    with pytest.raises(StoreError, match=r"malformed; put a copy of it back, or move it away"):
        Store(f"sqlite:///{damaged}")
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'text.db'}")
    for bad in ("rounds.db", "mysql://localhost/x", ""):
        with pytest.raises(ConfigError):
            Store(bad)


def test_few_come_together_and_many_apart() -> None:
    rng = random.Random(0)
    few = [PACE.pause_s(50, 100.0 + at / 10, rng) + 100.0 + at / 10 for at in range(9)]
    assert max(few) - min(few) <= 0.1
    pace = Pace(per_s=10.0, least_s=60.0)
    many = [pace.pause_s(100_000, 0.0, rng) for _ in range(2_000)]
    assert mean(many) == pytest.approx(10_000, rel=0.05)
    assert min(many) >= 5_000
    with pytest.raises(ConfigError):
        Pace(per_s=0.0)
