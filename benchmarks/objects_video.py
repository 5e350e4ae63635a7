"""How many objects are found in a video, how fast and how steadily, beside MediaPipe's Objectron?

A real clip of 125 frames, 600 x 800, 30 a second, of two shoes on a table from a hand-held phone;
both sides run the same published weights on one processor and one thread. There is no truth for
this clip. `found_of_125` are the frames in which we show a shoe, both as they come (0.5 for the
detector); `..._seen` those in which the second stage saw it; `..._two` those with both shoes, where
the detector begins at 0.3. `fps_ratio_mediapipe` is our frames per second over theirs for the whole
clip, taking turns, in the median of the rounds; `cpu_ratio_mediapipe` the processor time of theirs
over ours, which other work on the machine changes less. `looks_per_object` is how often the second
stage ran for each object that it saw.

`jitter_px` is the root mean square, over the nine points of a shoe, of how much their motion
changes from one frame to the next (second differences), so motion as such is not counted, in the
median over the frames in which both show the same shoe three times running;
`jitter_ratio_mediapipe` theirs over ours, `..._rms` the same of root mean squares, in which their
rare jumps weigh most, `jitter_px_raw` ours without steadying. `raw_apart_px` is how far our
steadied points are from the unsteadied, the median.

`cpu_ms_every_N`, `found_every_N` and `jitter_px_every_N`: the detector runs every N frames while
something is tracked, taking turns; `cpu_ratio_every_N` the processor time of running it on every
frame over that, `apart_px_every_N` how far a shoe's points are from where they then are.
`hidden_...`: for half a second a gray patch covers the shoe in the picture; how far its points are
then from where they were shown without the patch, over the length of the diagonal of what is shown
of the box, in the median over the frames under the patch (`hidden_off`) and at its end
(`hidden_off_last`), `hidden_off_held` were the box to stay where it was last seen; `hidden_shown`
the share of these frames in which it is shown at all, `hidden_kept` of how many the shoe is seen
and has the same number half a second afterwards. `turn_deg_...`: by how much the box turns from
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
    Figure,
    Findings,
    Options,
    Peer,
    PeerEnvironment,
    available_cpus,
    bootstrap_median,
    bootstrap_statistic,
    data_root,
    pinned,
    plot_lines,
    run_benchmark,
)
from firsthand.media import Frame, read_video
from firsthand.objects import Objects, ObjectsResult, TrackerState, step
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


def patched(image: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """A picture with a gray patch over all points (n, 2)."""
    left, top = np.floor(covered.min(axis=0)).astype(int).clip(0)
    right, bottom = np.ceil(covered.max(axis=0)).astype(int)
    image = image.copy()
    image[top:bottom, left:right] = GRAY
    return image


def hidden(tracker: Objects, frames: list[Frame], seed: int) -> dict[str, Figure]:
    """From the state before each patch on, as if the patch had been in the clip."""
    states, points = [TrackerState()], np.full((len(frames), 9, 2), np.nan)
    for number, frame in enumerate(frames):
        state, result = advance(tracker, states[-1], frame.image, frame)
        states.append(state)
        points[number] = next((e.points for e in result.objects if e.track_id == 0), np.nan)
    off, last, held, kept = [], [], [], []
    for start in PATCHED_FROM:
        stop = start + HALF_A_SECOND
        covered = points[start - 1 : stop].reshape(-1, 2)
        size = float(np.linalg.norm(np.ptp(points[start - 1], axis=0)))
        state, away = states[start], []
        for number in range(start, stop):
            image = patched(frames[number].image, covered)
            state, result = advance(tracker, state, image, frames[number])
            there = [e.points for e in result.objects if e.track_id == 0]
            if there:
                away.append(np.linalg.norm(there[0] - points[number], axis=1).mean() / size)
            stood = np.linalg.norm(points[start - 1] - points[number], axis=1)
            held.append(stood.mean() / size)
        off += away
        last += away[-1:] if len(away) == HALF_A_SECOND else []
        for frame in frames[stop : stop + HALF_A_SECOND]:
            state, result = advance(tracker, state, frame.image, frame)
        kept.append(any(e.track_id == 0 and e.is_seen for e in result.objects))
    rng = np.random.default_rng(seed)
    return {
        "hidden_off": Figure.of(bootstrap_median(off, rng=rng), n=len(off)),
        "hidden_off_last": Figure.of(bootstrap_median(last, rng=rng), n=len(last)),
        "hidden_off_held": Figure.of(bootstrap_median(held, rng=rng), n=len(held)),
        "hidden_shown": Figure(len(off) / len(held), n=len(held)),
        "hidden_kept": Figure(sum(kept) / len(kept), n=len(kept)),
    }


def advance(
    tracker: Objects, state: TrackerState, image: np.ndarray, frame: Frame
) -> tuple[TrackerState, ObjectsResult]:
    return step(state, image, frame.timestamp_us, tracker.models, tracker.options)


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


@dataclass
class Runs:
    """One side's runs through the clip: seconds and processor seconds a frame, and what it found.

    All runs find the same.
    """

    seconds: list[float]
    cpu_s: list[float]
    found: Shown


def our_run(tracker: Objects, frames: list[Frame]) -> tuple[float, float, list[ObjectsResult]]:
    began, began_cpu = time.perf_counter(), time.process_time()
    results = list(tracker.track(frames))
    cpu_s, seconds = time.process_time() - began_cpu, time.perf_counter() - began
    return seconds / len(frames), cpu_s / len(frames), results


def theirs(
    peer: Peer, store: ModelStore, images: np.ndarray, threshold: float = 0.5
) -> tuple[float, float, Shown]:
    peer.call(
        "objectron_open",
        model_name="Shoe",
        detector=str(store.get(DETECTOR).path),
        corners=str(store.get(CATEGORIES["shoe"].model).path),
        min_detection_confidence=threshold,
    )
    reply = peer.call("objectron_process_many", arrays={"frames": images}, timeout_s=1800)
    size = np.array([images.shape[2], images.shape[1]], np.float64)
    found = Shown(np.repeat(np.arange(len(images)), reply["counts"]), reply["points"] * size)
    return float(np.mean(reply["elapsed_s"])), float(reply["cpu_s"]) / len(images), found


def rate(seconds: list[float], seed: int) -> Figure:
    found = bootstrap_median(1 / np.array(seconds), rng=np.random.default_rng(seed))
    return Figure.of(found, "frames/s", n=len(seconds))


def speed(ours: Runs, peers: Runs, seed: int) -> dict[str, Figure]:
    def ratio(above: list[float], below: list[float]) -> Figure:
        rng = np.random.default_rng(seed)
        return Figure.of(bootstrap_median(np.divide(above, below), rng=rng), n=n)

    n = len(ours.seconds)
    return {
        "fps_ratio_mediapipe": ratio(peers.seconds, ours.seconds),
        "cpu_ratio_mediapipe": ratio(peers.cpu_s, ours.cpu_s),
        "fps": rate(ours.seconds, seed),
        "fps_mediapipe": rate(peers.seconds, seed),
        "cpu_ms": Figure(float(np.median(ours.cpu_s)) * 1e3, unit="ms", n=n),
        "cpu_ms_mediapipe": Figure(float(np.median(peers.cpu_s)) * 1e3, unit="ms", n=n),
    }


def counted(results: list[ObjectsResult], peers: Shown) -> dict[str, Figure]:
    count = len(results)
    seen = sum(any(each.is_seen for each in result.objects) for result in results)
    return {
        "found_of_125": Figure(sum(bool(result.objects) for result in results), n=count),
        "found_of_125_seen": Figure(seen, n=count),
        "found_of_125_mediapipe": Figure(len(np.unique(peers.frame)), n=count),
        "detector_runs": Figure(sum(result.detector_ran for result in results), n=count),
    }


def by_interval(frames: list[Frame], rounds: int, seed: int) -> dict[str, Figure]:
    """The detector every so many frames, taking turns."""
    trackers = {every: objects(every=every) for every in INTERVALS}
    taken: dict[int, list[float]] = {every: [] for every in INTERVALS}
    there: dict[int, Shown] = {}
    for _ in range(rounds):
        for every, tracker in trackers.items():
            _, cpu_s, results = our_run(tracker, frames)
            taken[every].append(cpu_s)
            there[every] = shown(results)
    figures = {}
    rng = np.random.default_rng(seed)
    for every in INTERVALS:
        mine, always = tracks(there[every], there[1], len(frames))
        apart = np.linalg.norm(mine - always, axis=2).mean(axis=1)
        apart = apart[np.isfinite(apart)]
        moved = unsteadiness(mine)
        moved = moved[np.isfinite(moved)]
        ratio = bootstrap_median(np.divide(taken[1], taken[every]), rng=rng)
        found = len(np.unique(there[every].frame))
        figures |= {
            f"found_every_{every}": Figure(found, n=len(frames)),
            f"cpu_ms_every_{every}": Figure(np.median(taken[every]) * 1e3, unit="ms", n=rounds),
            f"jitter_px_every_{every}": Figure.of(
                bootstrap_median(moved, rng=rng), "px", n=len(moved)
            ),
        }
        if every > 1:
            figures[f"cpu_ratio_every_{every}"] = Figure.of(ratio, n=rounds)
            figures[f"apart_px_every_{every}"] = Figure.of(
                bootstrap_median(apart, rng=rng), "px", n=len(apart)
            )
    return figures


def looks_per_object(tracker: Objects, frames: list[Frame]) -> Figure:
    """How often the second stage runs in a clip, over the objects that it sees there."""
    looks = 0
    run = tracker.models.corners.invoke

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(tracker.models.corners, name)

        def invoke(self) -> None:
            nonlocal looks
            looks += 1
            run()

    models = replace(tracker.models, corners=Counting())
    results = list(Objects(models, tracker.options).track(frames))
    seen = sum(each.is_seen for result in results for each in result.objects)
    return Figure(looks / seen, n=seen)


def measure(options: Options) -> Findings:
    frames = list(read_video(data_root(__file__) / CLIP))
    images = np.stack([frame.image for frame in frames])
    count, height, width, _ = images.shape
    store = ModelStore()
    cpu = available_cpus()[-1:]
    worker = ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py"
    default = objects()
    with pinned(cpu), Peer(PeerEnvironment("mediapipe", ROOT), worker, cpus=cpu) as peer:
        theirs(peer, store, images[:5])
        our_run(default, frames[:5])
        ours, peers = (Runs([], [], Shown(np.zeros(0), np.zeros(0))) for _ in range(2))
        for _ in range(2 if options.quick else 5):
            with peer.paused():
                *took, results = our_run(default, frames)
            for all_runs, each in zip((ours.seconds, ours.cpu_s), took, strict=True):
                all_runs.append(each)
            *took, peers.found = theirs(peer, store, images)
            for all_runs, each in zip((peers.seconds, peers.cpu_s), took, strict=True):
                all_runs.append(each)
        ours.found = shown(results)
        *_, their_two = theirs(peer, store, images, 0.3)
        versions = peer.call("versions").values
    raw = shown(our_run(objects(raw=True), frames)[2])
    two = shown(our_run(objects(0.3), frames)[2])
    figures = {
        **counted(results, peers.found),
        **speed(ours, peers, options.seed),
        "found_of_125_two": Figure(int((np.bincount(two.frame) == 2).sum()), n=count),
        "found_of_125_two_mediapipe": Figure(
            int((np.bincount(their_two.frame) == 2).sum()), n=count
        ),
        "looks_per_object": looks_per_object(default, frames[10:40]),
        **jitter(ours.found, raw, peers.found, count, options.seed),
        **boxes(raw, width, height, options.seed),
        **hidden(default, frames, options.seed),
    }
    figures |= by_interval(frames, 2 if options.quick else 5, options.seed)
    at = np.arange(1, count - 1) / FPS
    lines = {
        name: unsteadiness(points)
        for name, points in zip(
            ("Firsthand", "MediaPipe"), tracks(ours.found, peers.found, count), strict=True
        )
    }
    plot_lines(
        {name: (at[np.isfinite(y)], y[np.isfinite(y)]) for name, y in lines.items()},
        options.plot(),
        x_label="seconds",
        y_label="pixels",
        title="How much a shoe's points change their motion",
    )
    return Findings(figures, {"mediapipe": versions["mediapipe"]})


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
