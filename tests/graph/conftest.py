import sys
import threading

import pytest


@pytest.fixture
def eager_switching():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def threads_end():
    """A function that waits for the threads that were started since the test began."""
    before = set(threading.enumerate())

    def wait():
        for thread in set(threading.enumerate()) - before:
            thread.join(20)
            assert not thread.is_alive()

    return wait
