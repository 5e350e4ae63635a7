"""Listening on the machines of a Ray cluster (Moritz et al. 2018, arXiv:1712.05889)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from firsthand.core.ray_cluster import cluster
from firsthand.speech.noss.embedding import Place, Shard, heard
from firsthand.speech.noss.tasks import Clip
from firsthand.speech.opening import open_representation

_OPENED: Final[dict[str, Any]] = {}


def over_ray(address: str) -> Place:
    """Return the place that listens to each shard of clips as a task of the cluster at `address`.

    `address` is as Ray has it, or "local". Its machines need this package, and see the recordings
    at the same paths. Raises as `core.ray_cluster.cluster` does.
    """

    def place(name: str, shards: Sequence[Sequence[Clip]]) -> Iterator[tuple[int, Shard]]:
        if not shards:
            return
        with cluster(address) as ray:
            task = ray.remote(_listen)
            waiting = {
                task.remote(name, list(clips)): number for number, clips in enumerate(shards)
            }
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                yield waiting.pop(done), ray.get(done)

    return place


def _listen(name: str, clips: list[Clip]) -> Shard:
    """Listen somewhere; a worker opens a representation but once."""
    if name not in _OPENED:
        _OPENED[name] = open_representation(name)
    return heard(_OPENED[name], clips)
