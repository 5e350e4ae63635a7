"""`firsthand federated` over HTTPS: keys, enrolment, consent, a server, devices, questions."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firsthand.cli.federated_telling import (
    MOST_SHOWN,
    Delta,
    Epsilon,
    Query,
    Top,
    entry,
    privacy,
    show,
)
from firsthand.cli.groups import Json
from firsthand.cli.telling import say, say_json, showing, warn, wrote
from firsthand.errors import BusyError, LinkError, ProtocolError, RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsthand.federated.service.store import Record, Store

_STORE = "sqlite:///rounds.db"
_ASKED_S = 1.0
_LATER_S = 300.0

Keys = Annotated[Path, typer.Option(help="The folder that `keys` made.")]
StoreUrl = Annotated[
    str,
    typer.Option(
        "--store", help="Where rounds are kept: sqlite:///FILE, or postgresql://USER@HOST/NAME."
    ),
]
HomeFolder = Annotated[Path, typer.Argument(help="The device's folder, which `enrol` made.")]


def keys(
    folder: Annotated[Path, typer.Argument(help="A new folder for them.")],
    host: Annotated[
        list[str], typer.Option(help="The server's name or address; as many as it has.")
    ] = ["localhost", "127.0.0.1"],  # noqa: B006 - Typer does not change it
) -> None:
    """Make the keys of a fleet: who enrols devices, who may ask, and the server's certificate."""
    from datetime import UTC, datetime

    from firsthand.federated.service.keyring import Keyring

    Keyring.made(folder, host, datetime.now(UTC))
    wrote(folder, "keep authority.pem and planner.pem where the server is not")


def enrol(
    folder: Annotated[Path, typer.Argument(help="A new folder for the device.")],
    keys: Keys,
    server: Annotated[str, typer.Option(help="Its server's address.")] = "https://localhost:8443",
    region: Annotated[str, typer.Option(help="Where it belongs.")] = "home",
) -> None:
    """Make a device: a key of its own, certified, and whom it trusts."""
    from firsthand.federated.service.home import Home
    from firsthand.federated.service.keyring import Keyring

    home = Home.made(folder, Keyring(keys), server, region)
    wrote(folder, f"device {home.identity.public.hex()[:16]} of {server}")


def consent(
    folder: HomeFolder,
    source: Annotated[str, typer.Argument(help="Which records may be asked about.")],
    epsilon: Annotated[
        float, typer.Option(min=0, help="What all questions may cost together.")
    ] = 10.0,
    delta: Annotated[float, typer.Option(min=1e-12, max=0.1, help="At this delta.")] = 1e-5,
    exact: Annotated[bool, typer.Option("--exact", help="Allow sums without noise.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it back.")] = False,
) -> None:
    """Agree to questions about some records, or take it back; it is written down with its time."""
    from datetime import UTC, datetime

    from firsthand.federated import Budget
    from firsthand.federated.service.home import Home

    given, now = Home.read(folder).consent, datetime.now(UTC)
    if revoke:
        given.revoke(source, now)
        say(f"{source}: not asked about any more")
    else:
        given.give(source, Budget(epsilon, delta, exact), now)
        exactly = ", sums without noise too" if exact else ""
        say(f"{source}: up to epsilon {epsilon:g} at delta {delta:g}{exactly}")


def serve(
    keys: Keys,
    store: StoreUrl = _STORE,
    host: Annotated[str, typer.Option(help="The address devices reach.")] = "0.0.0.0",  # noqa: S104
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where they come; 0 takes any.")
    ] = 8443,
    per_s: Annotated[float, typer.Option(min=0.001, help="Visits a second that are wanted.")] = 50,
    least_s: Annotated[
        float, typer.Option(min=1, help="The shortest time after which a device comes again.")
    ] = 60.0,
    dashboard_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page on the rounds; 0 takes any.")
    ] = 0,
) -> None:
    """Run the rounds that are asked for, with the devices that come, and a page that shows them.

    The page is for this computer alone. Ctrl-C ends both; a round is gone on with by the next.
    """
    import time

    from firsthand.core.locking import held
    from firsthand.federated.service.coordinator import Coordinator
    from firsthand.federated.service.dashboard import dashboard_app
    from firsthand.federated.service.desk import Desk
    from firsthand.federated.service.keyring import (
        AUTHORITY,
        PLANNER,
        TLS_CERTIFICATE,
        TLS_KEY,
        Keyring,
    )
    from firsthand.federated.service.listener import listener
    from firsthand.federated.service.pace import Pace
    from firsthand.federated.service.serving import serve_devices
    from firsthand.federated.service.store import Store
    from firsthand.web import running

    found = Keyring(keys)
    with ExitStack() as stack:
        rounds = stack.enter_context(Store(store))
        if rounds.path is not None:
            lock = rounds.path.with_name(rounds.path.name + ".server")
            if not stack.enter_context(held(lock, wait=False)):
                raise BusyError(f"{rounds.path}: another server runs on it")
        rounds.hold()
        coordinator = Coordinator(
            rounds,
            found.public(AUTHORITY),
            found.public(PLANNER),
            now=time.time(),
            pace=Pace(per_s, least_s, max(86_400.0, least_s)),
        )

        def announce(address: str) -> None:
            page = running(dashboard_app(rounds, devices=address), port=dashboard_port)
            typer.echo(f"rounds are shown at {stack.enter_context(page)}")
            typer.echo(f"devices come to {address}; Ctrl-C ends this")

        app = listener(Desk(coordinator))
        tls = keys / TLS_CERTIFICATE, keys / TLS_KEY
        serve_devices(app, *tls, host=host, port=port, announce=announce)


