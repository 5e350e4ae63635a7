"""Which device is meant, and measuring on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from firsthand.challenge.devices.adb import AndroidPhone, PhoneRecord
from firsthand.challenge.devices.ssh import Board
from firsthand.errors import ConfigError
from firsthand.measure.records import Record, take_record
from firsthand.measure.single_stream import RULES, Progress, Rules


class Device(Protocol):
    """Something that models can be measured on."""

    def measure(
        self, models: Mapping[str, Path], rules: Rules, *, date: str, progress: Progress
    ) -> Record | PhoneRecord:
        """Measure models, each named by whoever asks; `date` goes into the record."""
        ...


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The machine that this runs on; `cpu` is the processor, the last by default."""

    cpu: int | None = None

    def measure(
        self, models: Mapping[str, Path], rules: Rules, *, date: str, progress: Progress
    ) -> Record:
        """Measure models here; raises what `measure_streams` does."""
        return take_record(
            models, rules, device="local", date=date, cpu=self.cpu, progress=progress
        )


def measure_on(
    device: Device,
    models: Mapping[str, Path],
    rules: Rules = RULES,
    *,
    now: datetime | None = None,
    progress: Progress = lambda _: None,
) -> Record | PhoneRecord:
    """Measure models on a device and return the record.

    A `Record` holds every query's time; a `PhoneRecord` what the phone's benchmark program told of
    each launch. Raises `PeerError` saying what to do where the device fails, `BusyError` where
    another measurement goes on.
    """
    date = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    return device.measure(models, rules, date=date, progress=progress)


def device_from(
    text: str,
    *,
    identity: Path | None = None,
    options: tuple[str, ...] = (),
    python: str | None = None,
    binary: Path | None = None,
    cpu: int | None = None,
    limit_s: float | None = None,
) -> Device:
    """Return the device that a text names: `local`, `ssh:[USER@]HOST[:PORT]`, `adb[:SERIAL]`.

    An address of IPv6 stands in brackets. `identity`, `options`, `python` and `limit_s` are for
    ssh, `binary` for adb, `cpu` for all. Raises `ConfigError` for anything else.
    """
    kind, _, rest = text.partition(":")
    given = {"identity": identity, "options": options or None, "python": python,
             "limit_s": limit_s, "binary": binary}  # fmt: skip
    ours: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    allowed = {"local": (), "ssh": ("identity", "options", "python", "limit_s"),
               "adb": ("binary",)}  # fmt: skip
    known = kind in allowed and not (kind == "local" and ":" in text)
    if not known or (kind == "ssh" and not rest) or text == "adb:":
        raise ConfigError(
            f"{text!r} is no device: local, ssh:[USER@]HOST[:PORT] and adb[:SERIAL] are"
        )
    if wrong := sorted(set(ours) - set(allowed[kind])):
        raise ConfigError(f"{', '.join(wrong)}: no option of a device reached as {kind!r}")
    if kind == "local":
        return ThisMachine(cpu)
    if kind == "adb":
        return AndroidPhone(serial=rest or None, cpu=cpu, **ours)
    target, port = _host_and_port(rest)
    return Board(target, port, cpu=cpu, **ours)


def _host_and_port(text: str) -> tuple[str, int | None]:
    user, at, place = text.rpartition("@")
    if place.startswith("["):
        host, closed, port = place[1:].partition("]")
        wrong = not closed or (port and not port.startswith(":"))
        port = port.removeprefix(":")
    else:
        host, colon, port = place.partition(":")
        wrong = bool(colon) and not port
    if wrong or (port and not (port.isascii() and port.isdigit())):
        raise ConfigError(f"{text!r} is no [USER@]HOST[:PORT]")
    return f"{user}{at}{host}", int(port) if port else None
