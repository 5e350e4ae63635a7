import importlib.util
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from firsthand.media.sources import images_in

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_hands_clip", EXAMPLES / "make_hands_clip.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def frames(script):
    return list(script.clip_frames(0))


def test_ten_seconds_at_thirty_frames(frames, script):
    assert len(frames) == 300
    assert {frame.image.shape for frame in frames} == {(480, 640, 3)}
    assert frames[-1].timestamp_us == 9_966_667


def test_the_camera_moves_smoothly_but_for_the_cuts(frames, script):
    small = [frame.image[::8, ::8].astype(int) for frame in frames]
    steps = np.array([np.abs(b - a).mean() for a, b in pairwise(small)])
    cuts = np.cumsum([round(scene.seconds * script.FPS) for scene in script.SCENES])[:-1] - 1
    assert set(np.argsort(steps)[-len(cuts) :]) == set(cuts)
    assert np.delete(steps, cuts).max() < 25
    assert steps.min() > 0


def test_the_seed_makes_the_clip(script, frames):
    again, other = script.clip_frames(0), script.clip_frames(1)
    for number in range(5):
        assert np.array_equal(next(again).image, frames[number].image)
        assert not np.array_equal(next(other).image, frames[number].image)


def test_every_photograph_is_attributed():
    folder = EXAMPLES / "media" / "hands"
    text = (folder / "ATTRIBUTION.md").read_text()
    names = [path.name for path in images_in(folder)]
    assert len(names) == 6
    assert all(f"`{name}`" in text for name in names)
    assert sum(path.stat().st_size for path in images_in(folder)) < 1_500_000
