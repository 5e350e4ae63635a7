"""Make the demonstration clip: real photographs of hands under a moving virtual camera.

`python examples/make_hands_clip.py hands.mp4` writes ten seconds, 640 x 480 at 30 frames a second
or `--fps`: a hand on a table, two hands of which one comes later, a hand that turns, leaves and
returns. The same seed gives the same frames. Where the photographs come from is told beside them,
in `examples/media/hands/ATTRIBUTION.md`.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from firsthand.media import Frame, RgbImage, VideoWriter, read_image

PHOTOGRAPHS = Path(__file__).parent / "media" / "hands"
WIDTH_PX, HEIGHT_PX, FPS = 640, 480, 30
SEAM_PX = 48  # over which two photographs side by side pass into each other


@dataclass(frozen=True)
class Shot:
    """A photograph under the virtual camera; points are fractions of its sides.

    `height_px` is how tall the photograph appears, `focus` the point that the camera looks at.
    While the hand is away, from `away_s[0]` to `away_s[1]` seconds, it is moved out of the
    picture by `exit_px`; it takes `MOVE_S` to go and to come back.
    """

    photograph: str
    height_px: float
    focus: tuple[float, float] = (0.5, 0.5)
    turn_deg: float = 8.0
    mirrored: bool = False
    away_s: tuple[float, float] | None = None
    exit_px: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Scene:
    """One photograph, or two side by side, for `seconds`."""

    seconds: float
    shots: tuple[Shot, ...]


MOVE_S = 0.9
SCENES = (
    Scene(2.6, (Shot("flat_from_right.jpg", 590, (0.47, 0.45), turn_deg=6),)),
    Scene(
        4.0,
        (
            Shot("sign_five.jpg", 430, (0.5, 0.6)),
            Shot(
                "sign_two.jpg",
                430,
                (0.5, 0.6),
                mirrored=True,
                away_s=(-1.0, 0.6),
                exit_px=(0.0, 520.0),
            ),
        ),
    ),
    Scene(
        3.4,
        (
            Shot(
                "open_hand_dark.jpg",
                900,
                (0.5, 0.42),
                turn_deg=24,
                away_s=(1.9, 2.1),
                exit_px=(680.0, 0.0),
            ),
        ),
    ),
)


def clip_frames(
    seed: int = 0, photographs: Path = PHOTOGRAPHS, *, fps: int = FPS
) -> Iterator[Frame]:
    """Yield the frames of the clip; equal seeds give equal frames."""
    rng = np.random.default_rng(seed)
    number = 0
    for scene in SCENES:
        views = [View(shot, photographs, rng, len(scene.shots)) for shot in scene.shots]
        for step in range(round(scene.seconds * fps)):
            panels = [view.at(step / fps) for view in views]
            image = panels[0] if len(panels) == 1 else side_by_side(panels[0], panels[1])
            yield Frame(image, round(number * 1_000_000 / fps))
            number += 1


class View:
    """One shot, with the random phases of its camera's drift."""

    def __init__(self, shot: Shot, folder: Path, rng: np.random.Generator, beside: int) -> None:
        photograph = read_image(folder / shot.photograph)
        self._shot = shot
        self._photograph = photograph[:, ::-1].copy() if shot.mirrored else photograph
        self._width_px = WIDTH_PX if beside == 1 else (WIDTH_PX + SEAM_PX) // 2
        self._phases = rng.uniform(0, 2 * math.pi, 5)
        self._periods_s = rng.uniform(2.2, 3.4, 5)

    def at(self, time_s: float) -> RgbImage:
        """Return what the camera sees after `time_s` seconds of the scene."""
        pan_x, pan_y, zoom, turn, light = np.sin(
            2 * math.pi * time_s / self._periods_s + self._phases
        )
        shot = self._shot
        height, width, _ = self._photograph.shape
        scale = shot.height_px / height * (1 + 0.07 * zoom)
        away = self._away(time_s)
        place_x = self._width_px / 2 + 18 * pan_x + away * shot.exit_px[0]
        place_y = HEIGHT_PX / 2 + 14 * pan_y + away * shot.exit_px[1]
        focus_x = (1 - shot.focus[0] if shot.mirrored else shot.focus[0]) * width
        matrix = cv2.getRotationMatrix2D(
            (focus_x, shot.focus[1] * height), shot.turn_deg * turn, scale
        )
        matrix[:, 2] += (place_x - focus_x, place_y - shot.focus[1] * height)
        seen = cv2.warpAffine(
            self._photograph,
            matrix,
            (self._width_px, HEIGHT_PX),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(cv2.convertScaleAbs(seen, alpha=1 + 0.08 * light), np.uint8)

    def _away(self, time_s: float) -> float:
        """Return how far the hand has gone: 0 in its place, 1 out of the picture."""
        if self._shot.away_s is None:
            return 0.0
        leaves_s, returns_s = self._shot.away_s
        gone = _smooth((time_s - leaves_s) / MOVE_S + 1)
        back = _smooth((time_s - returns_s) / MOVE_S)
        return gone * (1 - back)


def side_by_side(left: RgbImage, right: RgbImage) -> RgbImage:
    """Join two pictures that overlap by `SEAM_PX`, one passing softly into the other."""
    ramp = np.linspace(1, 0, SEAM_PX, dtype=np.float32)[:, None]
    seam = left[:, -SEAM_PX:] * ramp + right[:, :SEAM_PX] * (1 - ramp)
    joined = (left[:, :-SEAM_PX], np.rint(seam).astype(np.uint8), right[:, SEAM_PX:])
    return np.concatenate(joined, axis=1)


def _smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the demonstration clip of hands.")
    parser.add_argument("output", type=Path, help="the .mp4 to write")
    parser.add_argument("--seed", type=int, default=0, help="of the camera's drift (default 0)")
    parser.add_argument("--fps", type=int, default=FPS, help=f"frames a second (default {FPS})")
    given = parser.parse_args()
    with VideoWriter(given.output, fps=given.fps) as writer:
        for frame in clip_frames(given.seed, fps=given.fps):
            writer.write(frame)
    print(f"{given.output}: {given.output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
