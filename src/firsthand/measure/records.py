"""Records of measurements: what was measured, where, by which rules, and signed if need be.

A signature is an HMAC-SHA256 (RFC 2104) over the record's canonical JSON. It shows that whoever
signed held the key, and that nothing changed since. It does not show that the signer told the
truth: a device that lies signs its lies.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from firsthand import __version__
from firsthand.errors import InputError
from firsthand.measure.documents import canonical, from_plain, parsed, to_plain
from firsthand.measure.machine import Machine, describe_machine, package_versions
from firsthand.measure.single_stream import Progress, Rules, measure_streams
from firsthand.measure.streams import Stream, Streams
from firsthand.runtime.artifact import read_model_file

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Models measured on a device, with every query's time, so that all figures follow from it.

    `device` is "local" or "ssh"; `date` is ISO 8601, by the clock of whoever asked. `sha256` are
    those of the model files, as the device that measured them read them. `InputError` where the
    times do not fit together.
    """

    device: str
    date: str
    machine: Machine
    versions: Mapping[str, str]
    rules: Rules
    sha256: Mapping[str, str]
    streams: Streams

    def __post_init__(self) -> None:
        if not self.sha256 or set(self.sha256) != set(self.streams.streams):
            raise InputError(
                f"the record has times of {sorted(self.streams.streams)}, but files of "
                f"{sorted(self.sha256)}"
            )
        for name, stream in self.streams.streams.items():
            if stream.name != name or not _fits_together(stream):
                raise InputError(f"the record's times of {name} do not fit together")
        if not (np.isfinite(self.streams.quiet_us) and self.streams.quiet_us > 0):
            raise InputError(f"the record's sentinel took {self.streams.quiet_us} us")
        known = self.streams.known_quiet_memory_us
        if known is not None and not (np.isfinite(known) and known > 0):
            raise InputError(f"the record's sentinel of memory took {known} us")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know, a sentence each."""
        return self.streams.doubts


def take_record(
    models: Mapping[str, Path],
    rules: Rules,
    *,
    device: str,
    date: str,
    cpu: int | None = None,
    progress: Progress = lambda _: None,
) -> Record:
    """Measure models on this machine, as `measure_streams` does, and return the record."""
    sha256 = {name: file_sha256(path) for name, path in models.items()}
    machine = describe_machine()  # before: its load is that which was found
    return Record(
        device=device,
        date=date,
        machine=machine,
        versions={"firsthand": __version__, **package_versions()},
        rules=rules,
        sha256=sha256,
        streams=measure_streams(models, rules, cpu=cpu, progress=progress),
    )


def file_sha256(path: Path) -> str:
    """Return a model file's SHA-256, in hexadecimal."""
    return hashlib.sha256(read_model_file(path)).hexdigest()


def to_json(record: object) -> str:
    """Return a record as a JSON text."""
    return canonical(to_plain(record)).decode() + "\n"


def from_json(kind: type[T], text: str, where: str = "the record") -> T:
    """Return the record in a JSON text; `InputError` naming `where` if there is none."""
    return from_plain(kind, parsed(text, where), where)


def signed(record: object, key: bytes) -> bytes:
    """Return a record with its signature, as JSON."""
    document = to_plain(record)
    return canonical({"hmac_sha256": _signature(document, key), "record": document})


def opened(kind: type[T], data: bytes, key: bytes, where: str = "the record") -> T:
    """Return a signed record; `InputError` if it was not signed with this key, or was altered."""
    envelope = parsed(data, where)
    found = envelope.get("hmac_sha256") if isinstance(envelope, dict) else None
    if not isinstance(found, str) or set(envelope) != {"hmac_sha256", "record"}:
        raise InputError(f"{where}: is not signed")
    try:
        wanted = _signature(envelope["record"], key)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is no record: {error}") from error
    if not hmac.compare_digest(found.encode(), wanted.encode()):
        raise InputError(
            f"{where}: its signature is wrong: it was altered, or comes from another run"
        )
    return from_plain(kind, envelope["record"], where)


def _signature(document: Any, key: bytes) -> str:
    return hmac.new(key, canonical(document), hashlib.sha256).hexdigest()


def _fits_together(stream: Stream) -> bool:
    queries, blocks = len(stream.query_us), len(stream.sentinel_us)
    times = (stream.query_us, stream.copy_us, stream.sentinel_us, stream.waited, stream.slept_us)
    return bool(
        queries > 0
        and stream.query_us.shape == stream.copy_us.shape == stream.block.shape == (queries,)
        and stream.sentinel_us.shape == (blocks, 2)
        and stream.waited.shape == stream.slept_us.shape == (blocks,)
        and stream.memory_us.shape in ((blocks,), (0,))
        and np.isfinite(stream.memory_us).all()
        and (stream.memory_us > 0).all()
        and np.array_equal(np.unique(stream.block), np.arange(blocks))
        and (np.diff(stream.block) >= 0).all()
        and sum(stream.launches or (blocks,)) == blocks
        and min(stream.launches, default=1) > 0
        and all(np.isfinite(each).all() for each in times)
        and (stream.query_us >= 0).all()
        and (stream.sentinel_us > 0).all()
    )
