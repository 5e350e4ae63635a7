"""How many objects are found in a video, how fast and how steadily, beside MediaPipe's Objectron?

A real clip of 125 frames, 600 x 800, 30 a second, of two shoes on a table from a hand-held phone;
both sides run the same published weights on one processor and one thread. There is no truth for
this clip. `found_of_125` are the frames in which we show a shoe, both as they come (0.5 for the
detector); `..._seen` those in which the second stage saw it; `..._two` those with both shoes, where
the detector begins at 0.3. `fps_ratio_mediapipe` is our frames per second over theirs for the whole
clip, taking turns. `jitter_px` is the root mean square, over the nine points of a shoe, of how much
their motion changes from one frame to the next (second differences), so motion as such is not
counted, in the median over the frames in which both show the same shoe three times running;
`jitter_ratio_mediapipe` theirs over ours, `..._rms` the same of root mean squares, in which their
rare jumps weigh most, `jitter_px_raw` ours without steadying. `raw_apart_px` is how far our
steadied points are from the unsteadied, the median.

`fps_every_N` and `found_every_N`: the detector runs every N frames while something is tracked.
`hidden_...`: for half a second a gray patch covers the shoe in the picture; how far its corners are
then from where they were shown without the patch, over the length of the diagonal of what is shown
of the box, in the median over the frames under the patch (`hidden_off`) and at its end
(`hidden_off_last`), `hidden_off_held` were the box to stay where it was last seen; `hidden_kept` of
how many the shoe has the same number afterwards. `turn_deg_...`: by how much the box turns from
frame to frame, median, of the unsteadied points, by `geometry.fitted` and by the equations alone,
and `off_px_...` how far its corners are from the points it was made of.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from firsthand.geometry import Box, Camera, fitted, lifted
from firsthand.measure import (
    Elapsed,
    Figure,
    Findings,
    Interval,
    Options,
    Peer,
    PeerEnvironment,
    Warmup,
    available_cpus,
    bootstrap_median,
    bootstrap_statistic,
    compare,
    data_root,
    pinned,
    plot_lines,
    run_benchmark,
)
from firsthand.media import Frame, read_video
from firsthand.objects import Objects, ObjectsResult
from firsthand.objects.categories import CATEGORIES, DETECTOR
from firsthand.runtime import ModelStore

ROOT = Path(__file__).resolve().parents[1]
CLIP = Path("objects", "centerpose", "CenterPoseTrack", "shoe_batch-25_10.mp4")
FPS = 30
INTERVALS = (1, 5, 10)
HALF_A_SECOND = FPS // 2
GRAY = 128
PATCHED_FROM = (25, 35, 45, 55, 65, 75, 85, 95)
SAME_PX = 60.0


@dataclass(frozen=True)
class Shown:
    """Where shoes are shown: in frame `frame[i]` the points `points[i]`, (9, 2) in pixels."""

    frame: np.ndarray
    points: np.ndarray

    def of(self, number: int) -> np.ndarray:
        return self.points[self.frame == number]


def objects(threshold: float = 0.5, every: int | None = None, *, raw: bool = False) -> Objects:
    made = Objects.load("shoe", detector_threshold=threshold)
    options = made.options
    if every is not None:
        options = replace(options, redetect_interval_us=round((every - 0.5) * 1e6 / FPS))
    if raw:
        options = replace(options, steadiness=None)
    return Objects(made.models, options)


def shown(results: Sequence[ObjectsResult]) -> Shown:
    rows = [(number, each) for number, one in enumerate(results) for each in one.objects]
    points = np.array([each.points for _, each in rows]).reshape(-1, 9, 2)
    return Shown(np.array([number for number, _ in rows], np.int64), points)


def open_theirs(peer: Peer, store: ModelStore, threshold: float) -> None:
    peer.call(
        "objectron_open",
        model_name="Shoe",
        detector=str(store.get(DETECTOR).path),
        corners=str(store.get(CATEGORIES["shoe"].model).path),
        min_detection_confidence=threshold,
    )


def theirs(peer: Peer, store: ModelStore, images: np.ndarray, threshold: float) -> Shown:
    open_theirs(peer, store, threshold)
    reply = peer.call("objectron_process_many", arrays={"frames": images}, timeout_s=600)
    size = np.array([images.shape[2], images.shape[1]], np.float64)
    return Shown(np.repeat(np.arange(len(images)), reply["counts"]), reply["points"] * size)


def tracks(one: Shown, other: Shown, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, 9, 2) on both sides of one shoe, NaN where either lacks it."""
    mine, its = (np.full((count, 9, 2), np.nan) for _ in range(2))
    last: np.ndarray | None = None
    for number in range(count):
        here = one.of(number)
        if len(here) == 0:
            continue
        if last is not None:
            here = here[np.argsort(np.linalg.norm(here[:, 0] - last[0], axis=1))]
        last = here[0]
        there = other.of(number)
        if len(there) == 0:
            continue
        apart = np.linalg.norm(there[:, 0] - last[0], axis=1)
        if apart.min() < SAME_PX:
            mine[number], its[number] = last, there[apart.argmin()]
    return mine, its


