"""What is known of a submission: whose turn it is, and how it stands once it was judged."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from firsthand.challenge.judging import Verdict
from firsthand.errors import InputError
from firsthand.measure import Interval, Streams
from firsthand.measure.documents import from_plain, parsed
from firsthand.runtime import ModelCard

State = Literal["waiting", "judging", "judged", "refused"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a model achieved, and how that was found.

    `accuracy` is 0..1. `scores` are those of `score_intervals`. Times are milliseconds, as
    `StreamLatency` has them; `disturbed` of `blocks` blocks were left out. `images` were asked,
    and `image_set` tells one set of them from another. `doubts` say why the times deserve doubt,
    `remarks` all else that a reader must know.
    """

    accuracy: Interval
    scores: Mapping[str, Interval]
    median_ms: Interval
    p90_ms: Interval
    copy_ms: float
    init_ms: float
    first_ms: float
    queries: int
    blocks: int
    disturbed: int
    images: int
    image_set: str
    machine: str
    rules: str
    judged_at: str
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        streams: Streams,
        *,
        image_set: str,
        machine: str,
        judged_at: str,
        remarks: tuple[str, ...] = (),
    ) -> "Standing":
        """Return what a verdict says, with `remarks` beside its own."""
        latency = verdict.latency
        assert latency is not None
        return cls(
            accuracy=verdict.accuracy,
            scores=dict(verdict.scores),
            median_ms=latency.median_us.scaled(1e-3),
            p90_ms=latency.p90_us.scaled(1e-3),
            copy_ms=latency.copy_us / 1e3,
            init_ms=latency.init_ms,
            first_ms=latency.first_ms,
            queries=latency.queries,
            blocks=latency.blocks,
            disturbed=latency.disturbed,
            images=len(verdict.judged.correct),
            image_set=image_set,
            machine=machine,
            rules=streams.rules_note,
            judged_at=judged_at,
            doubts=tuple(_unnamed(doubt, verdict.name) for doubt in streams.doubts),
            remarks=(*verdict.remarks, *remarks),
        )

    def to_json(self) -> str:
        """Return JSON that `from_json` reads back to an equal standing."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Standing":
        """Read what `to_json` wrote; `InputError` for anything else."""
        found = from_plain(cls, parsed(text, "the standing"), "the standing")
        try:
            found.to_json()
        except ValueError as error:  # a number that is none, which no page could be told
            raise InputError(f"the standing: {error}") from error
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission; its model's SHA-256 is what it is known by.

    `reason` says why it was refused. `tries` counts how often judging it was begun.
    """

    sha256: str
    card: ModelCard
    submitted_at: str
    state: State
    tries: int
    reason: str
    standing: Standing | None


def _unnamed(words: str, name: str) -> str:
    """Return a sentence about one model without its name before it."""
    return words.removeprefix(f"{name}: ")
