"""Rounds in PostgreSQL, which may be restarted in the middle of one."""

from contextlib import ExitStack

import pytest
from fleet import Fleet, messages_of

from firsthand.errors import MissingDependencyError, StoreError
from firsthand.federated.aggregator import Phase
from firsthand.federated.service.store import Store
from firsthand.measure.postgres import postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with ExitStack() as stack:
        try:
            found = stack.enter_context(postgres())
        except MissingDependencyError as error:
            pytest.skip(str(error))
        yield found


def fleet_in(server, name, **more):
    import psycopg

    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return Fleet(None, url=server.url.replace("/postgres?", f"/{name}?"), **more)


def test_a_round_is_kept_there(server) -> None:
    fleet = fleet_in(server, "kept", lost=lambda phase, n: phase >= Phase.VECTORS and n < 3)
    record = fleet.run()
    assert record.state == "done"
    assert fleet.exact(record)
    assert record.came[3] == (12, 9)
    assert messages_of(fleet.store, record.number) == []


def test_it_goes_on_where_it_was_killed(server) -> None:
    fleet = fleet_in(server, "killed")
    record = fleet.run(between=fleet.restart)
    assert record.state == "done"
    assert fleet.exact(record)


def test_it_may_be_restarted_in_mid_round(server) -> None:
    """After every eleventh message, without a warning."""
    fleet = fleet_in(server, "restarted")
    sent = 0

    def restart():
        nonlocal sent
        sent += 1
        if sent % 11 == 0:
            server.stop()
            fleet.tick()
            server.start()

    record = fleet.run(between=restart)
    assert record.state == "done"
    assert fleet.exact(record)


def test_one_server_runs_on_it(server) -> None:
    fleet = fleet_in(server, "held")
    fleet.store.hold()
    with Store(fleet.url) as other:
        with pytest.raises(StoreError, match="another server runs on it"):
            other.hold()
        fleet.store.close()
    with Store(fleet.url) as other:
        other.hold()
