"""The machine and the Python that Firsthand runs on."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata

from firsthand import __version__
from firsthand.core.processor import memory_gb, processor_name
from firsthand.doctor.checks import Check

_GROUP = "machine"


def check_machine() -> Iterator[Check]:
    """Yield what Firsthand, its Python and its processor are."""
    yield _installed()
    where = f"{platform.python_version()}, {sys.executable}"
    yield Check(_GROUP, "Python", "ok", where, needed=True)
    cores = os.cpu_count() or 1
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    machine = (
        f"{processor_name()}, {ours} of {cores} cores, "
        f"{memory_gb():.0f} GB, {platform.system()} {platform.machine()}"
    )
    yield Check(_GROUP, "processor", "ok", machine)


def _installed() -> Check:
    try:
        version = metadata.version("firsthand")
    except metadata.PackageNotFoundError:
        detail = f"{__version__}, but not installed, so that nothing tells what it needs"
        remedy = "pip install its wheel or its folder"
        return Check(_GROUP, "firsthand", "broken", detail, remedy, needed=True)
    if version != __version__:
        detail = f"{version} is installed, but {__version__} is what runs"
        return Check(_GROUP, "firsthand", "broken", detail, "install it again", needed=True)
    return Check(_GROUP, "firsthand", "ok", version, needed=True)
