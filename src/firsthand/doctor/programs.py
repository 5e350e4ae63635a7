"""Programs, libraries and devices that some parts use, and pip does not bring."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from firsthand.doctor.checks import Check

_GROUP = "programs and libraries"


@dataclass(frozen=True, slots=True)
class Outside:
    """A thing from outside: what for, where it is (None: nowhere), and the Debian package."""

    name: str
    used_for: str
    find: Callable[[], str | None]
    debian: str


def program(*names: str) -> Callable[[], str | None]:
    """Return what finds the first of these programs on the path."""
    return lambda: next(filter(None, map(shutil.which, names)), None)


def library(name: str) -> Callable[[], str | None]:
    """Return what finds a shared library by its bare name."""
    return lambda: find_library(name)


def module(name: str) -> Callable[[], str | None]:
    """Return what finds a module, without importing it."""

    def find() -> str | None:
        found = find_spec(name)
        return None if found is None else found.origin

    return find


def _portaudio() -> str | None:
    """Find PortAudio: sounddevice brings its own where it has wheels for the system."""
    return find_library("portaudio") or module("_sounddevice_data")()


def _postgres() -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return str(found[-1]) if found else shutil.which("pg_ctl")


OUTSIDE = (
    Outside("PortAudio", "the microphone", _portaudio, "libportaudio2"),
    Outside("Tk", "windows of `--show`", module("_tkinter"), "python3-tk"),
    Outside("ssh", "measuring on another device", program("ssh"), "openssh-client"),
    Outside("adb", "measuring on a phone", program("adb"), "adb"),
    Outside("EGL", "drawing training images", library("EGL"), "libegl1 libgl1-mesa-dri"),
    Outside("OSMesa", "drawing them without EGL", library("OSMesa"), "libosmesa6"),
    Outside("PostgreSQL", "tests of the federated service", _postgres, "postgresql"),
    Outside("Chromium", "tests of pages", program("chromium", "chromium-browser"), "chromium"),
    Outside("ChromeDriver", "tests of pages", program("chromedriver"), "chromium-driver"),
    Outside("wrk", "benchmarks of the federated service", program("wrk"), "wrk"),
)


def check_programs(things: Iterable[Outside] = OUTSIDE) -> Iterator[Check]:
    """Yield a check for each thing from outside, and for the camera where the system tells."""
    for thing in things:
        place = thing.find()
        if place is None:
            remedy = f"on Debian: apt install {thing.debian}"
            yield Check(_GROUP, thing.name, "missing", f"for {thing.used_for}", remedy)
        else:
            yield Check(_GROUP, thing.name, "ok", f"{place}, for {thing.used_for}")
    if sys.platform == "linux":
        yield check_cameras(sorted(Path("/dev").glob("video[0-9]*")))


def check_cameras(devices: list[Path]) -> Check:
    """Return whether there is a camera among Linux's devices, and whether it may be read."""
    if not devices:
        return Check(_GROUP, "camera", "missing", "there is no /dev/video0", "plug one in")
    readable = [device for device in devices if os.access(device, os.R_OK | os.W_OK)]
    if readable:
        return Check(_GROUP, "camera", "ok", str(readable[0]))
    detail = f"{devices[0]} may not be read by you"
    return Check(_GROUP, "camera", "broken", detail, "join the group `video`")
