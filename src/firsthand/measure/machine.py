"""Which machine and which versions a figure was measured on."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata

from firsthand.core.processor import memory_gb, processor_name
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
        cpu=processor_name(),
        cores=cores,
        cores_available=len(available_cpus()) or cores,
        memory_gb=memory_gb(),
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
