"""Rounds over HTTPS, as devices, those who ask, and those who wish ill see them."""

import json
import socket
import sqlite3
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import numpy as np
import pytest
from fleet import (
    ASSUMED,
    QUESTION,
    RULES,
    again,
    agent,
    ask,
    home,
    keyring,
    letters,
    messages_of,
    opened,
    serving,
    visit,
    visited,
)

from firsthand.errors import (
    BusyError,
    ConfigError,
    InputError,
    LinkError,
    ProtocolError,
    RefusalError,
    StoreError,
)
from firsthand.federated import Authority, Budget, Identity, Rules, SignedPlan, planned
from firsthand.federated.service import conditions, wire
from firsthand.federated.service.agent import Agent
from firsthand.federated.service.client import Link
from firsthand.federated.service.home import Home
from firsthand.federated.service.keyring import TLS_AUTHORITY, Keyring
from firsthand.federated.service.listener import Limits
from firsthand.federated.service.records import sqlite_records
from firsthand.federated.service.serving import devices_served
from firsthand.federated.service.store import Store


def fleet_at(tmp_path, keys, address, count=12, **more):
    return [agent(home(tmp_path / str(n), keys, address), n, **more) for n in range(count)]


def all_visit(agents):
    with ThreadPoolExecutor(len(agents)) as threads:
        return list(threads.map(visit, agents))


@contextmanager
def service(tmp_path, limits=None):
    keys = keyring(tmp_path / "keys")
    with opened(tmp_path) as store, serving(store, keys, limits) as address:
        yield keys, store, address


def test_a_round_is_summed_over_https(tmp_path) -> None:
    with service(tmp_path) as (keys, store, address):
        plan = ask(store, keys)
        came = all_visit(fleet_at(tmp_path, keys, address))
        record = store.named(plan.round_id)
    assert [each.outcome for each in came] == ["took part"] * 12
    assert (record.state, record.devices, record.reason) == ("done", 12, "")
    total = np.frombuffer(record.total, plan.dtype)
    assert total.tolist() == sum(QUESTION.local(letters(n)) for n in range(12)).tolist()
    assert record.came[5] == (12, 12)


def test_a_device_refuses_by_itself_and_others_go_on(tmp_path) -> None:
    with service(tmp_path) as (keys, store, address):
        plan = ask(store, keys, timeout_s=6.0)
        agents = fleet_at(tmp_path, keys, address, 10)
        careful = Rules(least=50, threshold=2, assumed=ASSUMED)
        agents.append(agent(home(tmp_path / "careful", keys, address), 0, rules=careful))
        agents.append(agent(home(tmp_path / "other", keys, address, source="numbers"), 0))
        came = all_visit(agents)
        record = store.named(plan.round_id)
    assert [each.outcome for each in came] == ["took part"] * 10 + ["left"] * 2
    assert "this one takes part among 50" in came[10].why
    assert "no questions are allowed about 'letters'" in came[11].why
    assert (record.state, record.devices) == ("done", 10)


def test_without_consent_nobody_is_visited(tmp_path) -> None:
    with service(tmp_path) as (keys, store, address):
        ask(store, keys)
        found = home(tmp_path / "0", keys, address)
        found.consent.revoke("letters", datetime.now(UTC))
        with pytest.raises(RefusalError, match="nobody has agreed"):
            visit(agent(found, 0))
        assert store.devices_since(0.0) == []
    assert [entry["budget"] is None for entry in found.consent.history] == [False, True]
    with pytest.raises(ConfigError, match="no consent to 'letters'"):
        found.consent.revoke("letters", datetime.now(UTC))


def test_consent_that_is_taken_back_in_between_ends_the_device_s_part(tmp_path) -> None:
    with service(tmp_path) as (keys, store, address):
        ask(store, keys)
        found = home(tmp_path / "0", keys, address)
        given = found.consent
        Agent(found, {}, (), RULES)

        def read():
            raise AssertionError("not read")

        one = Agent(found, {"letters": read}, (), RULES)
        given.give("others", Budget(1.0), datetime.now(UTC))
        given.revoke("letters", datetime.now(UTC))
        came = visit(one)
    assert came.outcome == "left"
    assert "no questions are allowed about 'letters'" in came.why


