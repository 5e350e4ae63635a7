"""`firsthand federated` over HTTPS, as its users type it."""

import json
import re
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2 as httpx
import pytest
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.errors import BusyError, ConfigError, InputError, RefusalError, StoreError
from firsthand.federated import Rules
from firsthand.federated.service.agent import Agent
from firsthand.federated.service.home import Home


def invoke(*arguments: object):
    return CliRunner().invoke(app, ["federated", *map(str, arguments)])


def run(*arguments: object) -> str:
    done = invoke(*arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(*arguments: object) -> Exception:
    done = invoke(*arguments)
    assert done.exit_code != 0, done.output
    return done.exception


def start(folder, *arguments: object):
    return subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "firsthand.cli",
                "federated",
                "serve",
                "--keys",
                folder / "keys",
            ),
            *("--store", f"sqlite:///{folder / 'rounds.db'}", *map(str, arguments)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def served(folder, *arguments: object):
    """The server as a program of its own; the addresses of its devices and its page."""
    process = start(folder, "--port", 0, "--least-s", 1, *arguments)
    try:
        said = process.stdout.readline() + process.stdout.readline()
        page = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said)
        port = re.search(r"https://\S+:(\d+)", said)
        assert page, said
        assert port, said
        yield f"https://localhost:{port[1]}", page[0]
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=30)
        assert errors == ""


@pytest.fixture
def folder(tmp_path):
    run("keys", tmp_path / "keys")
    return tmp_path


def records(path, minutes):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sessions (minutes REAL)")
        connection.executemany("INSERT INTO sessions VALUES (?)", [(each,) for each in minutes])
    connection.close()
    return path


def as_device(home, database):
    return (
        *("device", home, "--database", database, "--once", "--when", "none", "--least", 8),
        *("--records", "minutes=SELECT minutes FROM sessions"),
    )


def devices_of(homes):
    """Devices of these homes, the first a program of its own; what it said."""

    def be(number, home):
        agent = Agent(Home.read(home), {"minutes": lambda: [float(number)]}, (), Rules(least=8))
        with agent.linked() as link:
            while (outcome := agent.visit(link).outcome) == "no round":
                threading.Event().wait(0.1)
            return outcome

    with ThreadPoolExecutor(len(homes)) as threads:
        others = [threads.submit(be, n, home) for n, home in enumerate(homes) if n]
        said = "no round"
        while said.startswith("no round"):
            said = run(*as_device(homes[0], homes[0].with_suffix(".db")))
        return said, {each.result() for each in others}


@pytest.mark.slow
def test_a_question_is_asked_and_answered(folder) -> None:
    store = ("--keys", folder / "keys", "--store", f"sqlite:///{folder / 'rounds.db'}")
    with served(folder) as (address, page):
        homes = [folder / f"device{number}" for number in range(12)]
        for home in homes:
            run("enrol", home, "--keys", folder / "keys", "--server", address, "--region", "north")
            run("consent", home, "minutes", "--exact")
        records(folder / "device0.db", [0.0])
        question = ("ask", "mean minutes low=0 high=60", *store, "--most", 12, "--timeout-s", 60)
        with ThreadPoolExecutor(1) as threads:
            asked = threads.submit(subprocess_run, *question, "--json")
            said, others = devices_of(homes)
            found = json.loads(asked.result())
        assert said.startswith("took part; again in")
        assert others == {"took part"}
        assert found["devices"] == 12
        assert found["epsilon"] is None
        assert found["estimates"][0]["value"] == pytest.approx(5.5, abs=0.1)
        with httpx.Client() as browser:
            browser.get(page)
            rounds = browser.get(page.partition("?")[0] + "api/rounds").json()["rounds"]
        assert [each["state"] for each in rounds] == ["done"]
        run("consent", homes[0], "minutes", "--revoke")
        assert isinstance(refused(*as_device(homes[0], folder / "device0.db")), RefusalError)


def subprocess_run(*arguments: object) -> str:
    """Apart, as Rich writes to where this program does."""
    done = subprocess.run(
        [sys.executable, "-m", "firsthand.cli", "federated", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_one_server_runs_on_a_store(folder) -> None:
    with served(folder):
        second = start(folder, "--port", 0)
        _, said = second.communicate(timeout=60)
        assert second.returncode != 0
        assert "another server runs on it" in said


@pytest.mark.slow
def test_where_nobody_comes_the_analyst_is_told(folder) -> None:
    with served(folder):
        store = ("--store", f"sqlite:///{folder / 'rounds.db'}", "--keys", folder / "keys")
        done = invoke(
            "ask", "count minutes", *store, "--most", 12, "--timeout-s", 1, "--attempts", 2
        )
        assert done.exit_code == 1
        assert "attempt 2: 0 devices came" in done.stderr


def test_what_cannot_be_done_is_told(folder) -> None:
    keys = ("--keys", folder / "keys")
    home, store = folder / "device", f"sqlite:///{folder / 'rounds.db'}"
    run("enrol", home, *keys)
    database = records(folder / "app.db", [1.0])
    assert isinstance(refused("keys", folder / "keys"), ConfigError)
    assert isinstance(refused("keys", folder / "more", "--host", "not a name"), ConfigError)
    assert isinstance(refused("enrol", home, *keys), ConfigError)
    assert isinstance(refused("enrol", folder / "x", "--keys", folder / "none"), InputError)
    assert isinstance(refused("consent", folder / "none", "minutes"), InputError)
    assert isinstance(refused("consent", home, "minutes", "--revoke"), ConfigError)
    assert isinstance(refused(*as_device(home, database)), RefusalError)
    bad = ("device", home, "--database", database, "--records", "minutes", "--once")
    misused = invoke(*bad)
    assert (misused.exit_code, "is no SOURCE=SELECT" in misused.stderr) == (2, True)
    assert isinstance(refused("ask", "mean minutes", *keys, "--store", store), ConfigError)
    assert isinstance(refused("ask", "count x", *keys, "--store", "mysql://h/x"), ConfigError)
    (folder / "rounds.db").write_text("no database at all, though of some length" * 30)
    assert isinstance(refused("ask", "count x", *keys, "--store", store), StoreError)
    assert issubclass(BusyError, Exception)


def test_a_histogram_names_its_bins(folder) -> None:
    store = f"sqlite:///{folder / 'rounds.db'}"
    error = refused("ask", "histogram genre", "--keys", folder / "keys", "--store", store)
    assert "bins" in str(error)
