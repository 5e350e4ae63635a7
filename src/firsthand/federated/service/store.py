"""What a service has promised, in a database: SQLite by default, PostgreSQL by its address.

A round is the log of what it took: its plan, its devices' messages, and the phases that were ended.
A server that was killed takes the log again and is where it was. Once a round has ended, with a sum
or without, its messages are deleted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from firsthand.core.closing import Closing
from firsthand.errors import ConfigError, StoreError

VERSION: Final = 1
REGION_LENGTH: Final = 64

State = Literal["open", "done", "abandoned"]

_WAIT_S: Final = 30
_VECTORS: Final = 3
_AT_ONCE: Final = 16
_LOCK: Final = 0x46697273746821  # one server of a PostgreSQL database holds this

_ADVICE: Final = {
    "SQLITE_CORRUPT": "; put a copy of it back, or move it away and ask again for what was open",
    "SQLITE_FULL": "; make room: devices come again with what was not kept",
}

_tables = MetaData()
_meta = Table("firsthand_meta", _tables, Column("version", Integer, nullable=False))
_rounds = Table(
    "firsthand_rounds",
    _tables,
    Column("number", Integer, primary_key=True),
    Column("round_id", LargeBinary, nullable=False, unique=True),
    Column("plan", LargeBinary, nullable=False),
    Column("region", String(REGION_LENGTH), nullable=False),
    Column("timeout_s", Float, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("phase", Integer, nullable=False),
    Column("ended_at", Float),
    Column("reason", String, nullable=False),
    Column("total", LargeBinary),
    Column("devices", Integer, nullable=False),
)
_is_open = _rounds.c.state == "open"
_phases = Table(
    "firsthand_phases",
    _tables,
    Column("round", ForeignKey(_rounds.c.number), primary_key=True),
    Column("phase", Integer, primary_key=True),
    Column("expected", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
)
_messages = Table(
    "firsthand_messages",
    _tables,
    Column("number", Integer, primary_key=True),
    Column("round", ForeignKey(_rounds.c.number), nullable=False),
    Column("phase", Integer, nullable=False),
    Column("device", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("round", "phase", "device"),  # nobody is counted twice
)
_devices = Table(
    "firsthand_devices",
    _tables,
    Column("device", LargeBinary, primary_key=True),
    Column("region", String(REGION_LENGTH), nullable=False),
    Column("seen_at", Float, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A round as it is kept.

    `plan` is a signed one; `region` is "" where devices of all regions may come; `timeout_s` is how
    long each phase waits. `total` are the sum's bytes, over `devices`, once it is done; `came` has
    for each phase that was ended how many were expected and answered.
    """

    number: int
    round_id: bytes
    plan: bytes
    region: str
    timeout_s: float
    asked_at: float
    state: State
    phase: int
    ended_at: float | None = None
    reason: str = ""
    total: bytes | None = None
    devices: int = 0
    came: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What a device sent in a phase of a round."""

    round: int
    phase: int
    device: bytes
    data: bytes


class Store(Closing):
    """Rounds, messages and devices at `url`, as SQLAlchemy has it; `sqlite:///PATH` for a file.

    Several programs may have it open. `ConfigError` for an address that is none, `StoreError` for
    a database that cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self._engine = _engine(self._url)
        self._held: Connection | None = None
        with self._told():
            try:
                _prepare(self._engine, self._shown)
            except BaseException:  # an interrupt too: nobody else would close it
                self._engine.dispose()
                raise

    @property
    def path(self) -> Path | None:
        """The file that it is, if it is one."""
        name = self._url.database
        return Path(name) if self._url.get_backend_name() == "sqlite" and name else None

    def close(self) -> None:
        """Close all connections."""
        if self._held is not None:
            self._held.close()
            self._held = None
        self._engine.dispose()

    def ask(
        self, round_id: bytes, plan: bytes, region: str, timeout_s: float, asked_at: float
    ) -> None:
        """Put a round where the server finds it."""
        row = {
            "round_id": round_id, "plan": plan, "region": region, "timeout_s": timeout_s,
            "asked_at": asked_at, "state": "open", "phase": 1, "reason": "", "devices": 0,
        }  # fmt: skip
        with self.writing() as writer:
            writer.run(insert(_rounds).values(row))

    def open_numbers(self) -> list[int]:
        """Return the numbers of the rounds that have not ended, in the order they were asked."""
        query = select(_rounds.c.number).where(_rounds.c.state == "open").order_by("number")
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def record(self, number: int) -> Record:
        """Return a round; `StoreError` for a number that none has."""
        return self._one(_rounds.c.number == number, str(number))

    def named(self, round_id: bytes) -> Record:
        """Return the round of a plan; `StoreError` where there is none."""
        return self._one(_rounds.c.round_id == round_id, round_id.hex())

    def records(self, most: int = 100) -> list[Record]:
        """Return the latest rounds, the newest first."""
        return self._records(select(_rounds).order_by(_rounds.c.number.desc()).limit(most))

    def messages(self, number: int, phase: int) -> Iterator[Message]:
        """Yield what a round took in a phase, in the order it was taken, few at a time."""
        where = (_messages.c.round == number, _messages.c.phase == phase)
        query = select(_messages).where(*where).order_by("number")
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=_AT_ONCE).execute(query)
            for row in rows:
                yield Message(row.round, row.phase, row.device, row.data)

    def spenders(self) -> list[int]:
        """Return the numbers of all rounds in which devices may have sent vectors."""
        query = select(_rounds.c.number).where(_rounds.c.phase >= _VECTORS)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def states(self, most: int = 100) -> list[tuple[int, State]]:
        """Return the numbers of the latest rounds and how they are, the newest first."""
        number, state = _rounds.c.number, _rounds.c.state
        query = select(number, state).order_by(number.desc()).limit(most)
        with self._reading() as connection:
            return [(row.number, row.state) for row in connection.execute(query)]

    def answered(self, numbers: list[int]) -> dict[tuple[int, int], int]:
        """Return how many devices have answered, by round and phase, in rounds that are open."""
        round_, phase = _messages.c.round, _messages.c.phase
        query = select(round_, phase, func.count()).where(round_.in_(numbers))
        with self._reading() as connection:
            rows = connection.execute(query.group_by(round_, phase))
            return {(number, at): count for number, at, count in rows}

    def regions_since(self, moment: float) -> dict[str, int]:
        """Return how many devices were seen after a moment, by region."""
        region = _devices.c.region
        query = select(region, func.count()).where(_devices.c.seen_at > moment).group_by(region)
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def devices_since(self, moment: float) -> list[tuple[bytes, str, float]]:
        """Return devices that were seen after a moment, their regions, and when."""
        query = select(_devices).where(_devices.c.seen_at > moment)
        with self._reading() as connection:
            return [(row.device, row.region, row.seen_at) for row in connection.execute(query)]

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """Do all of a block or nothing of it; once it has ended it is on the disk.

        `StoreError` where it is not, and for a round that somebody else has changed.
        """
        with self._told(), self._engine.begin() as connection:
            yield Writer(connection)

    def hold(self) -> None:
        """Be the only server of the database until it is closed; `StoreError` where one is."""
        if self._url.get_backend_name() != "postgresql":
            return  # a file's server holds a lock file beside it
        with self._told():
            self._held = self._engine.connect()
            query = text("SELECT pg_try_advisory_lock(:lock)").bindparams(lock=_LOCK)
            found = bool(self._held.execute(query).scalar())
            self._held.commit()
        if not found:
            raise StoreError(f"{self._shown}: another server runs on it: end that one first")

    def _one(self, where: Any, name: str) -> Record:
        found = self._records(select(_rounds).where(where))
        if not found:
            raise StoreError(f"{self._shown}: there is no round {name}")
        return found[0]

    def _records(self, query: Any) -> list[Record]:
        with self._reading() as connection:
            rows = [row._asdict() for row in connection.execute(query)]
            numbers = [row["number"] for row in rows]
            came: dict[int, dict[int, tuple[int, int]]] = {number: {} for number in numbers}
            for row in connection.execute(select(_phases).where(_phases.c.round.in_(numbers))):
                came[row.round][row.phase] = row.expected, row.answered
        return [Record(**row, came=came[row["number"]]) for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told(), self._engine.connect() as connection:
            yield connection.execution_options(firsthand_reads=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            said = str(cause).strip().split("\n")[0] + _ADVICE.get(_kind(cause), "")
            raise StoreError(f"{self._shown}: {said}") from error

    @property
    def _shown(self) -> str:
        return self._url.render_as_string(hide_password=True)


class Writer:
    """What is written in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: Any, rows: list[dict[str, Any]] | None = None) -> int:
        """Execute a statement; return how many rows it was about."""
        return int(self._connection.execute(statement, rows).rowcount)

    def add(self, messages: list[Message]) -> None:
        """Keep messages; one of each device in each phase, while the round is in that phase."""
        for number, phase in {(m.round, m.phase) for m in messages}:
            where = (_rounds.c.number == number, _rounds.c.phase == phase, _is_open)
            query = select(_rounds.c.number).where(*where).with_for_update(read=True)
            if self._connection.execute(query).scalar() is None:
                raise _past(number, phase)
        rows = [
            {"round": m.round, "phase": m.phase, "device": m.device, "data": m.data}
            for m in messages
        ]
        if rows:
            self.run(insert(_messages), rows)

    def see(self, devices: dict[bytes, tuple[str, float]]) -> None:
        """Note the region of devices, and when they were seen."""
        rows = [
            {"device": device, "region": region, "seen_at": at}
            for device, (region, at) in devices.items()
        ]
        if rows:
            of = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            statement: Any = of.insert(_devices)
            new = statement.excluded
            self.run(
                statement.on_conflict_do_update(
                    index_elements=["device"], set_={"region": new.region, "seen_at": new.seen_at}
                ),
                rows,
            )

    def advance(self, number: int, phase: int, expected: int, answered: int) -> None:
        """End a phase of a round."""
        self._change(number, phase, {"phase": phase + 1})
        row = {"round": number, "phase": phase, "expected": expected, "answered": answered}
        self.run(insert(_phases).values(row))

    def end(
        self,
        number: int,
        phase: int,
        at: float,
        *,
        total: bytes | None = None,
        devices: int = 0,
        reason: str = "",
    ) -> None:
        """End a round in a phase, with a sum or for a reason, and delete what was sent in it."""
        state = "abandoned" if total is None else "done"
        values = {
            "state": state, "ended_at": at, "total": total, "devices": devices, "reason": reason,
        }  # fmt: skip
        self._change(number, phase, values)
        self.run(delete(_messages).where(_messages.c.round == number))

    def _change(self, number: int, phase: int, values: dict[str, Any]) -> None:
        where = (_rounds.c.number == number, _rounds.c.phase == phase, _is_open)
        if self.run(update(_rounds).where(*where).values(values)) != 1:
            raise _past(number, phase)


def _kind(error: object) -> str:
    """Return SQLite's name of an error without what is special of it, "" for others."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])


def _past(number: int, phase: int) -> StoreError:
    return StoreError(f"round {number}: it was ended, or another server has it past phase {phase}")


def _parsed(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            f"{url[:80]!r} is no address of a database, such as sqlite:///rounds.db or "
            "postgresql+psycopg://user@host/name"
        ) from error
    if found.drivername == "postgresql":
        found = found.set(drivername="postgresql+psycopg")
    if found.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"rounds are kept in sqlite or postgresql, not {found.drivername!r}")
    return found


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            return create_engine(url, pool_pre_ping=True)
        found = create_engine(url, connect_args={"timeout": _WAIT_S})
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(f"{url.drivername}: cannot be used here: {error}") from error

    @event.listens_for(found, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(found, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("firsthand_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return found


def _prepare(engine: Engine, shown: str) -> None:
    with engine.begin() as connection:
        there = set(inspect(connection).get_table_names())
        if "firsthand_meta" not in there:
            if engine.dialect.name == "sqlite" and there:
                raise StoreError(f"{shown}: is another program's; name another file")
            _tables.create_all(connection)
            connection.execute(insert(_meta).values(version=VERSION))
        version = connection.execute(select(_meta.c.version)).scalar()
        if version != VERSION:
            raise StoreError(
                f"{shown}: is of version {version}, and this program knows {VERSION}: use the "
                "program that made it"
            )