def unsteadiness(points: np.ndarray) -> np.ndarray:
    """Root mean square of the second differences of (n, 9, 2), for each frame between two."""
    changes = np.diff(points, n=2, axis=0)
    return np.sqrt((changes**2).sum(axis=2).mean(axis=1))


def jitter(mine: Shown, raw: Shown, its: Shown, count: int, seed: int) -> dict[str, Figure]:
    ours, other = tracks(mine, its, count)
    unsteadied, _ = tracks(raw, its, count)
    rows = np.stack([unsteadiness(each) for each in (ours, other, unsteadied)], axis=1)
    rows = rows[np.isfinite(rows).all(axis=1)]
    n = len(rows)
    rng = np.random.default_rng(seed)
    ratio = bootstrap_statistic(
        rows[:, :2], lambda s: np.median(s[..., 1], -1) / np.median(s[..., 0], -1), rng=rng
    )
    rms = bootstrap_statistic(
        rows[:, :2],
        lambda s: np.sqrt((s[..., 1] ** 2).mean(-1) / (s[..., 0] ** 2).mean(-1)),
        rng=rng,
    )
    apart = np.linalg.norm(ours - unsteadied, axis=2).mean(axis=1)
    apart = apart[np.isfinite(apart)]
    figures = {
        "jitter_ratio_mediapipe": Figure.of(ratio, n=n, note="medians over frames"),
        "jitter_ratio_mediapipe_rms": Figure.of(rms, n=n),
        "raw_apart_px": Figure.of(bootstrap_median(apart, rng=rng), "px", n=len(apart)),
    }
    for column, name in enumerate(("jitter_px", "jitter_px_mediapipe", "jitter_px_raw")):
        figures[name] = Figure.of(bootstrap_median(rows[:, column], rng=rng), "px", n=n)
    return figures


