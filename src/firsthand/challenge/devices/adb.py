"""An Android phone, reached with `adb`, measured by LiteRT's own benchmark program on it.

The program (`benchmark_model`) and the models are pushed into a folder of the phone's
/data/local/tmp, which is removed afterwards; it runs held to one of the fastest cores, with one
thread. It tells means, not every query's time: so each model is launched several times, in turn
with the others, and intervals come from the launches.
"""

import contextlib
import math
import re
import secrets
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from firsthand.challenge.devices.benchmark_report import Report, read_report
from firsthand.challenge.devices.phone import (
    CORES_COMMAND,
    Heat,
    Phone,
    core_remarks,
    heat_remarks,
    read_cores,
    read_heat,
    read_phone,
)
from firsthand.errors import ConfigError, InputError, PeerError
from firsthand.measure.bootstrap import Interval, bootstrap_mean
from firsthand.measure.records import file_sha256
from firsthand.measure.single_stream import Progress, Rules

FOLDER: Final = "/data/local/tmp"
PROGRAM: Final = "benchmark_model"

_ENDED: Final = re.compile(r"^firsthand-exit=(\d{1,9})\s*$", re.MULTILINE)
_ANSWER_S: Final = 30.0
_PUSH_S: Final = 600.0
_MACHINES: Final = {3: "x86", 40: "armeabi", 62: "x86_64", 183: "arm64"}
_WHERE_FROM: Final = (
    "build it for Android from LiteRT's sources (tflite/tools/benchmark) or take the nightly one, "
    "and name it with --binary"
)


@dataclass(frozen=True, slots=True, eq=False)
class PhoneRecord:
    """Models measured on a phone: what the benchmark program said at each launch.

    `program_sha256` is that of the program that was pushed, empty where the phone's own was used;
    `core` is the core that it was held to, None where it was not. A phone signs nothing.
    """

    device: str
    date: str
    phone: Phone
    core: int | None
    program_sha256: str
    rules: Rules
    sha256: Mapping[str, str]
    reports: Mapping[str, tuple[Report, ...]]
    before: Heat
    after: Heat
    remarks: tuple[str, ...]

    def mean_us(self, name: str, *, level: float = 0.95) -> Interval:
        """Return the mean time of a query, microseconds; launches are drawn for the interval."""
        if name not in self.reports:
            raise InputError(f"no model {name!r}; measured were {list(self.reports)}")
        means = np.array([report.mean_us for report in self.reports[name]])
        if len(means) < 2:
            return Interval(float(means[0]), float(means[0]), float(means[0]))
        rng = np.random.default_rng([self.rules.seed, list(self.reports).index(name)])
        return bootstrap_mean(means, rng=rng, level=level)


