"""Hands that are followed in frames which are not as they should be."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from faults import Outcome, fault, refusal
from firsthand.errors import InputError
from firsthand.hands import Hands
from firsthand.media import Frame
from hands_clips import one_hand

FRAME_US = 33_333
BUNDLED = "small"


def frames(count: int = 30) -> list[Frame]:
    return one_hand(0)[:count]


def hands_in(given: list[Frame]) -> list[int]:
    return [len(result.hands) for result in Hands.load(BUNDLED).track(given)]


@fault("tracking", "Frames of another size in mid-stream, and back")
def sizes(folder: Path) -> Outcome:
    _ = folder
    usual = frames()
    half = [Frame(np.ascontiguousarray(f.image[::2, ::2]), f.timestamp_us) for f in usual]
    given = [*usual[:10], *half[10:20], *usual[20:]]
    found = hands_in(given)
    ok = len(found) == 30 and min(found[-5:]) == 1
    return Outcome(ok, f"{len(found)} of 30 frames answered, {sum(map(bool, found))} with the hand")


@fault("tracking", "A frame of a single pixel, one of noise, one all black")
def odd_frames(folder: Path) -> Outcome:
    _ = folder
    usual = frames()
    rng = np.random.default_rng(0)
    odd = [
        np.zeros((1, 1, 3), np.uint8),
        rng.integers(0, 255, (480, 640, 3), np.uint8),
        np.zeros((480, 640, 3), np.uint8),
    ]
    given = [*usual[:10], *(Frame(image, 0) for image in odd), *usual[10:]]
    found = hands_in([Frame(f.image, n * FRAME_US) for n, f in enumerate(given)])
    ok = len(found) == 33 and min(found[-5:]) == 1
    return Outcome(ok, f"{len(found)} of 33 answered; the hand is found again in what follows")


@fault("tracking", "A clock that jumps an hour ahead, and one that goes back")
def clock(folder: Path) -> Outcome:
    _ = folder
    usual = frames()
    hour_us = 3600 * 10**6
    ahead = [Frame(f.image, f.timestamp_us + hour_us * (n >= 15)) for n, f in enumerate(usual)]
    found = hands_in(ahead)
    back = [Frame(f.image, f.timestamp_us - hour_us * (n >= 15)) for n, f in enumerate(usual)]
    said = refusal(lambda: hands_in(back))
    ok = len(found) == 30 and min(found[-5:]) == 1 and bool(said)
    return Outcome(ok, f"ahead: followed on; back: {said}", "frames from before the clock")


@fault("tracking", "Floats, NaN, two channels, nothing, four dimensions for a frame")
def no_frames(folder: Path) -> Outcome:
    _ = folder
    image = frames(1)[0].image
    wrong = [
        image.astype(np.float32),
        np.full(image.shape, np.nan),
        image[..., :2],
        image[:0],
        np.zeros((3, 3, 3, 3), np.uint8),
    ]
    hands = Hands.load(BUNDLED)
    told = [refusal(lambda each=each: list(hands.track([each])), InputError) for each in wrong]
    return Outcome(all(told), f"{sum(map(bool, told))} of {len(wrong)} refused; such as {told[0]}")


@fault("tracking", "A network whose answers are NaN")
def numberless(folder: Path) -> Outcome:
    _ = folder
    hands = Hands.load(BUNDLED)

    class Numberless:
        """A runner whose outputs are NaN, whatever it looks at."""

        def __init__(self, inner) -> None:
            self._inner = inner

        def __getattr__(self, name: str):
            return getattr(self._inner, name)

        def output_view(self, index: int) -> np.ndarray:
            return np.full(self._inner.output_view(index).shape, np.nan, np.float32)

    landmark = hands.models.landmark
    landmark = replace(landmark, runner=Numberless(landmark.runner))
    models = replace(hands.models, landmark=landmark)
    found = [len(r.hands) for r in Hands(models, hands.options).track(frames())]
    return Outcome(found == [0] * 30, f"{len(found)} of 30 frames answered, none with a hand")
