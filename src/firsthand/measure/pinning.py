"""Holding the process to chosen processors while something is timed."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from firsthand.errors import InputError


@dataclass(frozen=True, slots=True)
class Pinning:
    """What `pinned` achieved: the processors, empty where pinning is not possible, and a note."""

    cpus: tuple[int, ...]
    note: str


def available_cpus() -> tuple[int, ...]:
    """Return the processors this process may run on, lowest first (empty where unknown)."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return ()


@contextmanager
def pinned(cpus: int | Collection[int]) -> Iterator[Pinning]:
    """Keep the calling thread, and what it starts meanwhile, on `cpus`; then restore.

    Affinity belongs to threads: a thread pool that already exists keeps its own, so pin before
    the models that own thread pools are loaded. Only Linux can pin; elsewhere nothing changes and
    the note says so. Raises `InputError` for processors that this process may not use.
    """
    wanted = {cpus} if isinstance(cpus, int) else set(cpus)
    before = available_cpus()
    if not before:
        yield Pinning((), "not pinned: this system cannot set a processor affinity")
        return
    if not wanted or not wanted <= set(before):
        raise InputError(f"cannot pin to processors {sorted(wanted)}; available: {list(before)}")
    os.sched_setaffinity(0, wanted)
    try:
        held = tuple(sorted(wanted))
        yield Pinning(held, f"pinned to processor {', '.join(map(str, held))}")
    finally:
        os.sched_setaffinity(0, before)