def device(
    folder: HomeFolder,
    database: Annotated[Path, typer.Option(help="The SQLite file that has its records.")],
    records: Annotated[
        list[str],
        typer.Option(
            metavar="SOURCE=SELECT",
            help='Such as "minutes=SELECT minutes FROM sessions"; repeatable.',
        ),
    ],
    when: Annotated[
        str, typer.Option(help="When it takes part: of idle, charging, unmetered; none for always.")
    ] = "idle,charging,unmetered",
    least: Annotated[
        int, typer.Option(min=3, help="Among how many others, at least, it takes part.")
    ] = 20,
    once: Annotated[bool, typer.Option("--once", help="Visit the server once.")] = False,
) -> None:
    """Be a device: visit the server when it is a good moment, and take part in rounds."""
    import time

    from firsthand.federated import Rules
    from firsthand.federated.service.agent import Agent
    from firsthand.federated.service.client import Visited
    from firsthand.federated.service.home import Home
    from firsthand.federated.service.records import sqlite_records

    readers: dict[str, Callable[[], Any]] = {}
    for each in records:
        source, equals, select = each.partition("=")
        if not equals or not source or not select:
            raise typer.BadParameter(f"--records {each!r} is no SOURCE=SELECT")
        readers[source] = sqlite_records(database, select)
    conditions = [] if when == "none" else when.split(",")
    agent = Agent(Home.read(folder), readers, conditions, Rules(least=least))
    with agent.linked() as link:
        while True:
            try:
                came = agent.visit(link)
            except (LinkError, ProtocolError) as error:  # it may be better later
                if once or isinstance(error, RefusalError):
                    raise
                came = Visited("lost", _LATER_S, str(error))
            why = f": {came.why}" if came.why else ""
            say(f"{came.outcome}{why}; again in {came.pause_s:.0f} s")
            if once:
                return
            time.sleep(came.pause_s)


def ask(
    query: Query,
    keys: Keys,
    store: StoreUrl = _STORE,
    most: Annotated[int, typer.Option(min=3, help="How many devices are waited for.")] = 100,
    fraction: Annotated[
        float, typer.Option(min=0.1, max=1, help="Which part of them must stay to the end.")
    ] = 0.8,
    epsilon: Epsilon = None,
    delta: Delta = 1e-6,
    region: Annotated[str, typer.Option(help="Of these devices only.")] = "",
    timeout_s: Annotated[
        float, typer.Option(min=1, help="How long each phase waits for devices.")
    ] = 600.0,
    attempts: Annotated[
        int, typer.Option(min=1, help="How often it is asked again where too few stay.")
    ] = 3,
    top: Top = MOST_SHOWN,
    json: Json = False,
) -> None:
    """Ask a fleet a question, and wait for what its sum says."""
    import time

    import numpy as np

    from firsthand.federated import Assumed, SignedPlan, planned
    from firsthand.federated.queries.wording import question
    from firsthand.federated.service.keyring import Keyring
    from firsthand.federated.service.store import Store

    asked = question(query)
    planner = Keyring(keys).planner
    assumed = Assumed(0.05, min(0.5, 1 - fraction))
    least = max(3, int(most * fraction))
    with Store(store) as rounds:
        for attempt in range(attempts):
            plan = planned(
                asked, least=least, most=most, epsilon=epsilon, delta=delta, assumed=assumed
            )
            signed = SignedPlan.made(plan, planner)
            rounds.ask(plan.round_id, signed.to_bytes(), region, timeout_s, time.time())
            record = _waited(rounds, plan.round_id)
            if record.state == "done":
                break
            warn(f"attempt {attempt + 1}: {record.reason}")
        else:
            raise typer.Exit(1)
    assert record.total is not None
    total = np.frombuffer(record.total, plan.dtype)
    answer = plan.answer(total, record.devices)
    if json:
        say_json(entry(plan, answer, top))
        return
    show(answer, top)
    say(f"summed over {record.devices} of {record.came[1][1]} devices that came")
    say(privacy(plan))


def _waited(rounds: "Store", round_id: bytes) -> "Record":
    """Return a round once it has ended, and show meanwhile how far it is."""
    import time

    from firsthand.federated.simulation import PHASES

    with showing() as tell:
        while (record := rounds.named(round_id)).state == "open":
            if record.phase <= len(PHASES):
                tell(f"waiting for {PHASES[record.phase - 1]}", record.phase - 1, len(PHASES))
            time.sleep(_ASKED_S)
    return record