def test_records_that_cannot_be_read_end_a_device_s_part_alone(tmp_path) -> None:
    def broken():
        raise InputError("the database is locked")

    with service(tmp_path) as (keys, store, address):
        plan = ask(store, keys, timeout_s=4.0)
        agents = fleet_at(tmp_path, keys, address, 11)
        agents.append(Agent(home(tmp_path / "x", keys, address), {"letters": broken}, (), RULES))
        came = all_visit(agents)
        assert [each.outcome for each in came] == ["took part"] * 11 + ["left"]
        assert came[11].why == "the database is locked"
        assert store.named(plan.round_id).devices == 11


def test_consent_taken_back_in_mid_round_counts(tmp_path) -> None:
    with service(tmp_path) as (keys, store, address):
        plan = ask(store, keys, timeout_s=4.0)
        agents = fleet_at(tmp_path, keys, address)
        found = agents[0].home

        def revoking():
            with agents[0].linked() as link:
                told = link.next

                def late(round_id, phase):
                    if phase == "vectors":
                        found.consent.revoke("letters", datetime.now(UTC))
                    return told(round_id, phase)

                link.next = late
                return visited(agents[0], link)

        with ThreadPoolExecutor(12) as threads:
            first = threads.submit(revoking)
            assert set(threads.map(lambda a: visit(a).outcome, agents[1:])) == {"took part"}
        assert first.result().outcome == "left"
        assert "nobody agrees any more" in first.result().why
        assert store.named(plan.round_id).devices == 11


def test_a_bad_moment_is_none(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(conditions, "CONDITIONS", {"idle": lambda: "it is busy"})
    with service(tmp_path) as (keys, store, address):
        found = home(tmp_path / "0", keys, address)
        came = visit(agent(found, 0, when=("idle",)))
        assert (came.outcome, came.why) == ("not now", "not idle: it is busy")
        assert store.devices_since(0.0) == []
        with pytest.raises(ConfigError, match="no condition tired"):
            visit(agent(found, 0, when=("tired",)))


def test_one_program_is_a_device(tmp_path) -> None:
    with service(tmp_path) as (keys, _, address):
        found = agent(home(tmp_path / "0", keys, address), 0)
        with (
            found.linked(),
            pytest.raises(BusyError, match="is this device already"),
            found.linked(),
        ):
            pass


class TestTrust:
    def link_error(self, tmp_path, server_keys, device_keys):
        with opened(tmp_path) as store, serving(store, server_keys) as address:
            found = agent(home(tmp_path / "0", device_keys, address), 0)
            with pytest.raises(LinkError) as raised:
                visit(found)
            assert store.devices_since(0.0) == []
        return str(raised.value)

    def test_a_foreign_server_is_not_spoken_to(self, tmp_path) -> None:
        ours, theirs = keyring(tmp_path / "ours"), keyring(tmp_path / "theirs")
        assert "its certificate is not taken" in self.link_error(tmp_path, theirs, ours)

    @pytest.mark.parametrize(("days", "says"), [(-365, "expired"), (365, "not yet valid")])
    def test_a_clock_a_year_off_is_told(self, tmp_path, days, says) -> None:
        """The certificate's, or the device's: it cannot tell which."""
        made = datetime.now(UTC) + timedelta(days=days)
        keys = Keyring.made(tmp_path / "keys", ["localhost"], made, days=90)
        said = self.link_error(tmp_path, keys, keys)
        assert says in said
        assert f"clock says {time.strftime('%Y-%m-%d')}" in said

    def test_a_server_of_another_name_is_not_spoken_to(self, tmp_path) -> None:
        keys = Keyring.made(tmp_path / "keys", ["elsewhere.example"], datetime.now(UTC))
        assert "its certificate is not taken" in self.link_error(tmp_path, keys, keys)

    def test_only_https_is_spoken(self, tmp_path) -> None:
        keys = keyring(tmp_path / "keys")
        with pytest.raises(ConfigError, match="begins with https://"):
            Link("http://localhost:1", home(tmp_path / "0", keys, "x").identity)
        with opened(tmp_path) as store, serving(store, keys) as address:
            port = int(address.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), 5) as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                plain.settimeout(5)
                assert b"200" not in plain.recv(1000)

    def test_keys_are_not_made_over_others(self, tmp_path) -> None:
        keys = keyring(tmp_path / "keys")
        with pytest.raises(ConfigError, match="has keys already"):
            keyring(tmp_path / "keys")
        found = home(tmp_path / "0", keys, "https://x")
        with pytest.raises(ConfigError, match="is a device already"):
            home(tmp_path / "0", keys, "https://x")
        for path in (keys.folder / "authority.pem", found.folder / "identity.pem"):
            assert path.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("name", ["identity.pem", "device.json", "authority.pub"])
    @pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff" * 50, None])
    def test_a_damaged_home_is_told(self, tmp_path, name, data) -> None:
        found = home(tmp_path / "0", keyring(tmp_path / "keys"), "https://x")
        path = found.folder / name
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        with pytest.raises(InputError, match=name):
            Home.read(found.folder)

    @pytest.mark.parametrize(
        "text", ["", "{}", '{"history": 3}', '{"history": [{"at": 1}]}', "[" * 100_000]
    )
    def test_a_damaged_consent_is_none(self, tmp_path, text) -> None:
        found = home(tmp_path / "0", keyring(tmp_path / "keys"), "https://x")
        (found.folder / "consent.json").write_text(text)
        with pytest.raises(InputError, match=r"consent\.json"):
            found.consent.budgets  # noqa: B018


