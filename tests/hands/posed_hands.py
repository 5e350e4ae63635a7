"""Hands posed by forward kinematics, at exact joint angles, for tests of fingers and gestures."""

from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "hands"

# Knuckles of a right hand, palm towards the viewer, in palm lengths: x right, y down, z away.
_KNUCKLES = np.array([[-0.42, -0.85, 0], [-0.14, -1.0, 0], [0.12, -0.95, 0], [0.36, -0.82, 0]])
_BONES = (0.5, 0.3, 0.22)
_THUMB_BASE = np.array([-0.3, -0.25, 0.0])
_TOWARDS_VIEWER = np.array([0.0, 0.0, -1.0])

STRAIGHT = (0.0, 0.0, 0.0)
BENT = (80.0, 90.0, 50.0)
HOOKED = (5.0, 85.0, 50.0)

THUMB_OUT = (20.0, 5.0, 5.0)
THUMB_IN = (130.0, 25.0, 30.0)


def hand(
    *,
    thumb=THUMB_IN,
    index=BENT,
    middle=BENT,
    ring=BENT,
    pinky=BENT,
):
    """Return (21, 3) keypoints.

    A finger is (knuckle, middle joint, end joint) bends in degrees. The thumb is (turn of its
    line from the outward direction, bend of its middle joint, of its end joint).
    """
    points = np.zeros((21, 3))
    for place, bends in enumerate((index, middle, ring, pinky)):
        knuckle = _KNUCKLES[place]
        points[5 + 4 * place] = knuckle
        points[6 + 4 * place : 9 + 4 * place] = _finger(knuckle, bends)
    points[1:5] = _thumb(thumb)
    return points * 100.0


def letters(pattern):
    """Return a hand for five letters s, b or h, thumb first."""
    shapes = {"s": STRAIGHT, "b": BENT, "h": HOOKED}
    thumb = THUMB_OUT if pattern[0] == "s" else THUMB_IN
    names = ("index", "middle", "ring", "pinky")
    fingers = {name: shapes[letter] for name, letter in zip(names, pattern[1:], strict=True)}
    return hand(thumb=thumb, **fingers)


def turned(points, degrees):
    """Return points turned in the image plane."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    plane = np.array([[c, -s], [s, c]])
    result = np.array(points, dtype=float)
    result[..., :2] = result[..., :2] @ plane.T
    return result


def rotation_in_space(rng):
    """Return a uniformly random 3x3 rotation."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]


def sign_digits():
    """Return golden keypoints (200, 21, 3) in pixels and their digits (200,)."""
    with np.load(GOLDEN / "sign_digits_keypoints.npz", allow_pickle=False) as golden:
        return golden["keypoints_tenth_px"] / 10.0, golden["digits"].astype(int)


def kinivi_rows():
    """Return golden 2D keypoints (100, 21, 2) and their classes (100,)."""
    rows = np.loadtxt(GOLDEN / "kinivi_rows.csv", delimiter=",")
    return rows[:, 1:].reshape(-1, 21, 2), rows[:, 0].astype(int)


def _finger(knuckle, bends):
    along = knuckle / np.linalg.norm(knuckle)
    point, total, points = knuckle, 0.0, []
    for length, bend in zip(_BONES, bends, strict=True):
        total += np.radians(bend)
        point = point + length * (np.cos(total) * along + np.sin(total) * _TOWARDS_VIEWER)
        points.append(point)
    return points


def _thumb(pose):
    line_deg, middle_deg, end_deg = pose
    outwards = _KNUCKLES[0] - _KNUCKLES[3]
    outwards = outwards / np.linalg.norm(outwards)
    upwards = np.cross(outwards, [0, 0, 1.0])
    upwards = upwards if upwards[1] < 0 else -upwards

    def direction(degrees):
        return np.cos(np.radians(degrees)) * outwards + np.sin(np.radians(degrees)) * upwards

    # The line from joint 2 to the tip halves the end bend between two bones of equal length.
    first, last = line_deg - end_deg / 2, line_deg + end_deg / 2
    base = _THUMB_BASE
    middle = base + 0.4 * direction(first - middle_deg)
    end = middle + 0.32 * direction(first)
    return base, middle, end, end + 0.32 * direction(last)
