"""Programs of `workers/victim.py`, run until they end or are killed."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from firsthand.errors import PeerError

VICTIM = Path(__file__).resolve().parents[1] / "workers" / "victim.py"
LONGEST_S = 120


def _started(*arguments: object) -> subprocess.Popen:
    command = [sys.executable, str(VICTIM), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed_at(least: int, *arguments: object) -> int:
    """Kill one (SIGKILL) as soon as it has said a number of at least `least`; return its last."""
    said = 0
    with _started(*arguments) as process:
        assert process.stdout is not None
        silent = threading.Timer(LONGEST_S, process.terminate)
        silent.start()
        try:
            for line in process.stdout:
                said = int(line)
                if said >= least:
                    process.kill()
        finally:
            silent.cancel()
            process.kill()
    if process.returncode != -signal.SIGKILL:
        raise PeerError(f"{arguments[0]} ended with {process.returncode} after {said}, unkilled")
    return said


def last_words(*arguments: object) -> tuple[int, str]:
    """Let one come to its end; return its exit code and what it said last that is no number."""
    with _started(*arguments) as process:
        try:
            said, _ = process.communicate(timeout=LONGEST_S)
        finally:
            process.kill()
    lines = said.strip().splitlines()
    counted = max((n for n, line in enumerate(lines, 1) if line.isdigit()), default=0)
    return process.returncode, "\n".join(lines[counted:])
