"""The numbers behind a report's drawings: who was there when, and a hand seen from an angle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firsthand.hands.gestures import NONE
from firsthand.hands.skeleton import BONES
from firsthand.hands.types import Floats, Handedness, HandsResult

_PALM = (0, 1, 5, 9, 13, 17)
_NICE_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one hand's time, in seconds from the clip's start, and what it showed."""

    start_s: float
    end_s: float
    gesture: str


@dataclass(frozen=True, slots=True)
class Track:
    """One hand from its appearance to its end; `spans` are in order and may have gaps."""

    track_id: int
    handedness: Handedness
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How long the hand was followed."""
        return sum(span.end_s - span.start_s for span in self.spans)


@dataclass(frozen=True, slots=True)
class Stroke:
    """A bone (two ends) or a joint (one) in a drawing; `near` is 0 (farthest) to 1 (nearest)."""

    points: tuple[tuple[float, float], ...]
    near: float


@dataclass(frozen=True, slots=True)
class View:
    """A hand drawn from one angle, all within -1..1; bones and joints farthest first."""

    palm: tuple[tuple[float, float], ...]
    bones: tuple[Stroke, ...]
    joints: tuple[Stroke, ...]


def frame_ends_s(results: Sequence[HandsResult]) -> list[float]:
    """Return when each frame gives way to the next, in seconds from the first.

    The last one lasts as long as the middle one of all distances.
    """
    starts_us = np.array([result.timestamp_us for result in results], np.int64)
    period_us = float(np.median(np.diff(starts_us))) if len(starts_us) > 1 else 0.0
    ends_us = np.append(starts_us[1:], starts_us[-1:] + period_us)
    return [float(end) for end in (ends_us - starts_us[:1]) / 1e6]


def tracks_of(
    results: Sequence[HandsResult], gestures: Sequence[Sequence[str]]
) -> tuple[Track, ...]:
    """Return each hand's spans, in the order in which the hands appeared.

    `gestures` names, frame by frame, what each of its hands shows. A span ends where the gesture
    changes or the hand is not seen in the next frame.
    """
    ends_s = frame_ends_s(results)
    starts_s = [0.0, *ends_s[:-1]]
    spans: dict[int, list[Span]] = {}
    sides: dict[int, list[Handedness]] = {}
    for result, names, start_s, end_s in zip(results, gestures, starts_s, ends_s, strict=True):
        for hand, name in zip(result.hands, names, strict=True):
            own = spans.setdefault(hand.track_id, [])
            sides.setdefault(hand.track_id, []).append(hand.handedness)
            if own and own[-1].end_s == start_s and own[-1].gesture == name:
                own[-1] = Span(own[-1].start_s, end_s, name)
            else:
                own.append(Span(start_s, end_s, name))
    return tuple(
        Track(
            track_id,
            "left" if 2 * sides[track_id].count("left") > len(sides[track_id]) else "right",
            tuple(own),
        )
        for track_id, own in spans.items()
    )


def tick_times_s(duration_s: float, most: int = 8) -> tuple[float, ...]:
    """Return round times for an axis from 0 to `duration_s`, at most `most` of them."""
    step_s = next((step for step in _NICE_S if duration_s / step < most), duration_s)
    if step_s <= 0:
        return (0.0,)
    return tuple(round(n * step_s, 3) for n in range(int(duration_s / step_s + 1e-9) + 1))


def seen_from(world: Floats, turn_deg: float, tilt_deg: float = 0.0) -> View:
    """Return a hand as a camera sees it that has been moved round it.

    `world` is (21, 3) in metres, x to the right, y down, z away. The camera goes `turn_deg` to
    its right and `tilt_deg` up. A hand is drawn at the same size from every angle.
    """
    turn, tilt = np.radians([turn_deg, tilt_deg])
    about_y = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
    )
    centred = world - world.mean(axis=0)
    radius = max(float(np.linalg.norm(centred, axis=1).max()), 1e-9)
    seen = (centred / radius) @ (about_x @ about_y).T
    near = (1 - seen[:, 2]) / 2
    flat = [(round(float(x), 3), round(float(y), 3)) for x, y, _ in seen]
    bones = [Stroke((flat[a], flat[b]), round(float(near[a] + near[b]) / 2, 3)) for a, b in BONES]
    joints = [
        Stroke((point,), round(float(depth), 3)) for point, depth in zip(flat, near, strict=True)
    ]
    return View(
        palm=tuple(flat[joint] for joint in _PALM),
        bones=tuple(sorted(bones, key=lambda stroke: stroke.near)),
        joints=tuple(sorted(joints, key=lambda stroke: stroke.near)),
    )


def plain(gesture: str) -> str:
    """Return a gesture's name as a reader expects it: `thumb up` for `thumb_up`."""
    return "" if gesture == NONE else gesture.replace("_", " ")
