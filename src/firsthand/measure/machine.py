"""Which machine and which versions a figure was measured on."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from firsthand.measure.pinning import available_cpus

_WATCHED = ("firsthand", "numpy", "ai-edge-litert", "onnxruntime", "opencv-python-headless", "av")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as far as its speed depends on it; never its name or its owner."""

    cpu: str
    cores: int
    cores_available: int
    memory_gb: float
    system: str
    python: str
    load: float

    def __str__(self) -> str:
        return (
            f"{self.cpu}, {self.cores_available} of {self.cores} cores, {self.memory_gb:.0f} GB, "
            f"{self.system}, Python {self.python}, load {self.load:.1f}"
        )


def describe_machine() -> Machine:
    """Return the machine this runs on, with its load average of the last minute."""
    cores = os.cpu_count() or 1
    return Machine(
        cpu=_cpu_model(),
        cores=cores,
        cores_available=len(available_cpus()) or cores,
        memory_gb=_memory_gb(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
    )


def package_versions(names: Iterable[str] = _WATCHED) -> dict[str, str]:
    """Return the installed versions of `names`; packages that are not installed are left out."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return " ".join(value.split())
    return platform.processor() or platform.machine() or "unknown"


def _memory_gb() -> float:
    try:
        pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0.0
    return round(pages * page_bytes / 1e9, 1)
