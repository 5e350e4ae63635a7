import sys

import numpy as np
import pytest

from firsthand.errors import InputError, PeerError
from firsthand.measure import measure_command, peak_memory_bytes


def test_this_process_remembers_its_peak():
    before = peak_memory_bytes()
    block = np.ones(before + 50_000_000, dtype=np.uint8)
    del block
    assert peak_memory_bytes() >= before + 50_000_000


def python(code):
    return [sys.executable, "-I", "-S", "-c", code]


def test_a_child_is_measured_without_its_parents_memory():
    block = np.ones(150_000_000, dtype=np.uint8)
    small = measure_command(python("pass"))
    large = measure_command(python("b = b'1' * 60_000_000"))
    assert block[-1] == 1
    assert small.peak_mb < 50
    assert 55 < large.peak_mb - small.peak_mb < 70
    assert small.returncode == 0
    assert small.elapsed_s > 0


def test_return_codes_and_signals_are_told():
    assert measure_command(python("raise SystemExit(3)")).returncode == 3
    assert measure_command(python("import os; os.kill(os.getpid(), 9)")).returncode == -9


def test_output_is_discarded_and_the_environment_given():
    use = measure_command(
        python("import os; print('x' * 10**6); raise SystemExit(int(os.environ['CODE']))"),
        env={"CODE": "5"},
    )
    assert use.returncode == 5


def test_a_command_that_does_not_end_is_ended():
    with pytest.raises(PeerError, match=r"still ran after 0\.3 s"):
        measure_command(python("import signal; signal.pause()"), timeout_s=0.3)


def test_a_command_that_does_not_exist_is_named():
    with pytest.raises(PeerError, match=r"no-such-command could not be started.*No such file"):
        measure_command(["no-such-command"])
    with pytest.raises(InputError):
        measure_command([])
