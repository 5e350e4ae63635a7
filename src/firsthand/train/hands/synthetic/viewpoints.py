"""From where a hand is looked at: the whole sphere, weighted as photographs are."""

import numpy as np

from firsthand.train.hands.synthetic.mesh import Floats
from firsthand.train.hands.synthetic.skinning import turn

_PALM_TO_CAMERA = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
_X, _Y, _Z = np.eye(3, dtype=np.float32)


def random_view(rng: np.random.Generator, *, upright: float = 0.5) -> Floats:
    """Draw a rotation (3, 3) from a `HandModel`'s axes to the camera's.

    Palm or back face the camera most often, then the edges, then fingertips or wrist; `upright`
    is how often fingers point roughly up in the picture, all ways being alike otherwise.
    """
    if rng.random() < 0.1:
        return any_rotation(rng)
    facing = float(rng.choice([0, 180, 90, -90], p=(0.40, 0.36, 0.12, 0.12)))
    yaw = np.radians(facing + rng.normal(0, 28))
    tilt = rng.normal(0, 22) if rng.random() < 0.82 else rng.choice([-1, 1]) * rng.normal(62, 18)
    roll = rng.normal(0, 35) if rng.random() < upright else rng.uniform(-180, 180)
    if rng.random() < 0.12:  # one's own hands from above: backs, fingers ahead
        yaw, tilt, roll = np.radians(rng.normal(180, 30)), rng.normal(-40, 20), rng.normal(0, 30)
    turned = turn(_Z, np.radians(roll)) @ turn(_X, np.radians(float(tilt)))
    return np.asarray(turned @ _PALM_TO_CAMERA @ turn(_Y, float(yaw)), np.float32)


def any_rotation(rng: np.random.Generator) -> Floats:
    """Draw one of all rotations, evenly: the matrix of a random unit quaternion."""
    q = rng.normal(size=4)
    w, x, y, z = q / np.linalg.norm(q)
    angle = 2 * np.arccos(np.clip(w, -1, 1))
    axis = np.array([x, y, z])
    length = np.linalg.norm(axis)
    return turn((axis / length if length > 0 else _X).astype(np.float32), float(angle))
