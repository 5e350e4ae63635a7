"""How fast is hand tracking beside MediaPipe 0.10.21's with the same weights, and is it the same?

Same frames, one run, one thread, both sides on one processor, taking turns. `ratio_MODEL_1` allows
one hand and shows one; `ratio_MODEL_2_one_visible` allows two and shows one, where MediaPipe runs
its detector on every frame and ours, as by default, once in 150 ms. Ratios are MediaPipe's time
over ours. `max_px_difference` is the largest distance of any keypoint from MediaPipe's on any
frame of three clips of 640 x 480 with one and two hands, lite and full, the detector on every
frame on both sides; `frames_other_count` are frames on which the number of hands differs, which
are left out of it. `import_ms`, `start_ms` (from nothing to the first result, weights on disk) and
`peak_mb` are of a fresh process.

`fps_own_int8` and `ms_own...` are our own models in the same pipeline, one hand, one thread: small
in eight bits, or what the name says; `lite_over_own_pipeline` is MediaPipe lite's own time over the
former's in the same rounds, `full_over_own_pipeline` likewise. `ms_palm_...` and `ms_hand_...` are
the palm detector and the landmark model alone, taking turns, and `lite_over_own_palm` and so on the
ratios of their times.
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from firsthand.hands import Hands, HandsResult
from firsthand.measure import (
    Comparison,
    Elapsed,
    Figure,
    Findings,
    Interval,
    Options,
    Peer,
    PeerEnvironment,
    available_cpus,
    compare,
    measure_command,
    pinned,
    plot_ratios,
    run_benchmark,
)
from firsthand.media import Frame
from hands_clips import ROOT, demo_clip, one_hand
from hands_sides import MEDIAPIPE, Side, own, own_note

COMPLEXITY = {"lite": 0, "full": 1}
CLIP_SEEDS = (0, 1, 2)

START = """
import time; began = time.perf_counter()
import numpy as np
from firsthand.hands import Hands
Hands.load("lite").detect(np.zeros((480, 640, 3), np.uint8))
print(time.perf_counter() - began)
"""


def our_tracking(hands: Hands, frames: list[Frame]) -> Callable[[], Elapsed]:
    def run_once() -> Elapsed:
        start = time.perf_counter()
        for _ in hands.track(frames):
            pass
        return Elapsed((time.perf_counter() - start) / len(frames))

    return run_once


def their_tracking(
    peer: Peer, model: str, max_hands: int, images: np.ndarray
) -> Callable[[], Elapsed]:
    def run_once() -> Elapsed:
        peer.call("hands_open", model_complexity=COMPLEXITY[model], max_num_hands=max_hands)
        reply = peer.call("hands_process_many", arrays={"frames": images}, timeout_s=300)
        return Elapsed(float(np.mean(reply["elapsed_s"])))

    return run_once


def differences(peer: Peer, model: str, clip: list[Frame]) -> tuple[np.ndarray, int]:
    """Distances in pixels of all keypoints of all frames, and the frames of other counts."""
    hands = Hands.load(model, max_hands=2, redetect_interval_us=0)
    ours = list(hands.track(clip))
    peer.call("hands_open", model_complexity=COMPLEXITY[model], max_num_hands=2)
    images = np.stack([frame.image for frame in clip])
    reply = peer.call("hands_process_many", arrays={"frames": images}, timeout_s=300)
    size = np.array([images.shape[2], images.shape[1]], np.float32)
    theirs = np.split(reply["landmarks"][..., :2] * size, np.cumsum(reply["counts"])[:-1])
    found, other = [], 0
    for result, hands_there in zip(ours, theirs, strict=True):
        if len(result.hands) != len(hands_there):
            other += 1
        else:
            found += matched(result, hands_there)
    return np.array(found), other


def matched(result: HandsResult, theirs: np.ndarray) -> list[np.ndarray]:
    """The distances of each hand's keypoints to those of the nearest of MediaPipe's hands."""
    distances = []
    for hand in result.hands:
        apart = np.linalg.norm(theirs - hand.keypoints[None, :, :2], axis=-1)
        distances.append(apart[apart.mean(axis=1).argmin()])
    return distances


def measure(options: Options) -> Findings:
    rounds, count = (4, 30) if options.quick else (20, 60)
    seeds = CLIP_SEEDS[:1] if options.quick else CLIP_SEEDS
    cpu = available_cpus()[-1:]
    worker = ROOT / "benchmarks" / "peers" / "mediapipe" / "worker.py"
    clip = one_hand(options.seed)[:count]
    images = np.stack([frame.image for frame in clip])
    ours, theirs = {}, {}
    with pinned(cpu), Peer(PeerEnvironment("mediapipe", ROOT), worker, cpus=cpu) as peer:
        for model in COMPLEXITY:
            for allowed, name in ((1, "1"), (2, "2_one_visible")):
                hands = Hands.load(model, max_hands=allowed)
                ours[f"ours {model} {name}"] = our_tracking(hands, clip)
                theirs[f"mediapipe {model} {name}"] = their_tracking(peer, model, allowed, images)
        sides = own()[:1] if options.quick else own()
        mine = {f"own {s.model} 1": our_tracking(load_one(s), clip) for s in sides}
        found = compare(
            {**ours, **theirs, **mine},
            rounds=rounds,
            seed=options.seed,
            around=dict.fromkeys([*ours, *mine], peer.paused),
        )
        with peer.paused():
            alone = compare(models_alone(sides), rounds=10 * rounds, inner=3, seed=options.seed)
        apart = {
            (model, seed): differences(peer, model, demo_clip(seed))
            for model in COMPLEXITY
            for seed in seeds
        }
        versions = peer.call("versions").values
        their_import_ms = peer.call("import_ms")["import_ms"]
        their_peak = peer.call("peak_memory").values
    figures: dict[str, Figure] = {}
    ratios = {}
    for model in COMPLEXITY:
        for name in ("1", "2_one_visible"):
            ratio = found.ratio(f"mediapipe {model} {name}", f"ours {model} {name}")
            ratios[f"{model}, {name.replace('_', ' ')}"] = ratio
            figures[f"ratio_{model}_{name}"] = Figure.of(ratio, n=rounds)
            for side in ("ours", "mediapipe"):
                figures[f"ms_{model}_{name}_{side}"] = Figure.of(
                    found.latency(f"{side} {model} {name}").median_us.scaled(1e-3), "ms"
                )
    everything = np.concatenate([d for d, _ in apart.values()])
    figures["max_px_difference"] = Figure(
        float(everything.max()), unit="px", note="any keypoint, any frame", n=len(everything)
    )
    figures["median_px_difference"] = Figure(float(np.median(everything)), unit="px")
    figures["frames_other_count"] = Figure(
        sum(other for _, other in apart.values()), n=300 * len(apart)
    )
    for (model, seed), (distances, _) in apart.items():
        figures[f"max_px_difference_{model}_clip_{seed}"] = Figure(
            float(distances.max()), unit="px", n=len(distances)
        )
    figures |= our_own(sides, found, alone, rounds)
    figures |= starting(their_import_ms, their_peak)
    plot_ratios(
        ratios,
        options.plot(),
        title="Frames per second over MediaPipe's, same weights",
        label="MediaPipe's time over ours (above 1: ours is faster)",
    )
    peers = {"mediapipe": versions["mediapipe"], "mediapipe's numpy": versions["numpy"]}
    return Findings(figures, peers, (*found.noise, *alone.noise, *own_note()))


def load_one(side: Side) -> Hands:
    return side.load(max_hands=1)


def models_alone(sides: tuple[Side, ...]) -> dict[str, Callable[[], None]]:
    """Every palm detector and landmark model, by kind and name, run on what its input holds."""
    runs: dict[str, Callable[[], None]] = {}
    for side in (*sides, *MEDIAPIPE):
        models = side.models()
        for kind, model in (("palm", models.palm), ("hand", models.landmark)):
            pixels = np.random.default_rng(0).random(model.input.values.shape, np.float32)
            model.input.values[...] = pixels
            runs[f"{kind} {side.model}"] = model.runner.invoke
    return runs


def our_own(
    sides: tuple[Side, ...], found: Comparison, alone: Comparison, rounds: int
) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for side in (*sides, *MEDIAPIPE):
        for kind in ("palm", "hand"):
            median = alone.latency(f"{kind} {side.model}").median_us.scaled(1e-3)
            called = side.figure(f"ms_{kind}", "")
            figures[called] = Figure.of(median, "ms", "the model alone", n=len(alone.times_us))
    for side in sides:
        median = found.latency(f"own {side.model} 1").median_us
        figures[side.figure("ms", "")] = Figure.of(median.scaled(1e-3), "ms", "one hand", n=rounds)
        for model in COMPLEXITY:
            ratio = found.ratio(f"mediapipe {model} 1", f"own {side.model} 1")
            figures[f"{model}_over_{side.prefix}_pipeline"] = Figure.of(ratio, n=rounds)
            for kind in ("palm", "hand"):
                ratio = alone.ratio(f"{kind} {model}", f"{kind} {side.model}")
                called = f"{model}_over_{side.prefix}_{kind}"
                figures[called] = Figure.of(ratio, n=len(alone.times_us))
        if side.model == "small":
            rate = Interval(1e6 / median.value, 1e6 / median.high, 1e6 / median.low)
            figures["fps_own_int8"] = Figure.of(rate, "frames/s", "one hand, one thread", n=rounds)
    return figures


def starting(their_import_ms: float, their_peak: dict[str, int]) -> dict[str, Figure]:
    """What a process pays before its first result."""
    bare = [sys.executable, "-c", "pass"]
    plain = [sys.executable, "-c", "import firsthand"]
    first = [sys.executable, "-c", START]
    pairs = [(measure_command(plain), measure_command(bare)) for _ in range(15)]
    import_ms = float(np.median([(a.elapsed_s - b.elapsed_s) * 1e3 for a, b in pairs]))
    starts = [measure_command(first) for _ in range(5)]
    return {
        "import_ms": Figure(import_ms, unit="ms", note="import firsthand, over a bare Python"),
        "import_ms_mediapipe": Figure(their_import_ms, unit="ms", note="import mediapipe"),
        "start_ms": Figure(
            float(np.median([s.elapsed_s for s in starts])) * 1e3,
            unit="ms",
            note="process start to the first result, lite",
        ),
        "peak_mb": Figure(
            max(s.peak_mb for s in starts), unit="MB", note="after the first result, lite"
        ),
        "peak_mb_mediapipe_import": Figure(
            their_peak["after_import_bytes"] / 1e6, unit="MB", note="after import alone"
        ),
        "peak_mb_mediapipe": Figure(
            their_peak["peak_bytes"] / 1e6, unit="MB", note="after all clips, in one process"
        ),
    }


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
