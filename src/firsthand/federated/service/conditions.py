"""Whether this is a good moment for a device to work for others: the device itself decides."""

import os
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from firsthand.errors import ConfigError

_SUPPLIES: Final = Path("/sys/class/power_supply")
_BUSY: Final = 0.5  # of a core, in the mean over the cores


def unmet(wanted: Collection[str]) -> list[str]:
    """Return which of the wanted conditions do not hold now, each with why.

    `ConfigError` for conditions that there are not.
    """
    if unknown := set(wanted) - CONDITIONS.keys():
        raise ConfigError(
            f"there is no condition {', '.join(sorted(unknown))}; there are {', '.join(CONDITIONS)}"
        )
    return [f"not {name}: {why}" for name in wanted if (why := CONDITIONS[name]())]


def charging(supplies: Path = _SUPPLIES) -> str:
    """Return why the device is not on mains power, or "" if it is; without a battery it is."""
    on_battery = False
    try:
        for supply in sorted(supplies.iterdir()):
            if _word(supply / "online") == "1":
                return ""
            if _word(supply / "type") == "Battery":
                if _word(supply / "status") in ("Charging", "Full", "Not charging"):
                    return ""
                on_battery = True
    except OSError:
        return ""
    return "it runs on its battery" if on_battery else ""


def idle() -> str:
    """Return why the device is not idle, or "" if it is."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return f"its cores are busy {busy:.0%} of the time" if busy > _BUSY else ""


def unmetered() -> str:
    """Return why the network may cost money, or "" where NetworkManager says that it does not."""
    try:
        said = subprocess.run(
            ["nmcli", "-g", "GENERAL.METERED", "device", "show"],
            capture_output=True, text=True, timeout=10, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "nmcli, which would know, does not answer"
    words = [line for line in said.split("\n") if line and not line.startswith("unknown")]
    return "" if words and all(word.startswith("no") for word in words) else "it is metered"


CONDITIONS: Final[dict[str, Callable[[], str]]] = {
    "idle": idle, "charging": charging, "unmetered": unmetered,
}  # fmt: skip


def _word(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
