"""Programs of `workers/victim.py`, run until they end or are killed."""

import subprocess
import sys
from pathlib import Path

VICTIM = Path(__file__).resolve().parents[1] / "workers" / "victim.py"
LONGEST_S = 120


def _started(*arguments: object) -> subprocess.Popen:
    command = [sys.executable, str(VICTIM), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed_at(least: int, *arguments: object) -> int:
    """Kill one (SIGKILL) as soon as it has said a number of at least `least`; return its last."""
    with _started(*arguments) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if int(line) >= least:
                    process.kill()
                    break
            said = [int(line), *map(int, process.stdout.read().split("\n")[:-1])]
        finally:
            process.kill()
    return said[-1]


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
