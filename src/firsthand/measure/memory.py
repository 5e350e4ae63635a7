"""Peak resident memory of this process and of child commands."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from firsthand.errors import InputError, PeerError

# Linux counts the memory of the process that forked into a child's ru_maxrss until exec has
# replaced it, so a child of a large process would inherit its peak. A fresh small interpreter
# starts the command instead; its own size (about 10 MB) is the floor of what can be measured.
_LAUNCHER = """
import json, os, sys, time
out, command = sys.argv[1], sys.argv[2:]
start = time.perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(pid, 0)
elapsed = time.perf_counter() - start
with open(out, "w") as file:
    json.dump([usage.ru_maxrss, os.waitstatus_to_exitcode(status), elapsed], file)
"""


@dataclass(frozen=True, slots=True)
class CommandUse:
    """What a finished command used; `returncode` is negative for a signal."""

    peak_bytes: int
    elapsed_s: float
    returncode: int

    @property
    def peak_mb(self) -> float:
        """Peak resident memory in units of 10^6 bytes."""
        return self.peak_bytes / 1e6


def peak_memory_bytes() -> int:
    """Return the largest resident set this process has had since its start.

    Linux reads VmHWM (see proc(5)); elsewhere `getrusage` answers.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        status = ""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    import resource

    return _maxrss_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def measure_command(
    command: Sequence[str],
    *,
    timeout_s: float = 120.0,
    env: Mapping[str, str] | None = None,
) -> CommandUse:
    """Run `command` to its end and return its peak resident memory, time and return code.

    Its output is discarded. Raises `InputError` for an empty command and `PeerError` when it
    cannot be started or outlives `timeout_s` (then it and its children are killed).
    """
    if not command:
        raise InputError("no command to measure")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "use.json"
        launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(out), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=None if env is None else dict(env),
            start_new_session=True,
        )
        try:
            _, complaint = launcher.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            os.killpg(launcher.pid, signal.SIGKILL)
            launcher.communicate()
            raise PeerError(
                f"{command[0]} still ran after {timeout_s} s and was stopped"
            ) from error
        if launcher.returncode != 0:
            tail = complaint.decode(errors="replace").strip().splitlines()[-1:]
            raise PeerError(f"{command[0]} could not be started: {''.join(tail)}")
        maxrss, returncode, elapsed_s = json.loads(out.read_text())
    return CommandUse(_maxrss_bytes(maxrss), elapsed_s, returncode)


def _maxrss_bytes(maxrss: int) -> int:
    return maxrss if sys.platform == "darwin" else maxrss * 1024  # getrusage(2): bytes or kilobytes
