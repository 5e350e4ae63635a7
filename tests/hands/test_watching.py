import numpy as np
import pytest
from seen_hands import hand, result

from firsthand.core.clock import ManualClock
from firsthand.hands.watching import watch_frames, watch_photographs
from firsthand.media import Frame, write_image
from firsthand.media.watching import Effort

DECODE_US, FIND_US, DRAW_US = 1_000, 30_000, 500


class Finder:
    """Finds a rock in everything, in 30 ms."""

    def __init__(self, clock):
        self.clock = clock

    def detect(self, image):
        self.clock.advance(FIND_US)
        height, width, _ = image.shape
        return result(0, [hand(pattern="bsbbs")], size=(width, height))

    def track(self, frames):
        for frame in frames:
            self.clock.advance(FIND_US)
            yield result(frame.timestamp_us, [hand(pattern="bsbbs")])


def drawer(clock):
    def draw(image, seen, names):
        clock.advance(DRAW_US)
        return image + np.uint8(len(names))

    return draw


def test_the_effort_is_that_of_finding_alone():
    clock, effort = ManualClock(), Effort()

    def frames():
        for index in range(10):
            clock.advance(DECODE_US)
            yield Frame(np.full((4, 6, 3), index, np.uint8), index * 40_000)

    rates = []
    for seen in watch_frames(Finder(clock), frames(), drawer(clock), clock, effort):
        clock.advance(7)  # whatever the caller does
        rates.append(effort.frames_per_second)
        assert seen.frame.timestamp_us == seen.result.timestamp_us
        assert (seen.drawn == seen.frame.image + 1).all()
        assert seen.source == ""
    assert (effort.frames, effort.microseconds) == (10, 10 * FIND_US)
    assert rates == pytest.approx([1e6 / FIND_US] * 10)
    assert (seen.gestures, seen.motions) == (("rock",), ("still",))
    assert Effort().frames_per_second == 0


def test_a_stroke_is_told_and_drawn_beside_the_gesture():
    class Circling(Finder):
        def track(self, frames):
            for number, frame in enumerate(frames):
                moved = hand(pattern="bsbbb")
                angle = 2 * np.pi * number / 24
                moved.keypoints[8, :2] += 30 * np.array([np.cos(angle), np.sin(angle)])
                yield result(frame.timestamp_us, [moved])

    clock, labels = ManualClock(), []

    def draw(image, _, names):
        labels.append(names)
        return image

    frames = (Frame(np.zeros((4, 6, 3), np.uint8), number * 33_333) for number in range(60))
    seen = list(watch_frames(Circling(clock), frames, draw, clock, Effort()))
    assert seen[-1].motions == ("clockwise",)
    assert "clockwise" in labels[-1][0]


def test_frames_are_taken_one_at_a_time():
    clock, taken = ManualClock(), []

    def frames():
        for index in range(100):
            taken.append(index)
            yield Frame(np.zeros((4, 6, 3), np.uint8), index)

    watching = watch_frames(Finder(clock), frames(), drawer(clock), clock, Effort())
    next(watching)
    next(watching)
    assert taken == [0, 1]


def test_photographs_are_seen_each_by_itself(tmp_path):
    paths = [tmp_path / "b.png", tmp_path / "a.png"]
    for path, width in zip(paths, (6, 8), strict=True):
        write_image(path, np.zeros((4, width, 3), np.uint8))
    clock, effort = ManualClock(), Effort()
    seen = list(watch_photographs(Finder(clock).detect, paths, drawer(clock), clock, effort))
    assert [s.source for s in seen] == ["b.png", "a.png"]
    assert [s.result.timestamp_us for s in seen] == [0, 1_000_000]
    assert [s.result.width for s in seen] == [6, 8]
    assert [s.gestures for s in seen] == [("rock",), ("rock",)]
    assert effort.frames == 2
    assert effort.seconds == 2 * FIND_US / 1e6