def patched(frames: Sequence[Frame], points: np.ndarray, start: int) -> list[Frame]:
    """The clip up to a bit after the patch, which covers all that is shown of a box meanwhile."""
    stop = start + HALF_A_SECOND
    covered = points[start - 1 : stop].reshape(-1, 2)
    left, top = np.floor(covered.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(covered.max(axis=0)).astype(int)
    clip = []
    for number, frame in enumerate(frames[: stop + HALF_A_SECOND]):
        image = frame.image
        if start <= number < stop:
            image = image.copy()
            image[top:bottom, left:right] = GRAY
        clip.append(Frame(image, frame.timestamp_us))
    return clip


def hidden(
    tracker: Objects, frames: list[Frame], results: Sequence[ObjectsResult], seed: int
) -> dict[str, Figure]:
    points = np.full((len(frames), 9, 2), np.nan)
    for number, result in enumerate(results):
        points[number] = next((e.points for e in result.objects if e.track_id == 0), np.nan)
    off, last, held, kept = [], [], [], []
    for start in PATCHED_FROM:
        under = range(start, start + HALF_A_SECOND)
        found = list(tracker.track(patched(frames, points, start)))
        size = float(np.linalg.norm(np.ptp(points[start - 1], axis=0)))
        away = []
        for number in under:
            there = [e.points for e in found[number].objects if e.track_id == 0]
            if there:
                away.append(np.linalg.norm(there[0] - points[number], axis=1).mean() / size)
        off += away
        if len(away) == HALF_A_SECOND:
            last.append(away[-1])
        held += [np.linalg.norm(points[start - 1] - points[n], axis=1).mean() / size for n in under]
        kept.append(any(e.track_id == 0 and e.is_seen for e in found[-1].objects))
    rng = np.random.default_rng(seed)
    return {
        "hidden_off": Figure.of(bootstrap_median(off, rng=rng), n=len(off)),
        "hidden_off_last": Figure.of(bootstrap_median(last, rng=rng), n=len(last)),
        "hidden_off_held": Figure.of(bootstrap_median(held, rng=rng), n=len(held)),
        "hidden_shown": Figure(len(off) / (len(kept) * HALF_A_SECOND), n=len(kept)),
        "hidden_kept": Figure(sum(kept) / len(kept), n=len(kept)),
    }


def boxes(raw: Shown, width: int, height: int, seed: int) -> dict[str, Figure]:
    camera = Camera.looking(width, height)
    ways: dict[str, Callable[[np.ndarray], Box]] = {
        "fitted": lambda points: fitted(points, camera),
        "lifted": lambda points: lifted(points, camera).squared(),
    }
    figures = {}
    rng = np.random.default_rng(seed)
    for name, way in ways.items():
        made = [way(points) for points in raw.points]
        turns = [
            np.degrees(np.arccos(np.clip((np.trace(a.rotation.T @ b.rotation) - 1) / 2, -1, 1)))
            for a, b in pairwise(made)
        ]
        off = [
            np.linalg.norm(camera.project(each.corners) - points[1:], axis=1).mean()
            for each, points in zip(made, raw.points, strict=True)
        ]
        figures[f"turn_deg_{name}"] = Figure.of(
            bootstrap_median(turns, rng=rng), "deg", n=len(turns)
        )
        figures[f"off_px_{name}"] = Figure.of(bootstrap_median(off, rng=rng), "px", n=len(off))
    return figures


def our_clip(tracker: Objects, frames: list[Frame]) -> Callable[[], Elapsed]:
    def run_once() -> Elapsed:
        start = time.perf_counter()
        for _ in tracker.track(frames):
            pass
        return Elapsed((time.perf_counter() - start) / len(frames))

    return run_once


def their_clip(peer: Peer, store: ModelStore, images: np.ndarray) -> Callable[[], Elapsed]:
    def run_once() -> Elapsed:
        open_theirs(peer, store, 0.5)
        reply = peer.call("objectron_process_many", arrays={"frames": images}, timeout_s=600)
        return Elapsed(float(np.mean(reply["elapsed_s"])))

    return run_once


def rate(median_us: Interval, n: int) -> Figure:
    found = Interval(1e6 / median_us.value, 1e6 / median_us.high, 1e6 / median_us.low)
    return Figure.of(found, "frames/s", n=n)


def measure(options: Options) -> Findings:
    frames = list(read_video(data_root(__file__) / CLIP))
    images = np.stack([frame.image for frame in frames])
    count, height, width, _ = images.shape
    store = ModelStore()
    cpu = available_cpus()[-1:]
    worker = ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py"
    timed = slice(0, 40) if options.quick else slice(0, count)
    rounds = 2 if options.quick else 6
    ours = {every: objects(every=every) for every in INTERVALS}
    default = objects()
    with pinned(cpu), Peer(PeerEnvironment("mediapipe", ROOT), worker, cpus=cpu) as peer:
        candidates = {"ours": our_clip(default, frames[timed])}
        if not options.quick:
            candidates |= {f"every {n}": our_clip(each, frames[timed]) for n, each in ours.items()}
        its = {"mediapipe": their_clip(peer, store, images[timed])}
        found = compare(
            {**candidates, **its},
            rounds=rounds,
            warmup=Warmup(window=1, max_blocks=2),
            seed=options.seed,
            around=dict.fromkeys(candidates, peer.paused),
        )
        peers = {t: theirs(peer, store, images, t) for t in (0.5, 0.3)}
        versions = peer.call("versions").values
    results = list(default.track(frames))
    mine, both = shown(results), shown(list(objects(0.3).track(frames)))
    raw = shown(list(objects(raw=True).track(frames)))
    figures = {
        "found_of_125": Figure(len(np.unique(mine.frame)), n=count),
        "found_of_125_seen": Figure(
            sum(any(each.is_seen for each in result.objects) for result in results), n=count
        ),
        "found_of_125_mediapipe": Figure(len(np.unique(peers[0.5].frame)), n=count),
        "found_of_125_two": Figure(int((np.bincount(both.frame) == 2).sum()), n=count),
        "found_of_125_two_mediapipe": Figure(
            int((np.bincount(peers[0.3].frame) == 2).sum()), n=count
        ),
        "fps_ratio_mediapipe": Figure.of(found.ratio("mediapipe", "ours"), n=rounds),
        "fps": rate(found.latency("ours").median_us, rounds),
        "fps_mediapipe": rate(found.latency("mediapipe").median_us, rounds),
        **jitter(mine, raw, peers[0.5], count, options.seed),
        **boxes(raw, width, height, options.seed),
        **hidden(default, frames, results, options.seed),
    }
    for every, each in ours.items():
        there = shown(list(each.track(frames))) if not options.quick else None
        if there is not None:
            figures[f"found_every_{every}"] = Figure(len(np.unique(there.frame)), n=count)
            figures[f"fps_every_{every}"] = rate(found.latency(f"every {every}").median_us, rounds)
    at = np.arange(1, count - 1) / FPS
    plot_lines(
        {
            name: (at[np.isfinite(line)], line[np.isfinite(line)])
            for name, points in zip(
                ("MediaPipe", "Firsthand"), tracks(mine, peers[0.5], count)[::-1], strict=True
            )
            for line in [unsteadiness(points)]
        },
        options.plot(),
        x_label="seconds",
        y_label="pixels",
        title="How much a shoe's points change their motion",
    )
    return Findings(figures, {"mediapipe": versions["mediapipe"]}, found.noise)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