class Stranger:
    """Somebody who speaks HTTPS with a server by hand."""

    def __init__(self, keys, address, identity=None):
        self.keys, self.address = keys, address
        self.identity = identity or Identity.enrolled(keys.authority)
        self.trusted = ssl.create_default_context(cafile=keys.folder / TLS_AUTHORITY)
        self.client = httpx.Client(base_url=address, verify=self.trusted, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def say(self, method, path, body=b"", signed=None, **headers):
        named = wire.signed_headers(self.identity, method, signed or path, body)
        found = self.client.request(method, path, content=body, headers=named | headers)
        if found.status_code not in (200, 204):
            assert found.json()["detail"]
        return found

    def raw(self, data, wait_s=20.0):
        """Send bytes; return what comes until the connection is closed."""
        port = int(self.address.rpartition(":")[2])
        with (
            socket.create_connection(("localhost", port), 5) as plain,
            self.trusted.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(data)
            secure.settimeout(wait_s)
            found = b""
            while piece := secure.recv(65536):
                found += piece
            return found


@contextmanager
def stranger(tmp_path, limits=None):
    with service(tmp_path, limits) as (keys, store, address), Stranger(keys, address) as one:
        yield one, store


class TestAttacks:
    def test_requests_are_signed_by_who_is_named(self, tmp_path) -> None:
        with stranger(tmp_path) as (one, store):
            at = "/v1/check-in?region=north"
            assert one.say("POST", at).status_code == 200
            other = Identity.enrolled(one.keys.authority)
            mine = wire.signed_headers(one.identity, "POST", at, b"")
            theirs = wire.signed_headers(other, "POST", at, b"")
            for wrong in (
                {wire.DEVICE: theirs[wire.DEVICE]},
                {wire.SIGNATURE: theirs[wire.SIGNATURE]},
            ):
                assert one.say("POST", at, **wrong).status_code == 403
            assert one.say("POST", at, signed="/v1/check-in?region=south").status_code == 403
            for name in mine:
                for bad in ("", "%%%", "AAAA", "A" * 5_000):
                    assert one.say("POST", at, **{name: bad}).status_code == 400
            assert one.client.post(at).status_code == 400
            assert len(store.devices_since(0.0)) == 1

    def test_who_was_not_enrolled_is_not_let_in(self, tmp_path) -> None:
        with service(tmp_path) as (keys, store, address):
            ask(store, keys)
            foreign = Identity.enrolled(Authority())
            with Stranger(keys, address, foreign) as one:
                found = one.say("POST", "/v1/check-in?region=north")
                assert found.status_code == 403
                assert "was never enrolled" in found.json()["detail"]

    def test_what_is_not_there_is_told(self, tmp_path) -> None:
        with stranger(tmp_path) as (one, _):
            assert one.say("GET", f"/v1/rounds/{'ab' * 16}/plan").status_code == 403
            assert one.say("POST", "/v1/check-in?region=north").status_code == 200
            for path, status in {
                "/v1/rounds/xyz/keys": 404,
                f"/v1/rounds/{'AB' * 16}/keys": 404,
                f"/v1/rounds/{'ab' * 16}/keys": 410,
                f"/v1/rounds/{'ab' * 16}/plan": 410,
                f"/v1/rounds/{'ab' * 16}/lunch": 404,
                "/": 404,
                "/v1/check-in": 405,
                "/docs": 404,
                "/openapi.json": 404,
            }.items():
                assert one.say("GET", path).status_code == status, path
            assert one.say("POST", "/v1/check-in").status_code == 400
            assert one.say("POST", "/v1/check-in?region=" + "n" * 70).status_code == 400

    def test_bodies_are_no_larger_than_they_may_be(self, tmp_path) -> None:
        with service(tmp_path) as (keys, store, address):
            plan = ask(store, keys)
            with Stranger(keys, address) as one:
                found = one.say("POST", "/v1/check-in?region=north")
                for _ in range(40):  # until the server has seen what was asked
                    if found.json()["round"]:
                        break
                    threading.Event().wait(0.1)
                    found = one.say("POST", "/v1/check-in?region=north")
                assert found.json()["round"] == plan.round_id.hex()
                at = f"/v1/rounds/{plan.round_id.hex()}/keys"
                assert one.say("POST", at, bytes(100_000)).status_code == 413
                assert one.say("POST", "/v1/check-in?region=n", bytes(2_000)).status_code == 413

                def pieces():
                    for _ in range(100):
                        yield bytes(1_000)

                named = wire.signed_headers(one.identity, "POST", at, bytes(100_000))
                found = one.client.post(at, content=pieces(), headers=named)
                assert found.status_code == 413
                assert one.say("POST", at, b"\xff" * 100).status_code == 400
                assert messages_of(store, 1) == []

    def test_slow_bodies_are_not_waited_for(self, tmp_path) -> None:
        with stranger(tmp_path, Limits(body_s=0.5)) as (one, _):
            head = "POST /v1/check-in?region=n HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"
            found = one.raw(head.encode() + b"abc")
            assert found.startswith(b"HTTP/1.1 408")

    def test_half_a_request_is_not_waited_for(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr("firsthand.federated.service.serving.HEAD_S", 0.5)
        with stranger(tmp_path) as (one, _):
            for begun in (b"", b"POST /v1/check", b"GET / HTTP/1.1\r\nhost: x\r\n"):
                before = time.monotonic()
                one.raw(begun)
                assert time.monotonic() - before < 10
            assert one.say("POST", "/v1/check-in?region=n").status_code == 200

    def test_bytes_that_are_no_request_are_survived(self, tmp_path) -> None:
        with stranger(tmp_path) as (one, _):
            rng = np.random.default_rng(0)
            for size in (1, 100, 30_000):
                one.raw(rng.bytes(size) + b"\r\n\r\n")
            one.raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n")
            assert one.say("POST", "/v1/check-in?region=n").status_code == 200

    def test_a_flood_of_visits_is_survived(self, tmp_path) -> None:
        with stranger(tmp_path) as (one, store):
            at = "/v1/check-in?region=n"
            others = [Identity.enrolled(one.keys.authority) for _ in range(300)]

            def come(identity):
                named = wire.signed_headers(identity, "POST", at, b"")
                return one.client.post(at, headers=named).status_code

            with ThreadPoolExecutor(16) as threads:
                assert set(threads.map(come, others)) == {200}
            assert len(store.devices_since(0.0)) == 300

    def test_one_device_does_not_speak_for_another(self, tmp_path) -> None:
        """It may replay what others sent: it is not theirs that counts."""
        with service(tmp_path) as (keys, store, address):
            plan = ask(store, keys, timeout_s=60.0)
            agents = fleet_at(tmp_path, keys, address)
            with Stranger(keys, address) as one:
                one.say("POST", "/v1/check-in?region=north")
                came = all_visit(agents)
                at = f"/v1/rounds/{plan.round_id.hex()}/unmasking"
                assert one.say("POST", at, b"x").status_code == 410
                assert one.say("GET", at).status_code == 410
            assert {each.outcome for each in came} == {"took part"}
            assert store.named(plan.round_id).devices == 12


class TestFaults:
    def test_a_full_disk_is_told_and_then_nothing_is_lost(self, tmp_path) -> None:
        from sqlalchemy import event

        with service(tmp_path) as (keys, store, address), Stranger(keys, address) as one:
            full = [True]

            @event.listens_for(store._engine, "checkout")
            def limited(connection, *_):
                (pages,) = connection.execute("PRAGMA page_count").fetchone()
                most = pages if full[0] else 1_000_000
                connection.execute(f"PRAGMA max_page_count = {most}")

            statuses = set()
            for _ in range(200):
                one.identity = Identity.enrolled(keys.authority)
                found = one.say("POST", "/v1/check-in?region=" + "n" * 60)
                statuses.add(found.status_code)
                if found.status_code == 503:
                    break
            assert statuses == {200, 503}
            assert "nothing can be kept at the moment" in found.json()["detail"]
            assert found.headers["retry-after"]
            full[0] = False
            plan = ask(store, keys)
            came = all_visit(fleet_at(tmp_path, keys, address))
            assert {each.outcome for each in came} == {"took part"}
            assert store.named(plan.round_id).devices == 12

    def test_an_answer_that_is_not_heard_does_no_harm(self, tmp_path) -> None:
        """Every request is sent twice, and the first answer is lost."""
        with service(tmp_path) as (keys, store, address):
            plan = ask(store, keys)
            agents = fleet_at(tmp_path, keys, address)

            def clumsy(found):
                with found.linked() as link:
                    read = link._read

                    def twice(*request):
                        read(*request)
                        return read(*request)

                    link._read = twice
                    return visited(found, link)

            with ThreadPoolExecutor(12) as threads:
                came = list(threads.map(clumsy, agents))
            assert {each.outcome for each in came} == {"took part"}
            record = store.named(plan.round_id)
            assert record.devices == 12

    def test_a_server_that_is_away_is_waited_for(self, tmp_path, monkeypatch) -> None:
        tried, read = threading.Event(), Link._read

        def noting(self, *request):
            try:
                return read(self, *request)
            except httpx.RequestError:
                tried.set()
                raise

        monkeypatch.setattr(Link, "_read", noting)
        keys = keyring(tmp_path / "keys")
        with opened(tmp_path) as store:
            plan = ask(store, keys)
            with serving(store, keys) as address:
                port = int(address.rpartition(":")[2])
            agents = fleet_at(tmp_path, keys, address)
            with ThreadPoolExecutor(13) as threads:
                coming = [threads.submit(visit, each) for each in agents]
                assert tried.wait(20)
                with again(store, keys, port):
                    came = [each.result(60) for each in coming]
            assert {each.outcome for each in came} == {"took part"}
            assert store.named(plan.round_id).devices == 12

    def test_a_server_that_stays_away_is_given_up(self, tmp_path) -> None:
        keys = keyring(tmp_path / "keys")
        identity = home(tmp_path / "0", keys, "x").identity
        slept = []
        trusted = keys.folder / TLS_AUTHORITY
        link = Link(
            "https://localhost:9", identity, trusted, patience_s=100.0, sleep=slept.append,
            clock=lambda: sum(slept),
        )  # fmt: skip
        with link, pytest.raises(LinkError, match="https://localhost:9: "):
            link.check_in("north")
        assert 60 < sum(slept) < 100
        assert 5 < len(slept) < 20

    @pytest.mark.parametrize(
        "said", [b"", b"[]", b'{"round": 3, "pause_s": 1}', b'{"round": "xy", "pause_s": 1}',
                 b'{"round": null, "pause_s": -1}', b'{"round": null, "pause_s": NaN}'],
    )  # fmt: skip
    def test_a_server_s_nonsense_is_refused(self, tmp_path, said) -> None:
        from fastapi import FastAPI
        from fastapi.responses import Response

        app = FastAPI()
        app.post("/v1/check-in")(lambda: Response(said))
        keys = keyring(tmp_path / "keys")
        with devices_served(
            app, keys.folder / "tls-certificate.pem", keys.folder / "tls-key.pem"
        ) as address:
            found = agent(home(tmp_path / "0", keys, address), 0)
            with pytest.raises(ProtocolError, match=r"check-in|come again"):
                visit(found)


class TestRecords:
    def test_records_are_read_and_nothing_else(self, tmp_path, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "my app.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE plays (song, n)")
            connection.executemany("INSERT INTO plays VALUES (?, ?)", [("a", 1), (None, 2)])
        connection.close()
        assert sqlite_records(path, "SELECT song FROM plays")() == ["a"]
        for bad in (
            "SELECT nothing FROM plays",
            "DELETE FROM plays",
            "SELECT 1; DROP TABLE plays",
            "SELECT x'00' FROM plays",
            "ATTACH 'other.db' AS o",
            "",
        ):
            with pytest.raises(InputError, match=r"my app\.db"):
                sqlite_records(path, bad)()
        assert sqlite_records(path, "SELECT n FROM plays")() == [1, 2]
        with pytest.raises(InputError, match="unable to open"):
            sqlite_records(tmp_path / "none.db", "SELECT 1")()
        assert not (tmp_path / "none.db").exists()
        assert not (tmp_path / "other.db").exists()

    def test_power_is_looked_at(self, tmp_path) -> None:
        assert conditions.charging(tmp_path / "none") == ""
        for name, files, says in (
            ("BAT0", {"type": "Battery", "status": "Discharging"}, "it runs on its battery"),
            ("BAT0", {"type": "Battery", "status": "Charging"}, ""),
            ("AC", {"type": "Mains", "online": "1"}, ""),
        ):
            folder = tmp_path / f"{name}{says[:2]}{files.get('status')}"
            (folder / name).mkdir(parents=True)
            for file, word in files.items():
                (folder / name / file).write_text(word + "\n")
            assert conditions.charging(folder) == says

    def test_other_conditions_answer(self) -> None:
        assert isinstance(conditions.idle(), str)
        assert isinstance(conditions.unmetered(), str)


def test_a_plan_is_asked_for_again_where_it_can_be_read(tmp_path) -> None:
    keys = keyring(tmp_path / "keys")
    plan = planned(QUESTION, least=8, most=12, assumed=ASSUMED)
    with opened(tmp_path) as store:
        signed = SignedPlan.made(plan, keys.planner)
        store.ask(plan.round_id, signed.to_bytes(), "", 1.0, 0.0)
        with pytest.raises(StoreError, match="UNIQUE"):
            store.ask(plan.round_id, signed.to_bytes(), "", 1.0, 0.0)
        with pytest.raises(StoreError, match="there is no round 7"):
            store.record(7)
    with Store(f"sqlite:///{tmp_path / 'rounds.db'}") as again:
        assert [record.plan for record in again.records()] == [signed.to_bytes()]
        json.dumps([again.open_numbers()])
