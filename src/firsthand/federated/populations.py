"""Fleets to simulate with: records of many devices, from files or drawn from a law."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from firsthand.errors import ConfigError, InputError
from firsthand.federated.queries.query import Values

Fleet = Sequence[Values]

_HETREC: Final = "user_artists.dat"
_NAMES: Final = "artists_id_name.tsv"


def read_fleet(path: Path, source: str) -> list[list[str | float]]:
    """Return the records of a source on each device of a file.

    A `.jsonl` file has an object for each device, with a list for each source. A folder may be
    HetRec 2011's Last.fm set: its source is "artist", a record for each artist a user listened to,
    the most played first. `InputError` for what cannot be read.
    """
    if path.is_dir():
        if source != "artist":
            raise ConfigError(f"{path}: has the source 'artist', not {source!r}")
        return list(_hetrec(path))
    return list(_lines(path, source))


def zipf_fleet(
    devices: int, items: int, each: int, exponent: float = 1.1, seed: int = 0
) -> Iterator[list[str]]:
    """Yield devices of `each` records, of items whose frequency falls with their rank (Zipf)."""
    if min(devices, items, each) < 1:
        raise ConfigError(f"a fleet has devices, items and records: {devices}, {items}, {each}")
    rng = np.random.default_rng(seed)
    ends = np.cumsum(1 / np.arange(1, items + 1) ** exponent)
    for _ in range(devices):
        places = np.searchsorted(ends, rng.random(each) * ends[-1], side="right")
        yield [f"item {place + 1}" for place in np.minimum(places, items - 1).tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A fleet whose records are at hand: devices by their number."""

    records: Fleet

    def __call__(self, first: int, count: int) -> Fleet:
        """Return the records of devices."""
        return self.records[first : first + count]


@dataclass(frozen=True, slots=True)
class ZipfFleet:
    """As many devices as are asked for, as `zipf_fleet` has them, anywhere in the same way."""

    items: int = 1_000
    each: int = 20
    exponent: float = 1.1
    seed: int = 0

    def __call__(self, first: int, count: int) -> list[list[str]]:
        """Return the records of devices; who is asked for together matters for the draw."""
        seed = int(np.random.SeedSequence([self.seed, first]).generate_state(1)[0])
        return list(zipf_fleet(count, self.items, self.each, self.exponent, seed))


def _lines(path: Path, source: str) -> Iterator[list[str | float]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                entry = json.loads(line)
                values = entry.get(source) if isinstance(entry, dict) else None
                if not isinstance(values, list) or not all(
                    isinstance(value, str | int | float) for value in values
                ):
                    raise InputError(
                        f"{path}:{number}: a device is an object with a list of texts or numbers "
                        f"named {source!r}"
                    )
                yield values
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as a fleet: {error}") from error


def _hetrec(folder: Path) -> Iterator[list[str | float]]:
    try:
        with (folder / _NAMES).open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            names = {row[0]: row[1] for row in rows if len(row) > 1}
        plays: dict[str, list[tuple[int, str]]] = {}
        with (folder / _HETREC).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                artist = names.get(row["artistID"], row["artistID"])
                plays.setdefault(row["userID"], []).append((int(row["weight"]), artist))
        users = sorted(plays, key=int)
    except (OSError, ValueError, TypeError, KeyError, IndexError, csv.Error) as error:
        raise InputError(f"{folder}: cannot be read as HetRec's Last.fm set: {error}") from error
    for user in users:
        yield [name for _, name in sorted(plays[user], key=lambda each: (-each[0], each[1]))]
