"""How still is a still hand shown, and how late a moving one?

Six photographs of hands, each before a virtual camera of 640 x 480 at 30 frames a second whose
motion is known exactly. `jitter_...` (still): the camera shakes by a fraction of a pixel and every
frame gets new sensor noise; what is left of the keypoints' motion after the camera's is taken
away, root mean square, in thousandths of the palm's size. `velocity_error_...`: the same for motion
from one frame to the next, in thousandths of the palm's size a frame. `lag_ms_...` (moving): the
delay at which the camera's path explains the keypoints best, about a tenth of the picture in each
direction within a second. `straying_...`: the jitter while moving. `lost_...`: the share of frames
without a hand. Medians over the photographs in which a hand was found; neither ours nor
MediaPipe's `solutions.hands` smooths keypoints, so this is what the models themselves do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from firsthand.hands import Hands
from firsthand.hands.steadiness import jitter_px, lag_s, velocity_error_px
from firsthand.measure import Figure, Findings, Options, bootstrap_median, plot_lines, run_benchmark
from firsthand.media import Frame, RgbImage, read_image
from hands_clips import FPS, ROOT
from hands_sides import MEDIAPIPE, Side, own, own_note

PHOTOGRAPHS = ROOT / "examples" / "media" / "hands"
WIDTH_PX, HEIGHT_PX, SHOWN_PX = 640, 480, 430
SHAKE_PX, NOISE_LEVELS = 0.4, 5.0
SEARCH_AGAIN_US = 10**9  # the one hand is tracked; a search would cost time and change nothing
Path = Callable[[np.ndarray], np.ndarray]


def moving_path(rng: np.random.Generator) -> Path:
    """A smooth way, some hundred pixels a second, through the middle at the start."""
    phases, periods_s = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0.8, 1.4, 2)
    reach_px = np.array([64.0, 40.0])

    def at(times_s: np.ndarray) -> np.ndarray:
        turns = 2 * np.pi * times_s[:, None] / periods_s
        return reach_px * (np.sin(turns + phases) - np.sin(phases)) / 2

    return at


def clip(photograph: RgbImage, moved: np.ndarray, rng: np.random.Generator) -> Iterator[Frame]:
    """The photograph in the middle, moved by (n, 2) pixels, with noise of its own in each frame."""
    height, width, _ = photograph.shape
    scale = SHOWN_PX / height
    for number, (x, y) in enumerate(moved):
        matrix = np.array(
            [
                [scale, 0, WIDTH_PX / 2 + x - scale * width / 2],
                [0, scale, HEIGHT_PX / 2 + y - scale * height / 2],
            ]
        )
        seen = cv2.warpAffine(
            photograph,
            matrix,
            (WIDTH_PX, HEIGHT_PX),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        noisy = seen + NOISE_LEVELS * rng.standard_normal(seen.shape, np.float32)
        yield Frame(np.rint(noisy).clip(0, 255).astype(np.uint8), round(number * 1e6 / FPS))


def follow(hands: Hands, frames: list[Frame]) -> np.ndarray:
    """Keypoints (n, 21, 2) in pixels of the hand there is, NaN where there is none."""
    points = np.full((len(frames), 21, 2), np.nan)
    for number, result in enumerate(hands.track(frames)):
        if result.hands:
            points[number] = result.hands[0].keypoints[:, :2]
    return points


@dataclass(frozen=True)
class Clips:
    """One photograph shaken, (n, 2) pixels from frame to frame, and moved along a path."""

    shake: np.ndarray
    still: list[Frame]
    path: Path
    moving: list[Frame]


def clips_of(photograph: RgbImage, count: int, seed: int) -> Clips:
    rng = np.random.default_rng(seed)
    shake, path = rng.normal(0, SHAKE_PX, (count, 2)), moving_path(rng)
    times_s = np.arange(count) / FPS
    still = list(clip(photograph, shake, rng))
    return Clips(shake, still, path, list(clip(photograph, path(times_s), rng)))


def steadiness(hands: Hands, clips: Clips) -> tuple[dict[str, float] | None, np.ndarray]:
    """Every measure, None where the hand is not followed half of the time; the still keypoints."""
    times_s = np.arange(len(clips.still)) / FPS
    still, moving = follow(hands, clips.still), follow(hands, clips.moving)
    lost = [float(np.isnan(points[:, 0, 0]).mean()) for points in (still, moving)]
    if max(lost) > 0.5:
        return None, still
    palm_px = np.nanmedian(np.linalg.norm(still[:, 9] - still[:, 0], axis=1)) / 1000
    found = {
        "jitter": jitter_px(still, clips.shake) / palm_px,
        "velocity_error": velocity_error_px(still, clips.shake) / palm_px,
        "straying": jitter_px(moving, clips.path(times_s)) / palm_px,
        "lag_ms": lag_s(times_s, moving, clips.path) * 1000,
        "lost": float(np.mean(lost)),
    }
    return found, still


def figures_of(side: Side, found: list[dict[str, float]], of: int, seed: int) -> dict[str, Figure]:
    figures = {
        side.figure("followed", ""): Figure(len(found) / of, n=of, note="of the photographs")
    }
    for name in found[0] if len(found) > 1 else ():
        values = np.array([each[name] for each in found])
        unit = "ms" if name == "lag_ms" else "" if name == "lost" else "palm/1000"
        median = bootstrap_median(values, rng=np.random.default_rng(seed))
        figures[side.figure(name, "")] = Figure.of(median, unit, n=len(values))
    return figures


def load(side: Side) -> Hands:
    return side.load(max_hands=1, redetect_interval_us=SEARCH_AGAIN_US)


def measure(options: Options) -> Findings:
    count = 24 if options.quick else 150
    sides = {side: load(side) for side in (*own(), *MEDIAPIPE)}
    photographs = sorted(PHOTOGRAPHS.glob("*.jpg"))
    found: dict[Side, list[dict[str, float]]] = {side: [] for side in sides}
    shown: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for number, path in enumerate(photographs):
        clips = clips_of(read_image(path), count, options.seed + number)
        for side, hands in sides.items():
            measured, still = steadiness(hands, clips)
            if measured is not None:
                found[side].append(measured)
            if number == 0:
                off = still[:, 9, 0] - clips.shake[:, 0]
                shown[side.title] = (np.arange(count) / FPS, off - np.nanmedian(off))
    figures: dict[str, Figure] = {}
    for side, known in found.items():
        figures |= figures_of(side, known, len(photographs), options.seed)
    plot_lines(
        {title: line for title, line in shown.items() if np.isfinite(line[1]).all()},
        options.plot(),
        x_label="seconds",
        y_label="pixels off",
        title="A still hand's middle knuckle, across",
    )
    return Findings(figures, noise=own_note())


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
