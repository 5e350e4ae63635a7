"""Families made on the machines of a Ray cluster (Moritz et al. 2018, arXiv:1712.05889)."""

import os
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from torch import nn

from firsthand.errors import FirsthandError, MissingDependencyError, TrainingError
from firsthand.runtime.place import replace_bytes
from firsthand.train.compress.family import Settings, make_files
from firsthand.train.compress.pictures import Pictures
from firsthand.train.compress.sweeping import Place, Tell

LOCAL: Final = "local"
_PATIENCE_S: Final = 10.0
_SUFFIXES: Final = (".tflite", ".json")


def over_ray(address: str) -> Place:
    """Return the place that makes each trial as a task of the cluster at `address`.

    `address` is as Ray has it, such as `ray://HOST:10001` or `auto`; LOCAL begins one on this
    machine. Its machines need this package with `[train]`, of this version. A task gets the network
    and the pictures, and gives files back; one whose machine is lost begins again elsewhere.
    Where a trial fails the others are still made, and kept, before its error is raised.

    Raises `MissingDependencyError` where Ray is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would tell its makers
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            'sweeps over a cluster need Ray: pip install "firsthand[ray]"'
        ) from error

    def place(
        model: nn.Module,
        pictures: Pictures,
        held_out: Pictures,
        folder: Path,
        trials: Mapping[str, Settings],
        _: Tell,
    ) -> Iterator[str]:
        if not trials:
            return
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
            raise TrainingError(f"no Ray cluster at {address!r}: {error}{way_out}") from error
        try:
            yield from _made(ray, model, (pictures, held_out), folder, trials)
        finally:
            ray.shutdown()

    return place


def _see(address: str) -> None:
    """See that something answers at an address; Ray itself waits for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), _PATIENCE_S).close()
        except (OSError, OverflowError) as error:
            raise TrainingError(f"no Ray cluster at {address!r}: {error}") from error


def _made(
    ray: Any,
    model: nn.Module,
    pictures: tuple[Pictures, Pictures],
    folder: Path,
    trials: Mapping[str, Settings],
) -> Iterator[str]:
    for module in _own_modules(model):
        ray.cloudpickle.register_pickle_by_value(module)
    given = ray.put((model, *pictures))
    task: Callable[..., Any] = ray.remote(_trial)
    waiting = {
        task.options(num_cpus=each.threads).remote(given, each): name  # type: ignore[attr-defined]
        for name, each in trials.items()
    }
    failures: list[FirsthandError] = []
    while waiting:
        (done,), _ = ray.wait(list(waiting), num_returns=1)
        name = waiting.pop(done)
        try:
            files: dict[str, bytes] = ray.get(done)
        except ray.exceptions.RayError as error:
            failures.append(_failure(name, error))
            continue
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            replace_bytes(folder / name / file, data)
        yield name
    if failures:
        raise failures[0]


def _trial(given: tuple[nn.Module, Pictures, Pictures], settings: Settings) -> dict[str, bytes]:
    """Make a family somewhere, and return its files."""
    model, pictures, held_out = given
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = make_files(model, pictures, held_out, folder, settings)
        paths = [each.path.with_suffix(suffix) for each in made.values() for suffix in _SUFFIXES]
        return {path.name: path.read_bytes() for path in paths}


def _failure(name: str, error: Exception) -> FirsthandError:
    """Return what went wrong in a trial, as it would have been told here."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, FirsthandError):
        return type(cause)(f"{name}: {cause}")
    return TrainingError(f"{name}: {error}")


def _own_modules(model: nn.Module) -> Iterator[ModuleType]:
    """Yield the modules of the user's own that a network is made from, which no cluster has."""
    for name in {type(unit).__module__ for unit in model.modules()}:
        module = sys.modules.get(name)
        file = Path(getattr(module, "__file__", None) or "")
        installed = {"site-packages", "dist-packages"} & set(file.parts)
        if module is not None and not installed and not name.startswith("firsthand."):
            yield module
