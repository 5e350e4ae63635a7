"""Families made on the machines of a Ray cluster."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from torch import nn

from firsthand.core.ray_cluster import cluster, require_ray
from firsthand.errors import FirsthandError, TrainingError
from firsthand.runtime.place import replace_bytes
from firsthand.train.compress.family import Settings, make_files
from firsthand.train.compress.pictures import Pictures
from firsthand.train.compress.sweeping import Place, Tell

_SUFFIXES: Final = (".tflite", ".json")


def over_ray(address: str) -> Place:
    """Return the place that makes each trial as a task of the cluster at `address`.

    `address` is as `core.ray_cluster.cluster` takes it. Its machines need this package with
    `[train]`, of this version. A task gets the network and the pictures, and gives files back; one
    whose machine is lost begins again elsewhere.
    Where a trial fails the others are still made, and kept, before its error is raised.

    Raises `MissingDependencyError` where Ray is not installed, and making trials raises what
    `cluster` does.
    """
    require_ray()

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
        with cluster(address) as ray:
            yield from _made(ray, model, (pictures, held_out), folder, trials)

    return place


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
