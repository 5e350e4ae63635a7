"""One thread for torch in all tests of training: small networks only wait for more."""

import sys

import pytest


@pytest.fixture(autouse=True)
def one_thread() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