@dataclass(frozen=True, slots=True)
class AndroidPhone:
    """A phone: `serial` as `adb devices` has it, needed where several are connected.

    `binary` is LiteRT's benchmark program for Android; without it the one in the phone's
    /data/local/tmp is used. `cpu` is the core, by default one of the fastest.
    """

    serial: str | None = None
    binary: Path | None = None
    cpu: int | None = None
    adb: str = "adb"

    def __post_init__(self) -> None:
        if self.cpu is not None and not 0 <= self.cpu < 64:
            raise ConfigError(f"core {self.cpu} is not within 0..63")

    def measure(
        self, models: Mapping[str, Path], rules: Rules, *, date: str, progress: Progress
    ) -> PhoneRecord:
        """Measure models on the phone; return the record.

        A launch answers its share of the rules' queries and seconds. Raises `PeerError` saying what
        to do where there is no phone, or the program fails, naming the model.
        """
        if not models:
            raise InputError("there is no model to measure")
        for name, path in models.items():
            if path.suffix.lower() != ".tflite":
                raise InputError(f"{name}: {path.name} is no .tflite file, as a phone needs")
        sha256 = {name: file_sha256(path) for name, path in models.items()}
        calls = _Calls(self.adb, _chosen(self))
        phone = read_phone(
            calls.shell("getprop"), calls.ask(CORES_COMMAND), calls.ask("cat /proc/meminfo")
        )
        if self.binary is not None:
            _check_binary(self.binary, phone)
        core = self.cpu if self.cpu is not None else phone.big_core
        folder = f"{FOLDER}/firsthand-{secrets.token_hex(6)}"
        before = _heat(calls)
        try:
            calls.shell(f"mkdir {folder}")
            program = self._program(calls, folder)
            files = {}
            for at, (name, path) in enumerate(models.items()):
                files[name] = f"{folder}/{at}.tflite"
                calls.push(path, files[name])
            reports = self._launch_all(calls, program, files, core, rules, progress)
        finally:
            calls.remove(folder)
        after, cores = _heat(calls), read_cores(calls.ask(CORES_COMMAND))
        remarks = [*heat_remarks(before, after), *_report_remarks(reports, _share(rules)[0])]
        if core is None:
            remarks.append("the phone does not tell its cores' clocks: held to none of them")
        else:
            remarks += core_remarks(core, phone.cores, cores)
        return PhoneRecord(
            device="adb",
            date=date,
            phone=phone,
            core=core,
            program_sha256=file_sha256(self.binary) if self.binary is not None else "",
            rules=rules,
            sha256=sha256,
            reports=reports,
            before=before,
            after=after,
            remarks=tuple(remarks),
        )

    def _program(self, calls: "_Calls", folder: str) -> str:
        if self.binary is None:
            program = f"{FOLDER}/{PROGRAM}"
            if "yes" not in calls.ask(f"test -f {program} && echo yes"):
                raise PeerError(f"the phone has no {program}: {_WHERE_FROM}")
            return program
        program = f"{folder}/{PROGRAM}"
        calls.push(self.binary, program)
        calls.shell(f"chmod 755 {program}")
        return program

    def _launch_all(
        self,
        calls: "_Calls",
        program: str,
        files: Mapping[str, str],
        core: int | None,
        rules: Rules,
        progress: Progress,
    ) -> dict[str, tuple[Report, ...]]:
        rng = np.random.default_rng(rules.seed)
        found: dict[str, list[Report]] = {name: [] for name in files}
        names, done = list(files), 0
        for _ in range(rules.launches):
            for at in rng.permutation(len(names)):
                name = names[at]
                found[name].append(self._launch(calls, program, name, files[name], core, rules))
                done += 1
                progress(done / (rules.launches * len(names)))
        return {name: tuple(each) for name, each in found.items()}

    def _launch(
        self,
        calls: "_Calls",
        program: str,
        name: str,
        file: str,
        core: int | None,
        rules: Rules,
    ) -> Report:
        queries, seconds, most_s = _share(rules)
        command = [
            *(("taskset", f"{1 << core:x}") if core is not None else ()),
            program,
            f"--graph={file}",
            f"--num_threads={rules.threads}",
            f"--num_runs={queries}",
            f"--min_secs={seconds:g}",
            f"--max_secs={most_s:g}",
            "--warmup_min_secs=1",
            "--use_xnnpack=true",
        ]
        try:
            code, said = calls.run(" ".join(command), timeout_s=most_s + 2 * rules.timeout_s)
        except BaseException as error:
            calls.end(file)  # it would go on, and warm the phone
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise PeerError(
                f"{name}: the benchmark program did not end within {error.timeout:g} s"
            ) from error
        try:
            if code == 0:
                return read_report(said)
        except InputError as error:
            raise PeerError(f"{name}: {error}") from error
        raise PeerError(f"{name}: {_failed(code, said)}")


def _share(rules: Rules) -> tuple[int, float, float]:
    """Return a launch's queries, least seconds, and most seconds."""
    seconds = rules.seconds / rules.launches
    most_s = max(rules.patience * seconds, rules.timeout_s)
    return math.ceil(rules.queries / rules.launches), seconds, most_s


class _Calls:
    """Commands to one phone."""

    def __init__(self, adb: str, serial: str) -> None:
        self._adb, self._serial = adb, serial

    def run(self, command: str, *, timeout_s: float) -> tuple[int, str]:
        """Run a command on the phone; return its exit code and all that it said."""
        # Old phones' adb tells no exit code, so the shell does.
        script = f"({command}) 2>&1; code=$?; echo; echo firsthand-exit=$code"
        done = _adb(self._adb, ["-s", self._serial, "shell", script], timeout_s)
        ended = list(_ENDED.finditer(done.stdout))
        if not ended:
            raise PeerError(
                f"the phone {self._serial} was lost: {_last_line(done)}; see to the cable, and "
                "that it stays awake"
            )
        return int(ended[-1][1]), done.stdout[: ended[-1].start()]

    def ask(self, command: str) -> str:
        """Return what a command says, of which it may know nothing."""
        try:
            return self.run(command, timeout_s=_ANSWER_S)[1]
        except subprocess.TimeoutExpired:
            raise PeerError(f"the phone {self._serial} does not answer") from None

    def shell(self, command: str) -> str:
        """Return what a command says that must succeed."""
        try:
            code, said = self.run(command, timeout_s=_ANSWER_S)
        except subprocess.TimeoutExpired:
            raise PeerError(f"the phone {self._serial} does not answer") from None
        if code:
            raise PeerError(f"the phone refuses `{command}`: {said.strip()}")
        return said

    def push(self, path: Path, to: str) -> None:
        """Put a file on the phone."""
        try:
            done = _adb(self._adb, ["-s", self._serial, "push", str(path), to], _PUSH_S)
        except subprocess.TimeoutExpired:
            raise PeerError(f"{path} was not on the phone within {_PUSH_S:g} s") from None
        if done.returncode:
            raise PeerError(
                f"{path} cannot be put on the phone: {_last_line(done)}; see that {FOLDER} there "
                "has room and can be written to"
            )

    def end(self, file: str) -> None:
        """End the program that runs on a file."""
        folder, _, name = file.rpartition("/")
        with contextlib.suppress(PeerError):  # the bracket keeps it from ending itself
            self.ask(f"pkill -9 -f '{folder}/[{name[0]}]{name[1:]}'")

    def remove(self, folder: str) -> None:
        """Remove a folder, if the phone is still there."""
        with contextlib.suppress(PeerError):
            self.ask(f"rm -rf {folder}")


