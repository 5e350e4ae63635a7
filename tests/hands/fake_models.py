"""Runners that give what a test wants, in place of the published weights."""

import numpy as np

from firsthand.hands.anchors import FIRSTHAND, MEDIAPIPE
from firsthand.hands.landmarks import landmark_model
from firsthand.hands.models import HandModels
from firsthand.hands.palms import palm_model
from firsthand.runtime import TensorSpec

PALM_PX, HAND_PX, ANCHORS = 192, 224, 2016
OUR_PALM_PX, OUR_HAND_PX = 256, 128


class FakeRunner:
    """Calls `fill(outputs, input)` instead of a model; `calls` counts."""

    def __init__(self, in_shape, out_shapes, fill=lambda outputs, image: None):
        f32 = np.dtype(np.float32)
        self.inputs = (TensorSpec("in", in_shape, f32),)
        self.outputs = tuple(TensorSpec(f"out{i}", s, f32) for i, s in enumerate(out_shapes))
        self._in = np.zeros(in_shape, np.float32)
        self._out = [np.zeros(shape, np.float32) for shape in out_shapes]
        self._fill = fill
        self.calls = 0

    def input_view(self, index):
        return (self._in,)[index]

    def output_view(self, index):
        return self._out[index]

    def invoke(self):
        self.calls += 1
        self._fill(self._out, self._in[0])


def palm_runner(fill=lambda outputs, image: None, size_px=PALM_PX):
    anchors = (FIRSTHAND if size_px == OUR_PALM_PX else MEDIAPIPE).count(size_px)
    shapes = [(1, anchors, 18), (1, anchors, 1)]
    return FakeRunner((1, size_px, size_px, 3), shapes, fill)


def landmark_runner(fill=lambda outputs, image: None, size_px=HAND_PX):
    return FakeRunner((1, size_px, size_px, 3), [(1, 63), (1, 1), (1, 1), (1, 63)], fill)


class FakeScene:
    """Palms where the test puts them, and hands wherever a region is, until they are taken away.

    `palms` are centres in the unit square, `visible` the answers of the landmark model in turn
    (True without end once they are used up). `ours`: with the inputs and anchors of our models.
    """

    def __init__(self, palms=(), visible=(), left=0.9, ours=False):
        self.palms, self.visible, self.left = list(palms), list(visible), left
        self.palm_px = OUR_PALM_PX if ours else PALM_PX
        self.hand_px = OUR_HAND_PX if ours else HAND_PX
        self.palm = palm_runner(self._palms, self.palm_px)
        self.landmark = landmark_runner(self._hand, self.hand_px)
        self.models = HandModels(palm_model(self.palm), landmark_model(self.landmark), ())

    def _palms(self, outputs, _image):
        offsets, logits = outputs
        logits[...] = -100
        anchors = palm_model(palm_runner(size_px=self.palm_px)).centers
        for rank, (x, y) in enumerate(self.palms):
            at = int(np.argmin(np.abs(anchors - (x, y)).sum(axis=1)))
            shift = (np.array([x, y], np.float32) - anchors[at]) * self.palm_px
            logits[0, at] = 5 - rank
            offsets[0, at, :4] = (*shift, 20, 20)
            keypoints = offsets[0, at, 4:].reshape(7, 2)
            keypoints[...] = shift
            keypoints[0, 1] += 10  # the wrist below
            keypoints[2, 1] -= 10  # the middle knuckle above

    def _hand(self, outputs, _image):
        points, presence, left, world = outputs
        presence[...] = 1.0 if not self.visible or self.visible.pop(0) else 0.0
        left[...] = self.left
        points[...] = upright_hand(self.hand_px).reshape(1, 63)
        world[...] = upright_hand().reshape(1, 63) / 1000


def upright_hand(size_px=HAND_PX):
    """A hand whose next region is the one it was found in, in pixels of the crop."""
    points = np.zeros((21, 3), np.float32)
    points[:] = (0.5, 0.55, 0)
    points[0] = (0.5, 0.8, 0)
    points[[1, 5, 9, 13, 17], 0] = (0.4, 0.44, 0.5, 0.56, 0.6)
    points[[6, 10, 14, 18], 1] = 0.3
    points[[8, 12, 16, 20], 1] = 0.1
    return points * size_px


def blank(width=640, height=480, value=90):
    return np.full((height, width, 3), value, np.uint8)
