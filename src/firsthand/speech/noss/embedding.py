"""What a representation makes of many clips: computed once, kept, gone on with where it stopped."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.core import damage
from firsthand.errors import InputError
from firsthand.runtime.place import replace_bytes
from firsthand.speech.noss.listening import sound_of
from firsthand.speech.noss.tasks import Clip
from firsthand.speech.opening import open_representation
from firsthand.speech.representation import Floats, Representation

_AT_ONCE: Final = 128
"""Clips of a shard: what a stop may cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Vectors (n, size) of clips in their order; where `usable` (n,) is false, nothing but zeros.

    `problems` say why.
    """

    vectors: Floats
    usable: NDArray[np.bool_]
    problems: tuple[str, ...]


Shard = tuple[Floats, NDArray[np.bool_], tuple[str, ...]]
"""The vectors of some clips, which of them are usable, and what was wrong with the others."""

Place = Callable[[str, Sequence[Sequence[Clip]]], Iterator[tuple[int, Shard]]]
"""Yields what a representation, by its name, makes of each sequence of clips, as it is done."""


def here(
    name: str,
    shards: Sequence[Sequence[Clip]],
    opening: Callable[[str], Representation] = open_representation,
) -> Iterator[tuple[int, Shard]]:
    """Compute in this process, one after another."""
    if not shards:
        return
    representation = opening(name)
    for number, clips in enumerate(shards):
        yield number, heard(representation, clips)


def heard(representation: Representation, clips: Sequence[Clip]) -> Shard:
    """Return what a representation makes of clips; one that is no sound is a problem told of."""
    vectors = np.zeros((len(clips), representation.size), np.float32)
    usable, problems = np.zeros(len(clips), np.bool_), []
    for place, clip in enumerate(clips):
        try:
            vector = representation.scene(sound_of(clip))
        except InputError as error:  # what cannot be read, and what is no sound
            problems.append(str(error))
            continue
        if not np.isfinite(vector).all():
            problems.append(f"{clip.path}: its representation has NaN or infinity")
            continue
        vectors[place], usable[place] = vector, True
    return vectors, usable, tuple(problems)


def embedded(
    name: str,
    identity: str,
    clips: Sequence[Clip],
    folder: Path,
    *,
    place: Place = here,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Embedded:
    """Return what the representation of a name makes of clips, kept in `folder` for the next time.

    Another file, of another size or time, or a representation of another `identity`, is heard anew.
    `tell` is told how many clips are done, of how many. Raises `InputError` where `folder` cannot
    be written.
    """
    shards = [clips[first : first + _AT_ONCE] for first in range(0, len(clips), _AT_ONCE)]
    paths = [folder / f"{_key(identity, shard)}.npz" for shard in shards]
    parts: dict[int, Shard] = {}
    for number, (path, shard) in enumerate(zip(paths, shards, strict=True)):
        kept = _kept(path, len(shard))
        if kept is not None:
            parts[number] = kept
    missing = [number for number in range(len(shards)) if number not in parts]
    done = sum(len(shards[number]) for number in parts)
    tell(done, len(clips))
    for at, found in place(name, [shards[number] for number in missing]):
        number = missing[at]
        _keep(paths[number], found)
        parts[number] = found
        done += len(shards[number])
        tell(done, len(clips))
    ordered = [parts[number] for number in range(len(shards))]
    return Embedded(
        np.concatenate([vectors for vectors, _, _ in ordered]),
        np.concatenate([usable for _, usable, _ in ordered]),
        tuple(problem for _, _, problems in ordered for problem in problems),
    )


def _key(identity: str, clips: Sequence[Clip]) -> str:
    found = hashlib.sha256(identity.encode())
    for clip in clips:
        try:
            stat = clip.path.stat()
            version = f"{stat.st_size} {stat.st_mtime_ns}"
        except OSError:
            version = "missing"
        asked = f"{clip.path.absolute()}\0{version} {clip.start_s} {clip.length_s} {clip.muffled}"
        found.update(asked.encode(errors="surrogateescape") + b"\0")
    return found.hexdigest()[:32]


def _kept(path: Path, count: int) -> Shard | None:
    """Return a shard that was kept; None for none, and for a file that is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
            vectors, usable = parts["vectors"], parts["usable"]
            problems = tuple(map(str, parts["problems"]))
    except damage.ARRAYS:
        return None
    if vectors.ndim != 2 or len(vectors) != count or usable.shape != (count,):
        return None
    return vectors, usable, problems


def _keep(path: Path, shard: Shard) -> None:
    vectors, usable, problems = shard
    packed = BytesIO()
    np.savez(packed, vectors=vectors, usable=usable, problems=np.array(problems, dtype=np.str_))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, packed.getvalue())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