def _adb(adb: str, arguments: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [adb, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise PeerError(
            f"{adb} cannot be started: {error.strerror or error}; install Android's platform tools "
            "(Debian: apt install adb)"
        ) from error


def _chosen(phone: AndroidPhone) -> str:
    """Return the serial of the phone that is meant."""
    try:
        done = _adb(phone.adb, ["devices"], _ANSWER_S)
    except subprocess.TimeoutExpired:
        raise PeerError("adb does not answer: run `adb kill-server`, then again") from None
    if done.returncode:
        raise PeerError(f"adb lists no devices: {_last_line(done)}")
    _, _, listed = done.stdout.partition("List of devices attached")
    found = dict(line.split(None, 1) for line in listed.splitlines() if len(line.split()) > 1)
    if phone.serial is not None and phone.serial not in found:
        there = ", ".join(found) or "none"
        raise PeerError(f"no phone {phone.serial} is connected; there are: {there}")
    if not found:
        raise PeerError("no phone is connected: connect one and allow USB debugging on it")
    if phone.serial is None and len(found) > 1:
        raise PeerError(
            f"{len(found)} phones are connected: choose one, adb:{' or adb:'.join(found)}"
        )
    serial = phone.serial or next(iter(found))
    state = found[serial].strip()
    if state != "device":
        raise PeerError(f"the phone {serial} is {state}{_STATES.get(state.split()[0], '')}")
    return serial


_STATES: Final = {
    "unauthorized": ": unlock it and allow USB debugging for this computer",
    "offline": ": connect it anew, or run `adb kill-server`, then again",
    "no": ": this computer's user may not use the USB device (see Android's udev rules)",
}


def _check_binary(binary: Path, phone: Phone) -> None:
    """See that the benchmark program is one for the phone's processor."""
    try:
        with binary.open("rb") as file:
            head = file.read(20)
    except OSError as error:
        raise ConfigError(f"{binary}: cannot be read: {error.strerror or error}") from error
    if head[:4] != b"\x7fELF" or len(head) < 20:
        raise ConfigError(f"{binary}: is no program for Android: {_WHERE_FROM}")
    machine = int.from_bytes(head[18:20], "little")
    family = _MACHINES.get(machine, f"machine {machine}")
    runs = {"arm64-v8a": ("arm64", "armeabi"), "armeabi-v7a": ("armeabi",),
            "x86_64": ("x86_64", "x86"), "x86": ("x86",)}  # fmt: skip
    if phone.abi in runs and family not in runs[phone.abi]:
        raise ConfigError(
            f"{binary}: is a program for {family}, but the phone is {phone.abi}: {_WHERE_FROM}"
        )


def _heat(calls: _Calls) -> Heat:
    return read_heat(
        calls.ask("dumpsys thermalservice"),
        calls.ask("dumpsys battery"),
        calls.ask("settings get global low_power"),
    )


def _report_remarks(reports: Mapping[str, tuple[Report, ...]], wanted: int) -> list[str]:
    remarks = []
    for name, launches in reports.items():
        if not all(each.xnnpack for each in launches):
            remarks.append(f"{name}: the benchmark program did not say that it used XNNPACK")
        if ignored := {each.ignored for each in launches if each.ignored}:
            remarks.append(f"{name}: the benchmark program knows no {' '.join(sorted(ignored))}")
        fewest = min(each.queries for each in launches)
        if fewest < wanted:
            remarks.append(f"{name}: a launch answered {fewest} queries of {wanted}")
    return remarks


def _failed(code: int, said: str) -> str:
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    tail = "\n".join(lines[-6:])
    if "not executable" in said or "Exec format error" in said:
        return f"the program is for another processor than the phone's: {_WHERE_FROM}\n{tail}"
    if code > 128:
        try:
            how = signal.Signals(code - 128).name
        except ValueError:
            how = f"signal {code - 128}"
        return f"the benchmark program crashed ({how}) while it ran the model:\n{tail}"
    return f"the benchmark program failed with exit code {code}:\n{tail}"


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {done.returncode}"
