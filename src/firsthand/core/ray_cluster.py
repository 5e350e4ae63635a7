"""A Ray cluster to work on, or one begun on this machine (Moritz et al. 2018, arXiv:1712.05889)."""

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from firsthand.errors import ConfigError, MissingDependencyError

LOCAL: Final = "local"
_PATIENCE_S: Final = 10.0


def require_ray() -> Any:
    """Return the module `ray`; `MissingDependencyError` where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would tell its makers
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            'work over a cluster needs Ray: pip install "firsthand[ray]"'
        ) from error
    return ray


@contextmanager
def cluster(address: str) -> Iterator[Any]:
    """Give the module `ray`, joined to the cluster at `address` until the block ends.

    `address` is as Ray has it, such as `ray://HOST:10001` or `auto`; LOCAL begins a cluster on this
    machine. `ConfigError` where there is none, `MissingDependencyError` without Ray.
    """
    ray = require_ray()
    _see(address)
    try:
        with warnings.catch_warnings():
            # What Ray forks runs another program at once: threads' locks do not matter there.
            warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
            ray.init(
                address=None if address == LOCAL else address,
                include_dashboard=False if address == LOCAL else None,
                log_to_driver=False,
                configure_logging=False,
            )
    except (OSError, ValueError, RuntimeError) as error:
        # Ray's sockets lie below the temporary folder, and a socket's path has 107 bytes.
        way_out = " (set RAY_TMPDIR to a shorter path)" if "path length" in str(error) else ""
        raise ConfigError(f"no Ray cluster at {address!r}: {error}{way_out}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _see(address: str) -> None:
    """See that something answers at an address; Ray itself waits for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), _PATIENCE_S).close()
        except (OSError, OverflowError) as error:
            raise ConfigError(f"no Ray cluster at {address!r}: {error}") from error
