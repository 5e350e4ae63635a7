"""What an Android phone is, and how warm: read from what its own commands say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_PROPERTY: Final = re.compile(r"^\[([^]\n]+)\]: \[([^]\n]*)\][ \t\r]*$", re.MULTILINE)
_CORE: Final = re.compile(
    r"^/sys/devices/system/cpu/cpu([0-9]{1,6})/cpufreq/"
    r"(cpuinfo_max_freq|scaling_max_freq|scaling_governor):(\S+)[ \t\r]*$",
    re.MULTILINE,
)
_TEMPERATURE: Final = re.compile(
    r"Temperature\{mValue=(-?[0-9]{1,9}(?:\.[0-9]*)?), mType=([0-9]{1,9}), mName="
)
_KHZ: Final = re.compile(r"[0-9]{1,15}")
_THERMAL: Final = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
_CPU_TYPE, _SKIN_TYPE = 0, 3
_WARM_BATTERY_C: Final = 40.0
_LOW_BATTERY: Final = 20

CORES_COMMAND: Final = "grep -s . " + " ".join(
    f"/sys/devices/system/cpu/cpu*/cpufreq/{name}"
    for name in ("cpuinfo_max_freq", "scaling_max_freq", "scaling_governor")
)


@dataclass(frozen=True, slots=True)
class Core:
    """A core's fastest clock as built, the fastest it may have now, in kHz, and its governor."""

    number: int
    built_khz: int
    allowed_khz: int
    governor: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as far as its speed depends on it; never its serial number."""

    model: str
    soc: str
    android: str
    abi: str
    memory_gb: float
    cores: tuple[Core, ...]

    @property
    def big_core(self) -> int | None:
        """The number of one of the fastest cores, None where clocks cannot be read."""
        fastest = max(((core.built_khz, core.number) for core in self.cores), default=None)
        return fastest[1] if fastest else None

    def __str__(self) -> str:
        return f"{self.model} ({self.soc}), Android {self.android}, {self.abi}"


@dataclass(frozen=True, slots=True)
class Heat:
    """How warm a phone is: `status` 0 (none) to 6 (shutdown); None for what it does not tell.

    Temperatures are in degrees Celsius, those of the warmest sensor of a kind; `battery_share` is
    in percent.
    """

    status: int | None
    cpu_c: float | None
    skin_c: float | None
    battery_c: float | None
    battery_share: int | None
    saving: bool = False


def read_phone(properties: str, cores: str, memory: str) -> Phone:
    """Return the phone in the output of `getprop`, `CORES_COMMAND` and /proc/meminfo."""
    found = dict(_PROPERTY.findall(properties))
    kilobytes = re.search(r"^MemTotal:[ \t]+([0-9]{1,15}) kB", memory, re.MULTILINE)
    return Phone(
        model=_joined(found, "ro.product.manufacturer", "ro.product.model"),
        soc=_joined(found, "ro.soc.manufacturer", "ro.soc.model")
        if found.get("ro.soc.model")
        else _first(found, "ro.board.platform", "ro.hardware"),
        android=_first(found, "ro.build.version.release"),
        abi=_first(found, "ro.product.cpu.abi"),
        memory_gb=round(int(kilobytes[1]) * 1024 / 1e9, 1) if kilobytes else 0.0,
        cores=read_cores(cores),
    )


def read_cores(text: str) -> tuple[Core, ...]:
    """Return the cores in the output of `CORES_COMMAND`."""
    found: dict[int, dict[str, str]] = {}
    for number, name, value in _CORE.findall(text):
        found.setdefault(int(number), {})[name] = value
    cores = []
    for number, values in sorted(found.items()):
        built = values.get("cpuinfo_max_freq", "")
        allowed = values.get("scaling_max_freq", "")
        if _KHZ.fullmatch(built):
            governor = values.get("scaling_governor", "unknown")
            allowed_khz = int(allowed) if _KHZ.fullmatch(allowed) else int(built)
            cores.append(Core(number, int(built), allowed_khz, governor))
    return tuple(cores)


def read_heat(thermal: str, battery: str, low_power: str = "") -> Heat:
    """Return the heat in the output of `dumpsys thermalservice`, `dumpsys battery`, and `settings`.

    Of the temperatures those that the sensors have now count, not the older, cached ones.
    """
    status = re.search(r"^Thermal Status: ([0-9]{1,9})", thermal, re.MULTILINE)
    _, _, now = thermal.partition("Current temperatures from HAL:")
    by_type: dict[int, list[float]] = {}
    for value, kind in _TEMPERATURE.findall(now or thermal):
        by_type.setdefault(int(kind), []).append(float(value))
    tenths = re.search(r"^[ \t]*temperature: ([0-9]{1,9})", battery, re.MULTILINE)
    level = re.search(r"^[ \t]*level: ([0-9]{1,9})", battery, re.MULTILINE)
    return Heat(
        status=int(status[1]) if status else None,
        cpu_c=max(by_type.get(_CPU_TYPE, []), default=None),
        skin_c=max(by_type.get(_SKIN_TYPE, []), default=None),
        battery_c=int(tenths[1]) / 10 if tenths else None,
        battery_share=int(level[1]) if level else None,
        saving=low_power.strip() == "1",
    )


def heat_remarks(before: Heat, after: Heat) -> list[str]:
    """Return what a reader must know of the phone's heat and battery, a sentence each."""
    remarks = []
    for when, heat in (("before", before), ("after", after)):
        if heat.status:
            word = _THERMAL[min(heat.status, len(_THERMAL) - 1)]
            remarks.append(f"the phone throttled {when} it was measured (thermal status: {word})")
        if heat.battery_c is not None and heat.battery_c > _WARM_BATTERY_C:
            remarks.append(f"the battery had {heat.battery_c:.1f} °C {when} the measurement")
    if before.saving or after.saving:
        remarks.append("the phone saved energy: its clocks may be held down")
    shares = [each.battery_share for each in (before, after) if each.battery_share is not None]
    if shares and min(shares) < _LOW_BATTERY:
        remarks.append(f"the battery was down to {min(shares)} %: clocks may be held down")
    if before.status is None or after.status is None:
        remarks.append("the phone does not tell whether it throttled")
    return remarks


def core_remarks(number: int, before: tuple[Core, ...], after: tuple[Core, ...]) -> list[str]:
    """Return what a reader must know of the clock of the core that was measured on."""
    return [
        f"{when} the measurement core {number} was held to {core.allowed_khz // 1000} of its "
        f"{core.built_khz // 1000} MHz"
        for when, cores in (("before", before), ("after", after))
        for core in cores
        if core.number == number and core.allowed_khz < core.built_khz
    ]


def _first(found: Mapping[str, str], *names: str) -> str:
    return next((found[name] for name in names if found.get(name)), "unknown")


def _joined(found: Mapping[str, str], *names: str) -> str:
    return " ".join(found[name] for name in names if found.get(name)) or "unknown"
