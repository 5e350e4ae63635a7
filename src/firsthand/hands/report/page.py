"""One self-contained HTML page about what was found in a clip and in photographs."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from firsthand.errors import InputError
from firsthand.hands.gestures import NONE
from firsthand.hands.report.views import (
    Track,
    frame_ends_s,
    plain,
    seen_from,
    tick_times_s,
    tracks_of,
)
from firsthand.hands.skeleton import BONES
from firsthand.hands.types import HandsResult
from firsthand.runtime import ModelCard
from firsthand.web.whole_pages import templates

MAX_EMBEDDED_BYTES = 100_000_000
_MOST_TRACKS = 12
_MOST_POSES = 2_000


@dataclass(frozen=True, slots=True)
class ReportClip:
    """An annotated video and what was found in it.

    `mp4` is the encoded video, which starts with the first of `results`; `gestures` names, frame
    by frame, what each hand shows (`firsthand.hands.gestures.NONE`: nothing known). `seconds` is
    how long the tracking took.
    """

    title: str
    mp4: bytes
    results: Sequence[HandsResult]
    gestures: Sequence[Sequence[str]]
    seconds: float
    credit: str = ""


@dataclass(frozen=True, slots=True)
class ReportStill:
    """An annotated photograph (`jpeg` its encoded file) and what was found in it."""

    title: str
    jpeg: bytes
    result: HandsResult
    gestures: Sequence[str]
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """How the report came about."""

    command: str
    version: str
    machine: str
    date: str
    models: Sequence[ModelCard]


def render_report(
    title: str,
    making: Making,
    *,
    clip: ReportClip | None = None,
    stills: Sequence[ReportStill] = (),
) -> str:
    """Return the page as HTML that asks for nothing from outside.

    Raises `InputError` when there is nothing to show, when gestures and hands differ in number,
    or when the media are larger than `MAX_EMBEDDED_BYTES` together.
    """
    if clip is None and not stills:
        raise InputError("a report needs a clip or at least one photograph")
    if clip is not None:
        if not clip.results:
            raise InputError("a clip without a frame cannot be reported")
        _check(clip.results, clip.gestures)
    for still in stills:
        _check([still.result], [still.gestures])
    size = sum(len(still.jpeg) for still in stills) + (len(clip.mp4) if clip else 0)
    if size > MAX_EMBEDDED_BYTES:
        raise InputError(
            f"the report would hold {size / 1e6:.0f} MB of media, more than a browser opens well "
            f"({MAX_EMBEDDED_BYTES / 1e6:.0f} MB); make it from a shorter or smaller clip"
        )
    folder = files("firsthand.hands.report") / "templates"
    found = templates("firsthand.hands.report", folder="templates")
    return found.get_template("report.html").render(
        title=title,
        making=making,
        tiles=_tiles(clip, stills),
        clip=None if clip is None else _clip(clip),
        stills=[_still(still) for still in stills],
        css=(folder / "report.css").read_text(encoding="utf-8"),
        script=(folder / "report.js").read_text(encoding="utf-8"),
    )


def _tiles(clip: ReportClip | None, stills: Sequence[ReportStill]) -> list[tuple[str, str, str]]:
    """Return the figures at the top: value, what it is, and a remark."""
    tiles = []
    shown: Counter[str] = Counter()
    if clip is not None:
        frames = len(clip.results)
        with_hands = sum(bool(result.hands) for result in clip.results)
        detected = sum(result.detector_ran for result in clip.results)
        rate = f"{frames / clip.seconds:.0f}" if clip.seconds > 0 else "-"
        tracks = {hand.track_id for result in clip.results for hand in result.hands}
        tiles += [
            (rate, "frames per second", f"{frames} frames in {clip.seconds:.2f} s"),
            (f"{with_hands / frames:.0%}", "of frames with a hand", _count(len(tracks), "track")),
            (f"{detected / frames:.0%}", "of frames searched", "in the others hands are followed"),
        ]
        for track in tracks_of(clip.results, clip.gestures):
            shown.update({span.gesture for span in track.spans})
    if stills:
        hands = sum(len(still.result.hands) for still in stills)
        tiles.append((str(hands), "hands in photographs", _count(len(stills), "photograph")))
        for still in stills:
            shown.update(still.gestures)
    del shown[NONE]
    if shown:
        names = ", ".join(plain(name) for name, _ in shown.most_common(4))
        tiles.append(
            (str(len(shown)), "different gestures" if len(shown) > 1 else "gesture", names)
        )
    return tiles


def _clip(clip: ReportClip) -> dict[str, Any]:
    ends_s = frame_ends_s(clip.results)
    duration_s = max(ends_s[-1], 1e-6)
    tracks = tracks_of(clip.results, clip.gestures)
    longest = sorted(tracks, key=lambda track: -track.seconds)[:_MOST_TRACKS]
    first = clip.results[0]
    return {
        "title": clip.title,
        "credit": clip.credit,
        "video": _data_uri("video/mp4", clip.mp4),
        "width": first.width,
        "height": first.height,
        "duration_s": round(duration_s, 6),
        "rows": [_row(track, duration_s) for track in tracks if track in longest],
        "left_out": len(tracks) - len(longest),
        "ticks": [
            (_percent(t, duration_s), f"{t:g} s", _anchor(t / duration_s))
            for t in tick_times_s(duration_s)
        ],
        "poses": _poses(clip, [0.0, *ends_s[:-1]]),
    }


def _anchor(share: float) -> str:
    """Return how a label stands at its tick, so that none leaves the page."""
    return "start" if share < 0.04 else "end" if share > 0.96 else "middle"


def _row(track: Track, duration_s: float) -> dict[str, Any]:
    return {
        "name": f"{track.handedness} hand",
        "side": track.handedness,
        "seconds": f"{track.seconds:.1f}",
        "spans": [
            {
                "x": _percent(span.start_s, duration_s),
                "width": _percent(span.end_s - span.start_s, duration_s),
                "gesture": plain(span.gesture),
                "title": f"{plain(span.gesture) or 'no known gesture'}, "
                f"{span.start_s:.2f} to {span.end_s:.2f} s",
            }
            for span in track.spans
        ],
    }


def _poses(clip: ReportClip, starts_s: Sequence[float]) -> dict[str, Any]:
    """Return what the page's script turns into a moving hand: millimetres, so that it is small."""
    every = -(-len(clip.results) // _MOST_POSES)
    frames = []
    for result, names, start_s in list(zip(clip.results, clip.gestures, starts_s, strict=True))[
        ::every
    ]:
        hands = [
            {
                "side": hand.handedness,
                "gesture": plain(name),
                "mm": np.rint(hand.world * 1000).astype(int).ravel().tolist(),
            }
            for hand, name in zip(result.hands, names, strict=True)
        ]
        frames.append({"t": round(start_s, 4), "hands": hands})
    return {"bones": [list(bone) for bone in BONES], "frames": frames}


def _still(still: ReportStill) -> dict[str, Any]:
    return {
        "title": still.title,
        "credit": still.credit,
        "image": _data_uri("image/jpeg", still.jpeg),
        "width": still.result.width,
        "height": still.result.height,
        "hands": [
            {
                "side": hand.handedness,
                "gesture": plain(name),
                "presence": f"{hand.presence:.0%}",
                "views": [
                    ("from the front", seen_from(hand.world, 0.0)),
                    ("from the side", seen_from(hand.world, 70.0, 10.0)),
                ],
            }
            for hand, name in zip(still.result.hands, still.gestures, strict=True)
        ],
    }


def _check(results: Sequence[HandsResult], gestures: Sequence[Sequence[str]]) -> None:
    counts = [len(result.hands) for result in results]
    if counts != [len(names) for names in gestures]:
        raise InputError("every hand of every frame needs exactly one gesture (or NONE)")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.3f}%"


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
