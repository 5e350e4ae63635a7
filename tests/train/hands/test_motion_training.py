import numpy as np
import pytest
import torch

from firsthand.hands.gestures.motion_window import FEATURES, POINTS
from firsthand.train.hands.histories import LABELS, Histories
from firsthand.train.hands.motion_training import (
    MotionNet,
    MotionTask,
    simulated_windows,
    varied,
)
from firsthand.train.hands.strokes import MOVE, NAMES, STILL, UNCLEAR, WAVE

SIMULATED = simulated_windows(3, 2)


def recorded(n=8):
    """Circles: label 1 clockwise in the picture, 2 the other way."""
    labels = np.arange(n) % 2 + 1
    angle = np.linspace(0, 5, POINTS) * np.where(labels == 1, 1, -1)[:, None]
    points = 80 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return Histories(points, labels, np.arange(n), 0)


def task(simulated=SIMULATED, histories=None):
    return MotionTask(MotionNet(0), "test", 0, simulated, histories)


def doubled_area(windows):
    from_mean = windows - windows.mean(axis=1, keepdims=True)
    x, y = from_mean[..., 0], from_mean[..., 1]
    return (x[:, :-1] * y[:, 1:] - y[:, :-1] * x[:, 1:]).sum(axis=1)


def test_a_seed_gives_a_network_and_leaves_torch_s_generator_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    one, same, other = MotionNet(5), MotionNet(5), MotionNet(6)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one.layers[0].weight, same.layers[0].weight)
    assert not torch.equal(one.layers[0].weight, other.layers[0].weight)
    assert sum(p.numel() for p in one.parameters()) == 3497


def test_simulated_windows_follow_from_the_seed_and_clear_ones_have_a_name():
    again = simulated_windows(3, 2)
    assert np.array_equal(SIMULATED.points, again.points)
    assert (SIMULATED.labels == UNCLEAR).any()
    clear = SIMULATED.clear()
    assert clear.labels.min() == 0
    assert len(clear.points) == len(clear.performed) == (SIMULATED.labels != UNCLEAR).sum()


@pytest.mark.parametrize("step", [0, 17])
def test_a_step_s_batch_is_the_same_whenever_it_is_asked_for(step):
    both = task(histories=recorded())
    first, second = both.batch(step), both.batch(step)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["features"], both.batch(step + 1)["features"])
    assert first["features"].shape == (len(first["allowed"]), FEATURES)
    assert first["allowed"].shape[1] == len(NAMES)
    assert first["allowed"].any(dim=1).all()


def test_unclear_windows_allow_no_other_stroke():
    allowed = task().batch(0)["allowed"].numpy()
    wide = allowed[allowed.sum(axis=1) > 1]
    assert len(wide) > 0
    assert wide[:, [NAMES.index(STILL), NAMES.index(MOVE)]].all()
    assert wide.sum(axis=1).max() <= 3


def test_a_recorded_move_may_be_any_but_a_wave():
    moves = Histories(recorded().points, np.full(8, LABELS.index("Move")), np.arange(8), 0)
    allowed = task(None, moves).batch(0)["allowed"].numpy()
    expected = [name == MOVE or name.startswith("swipe") for name in NAMES]
    assert np.array_equal(allowed, np.tile(expected, (len(allowed), 1)))
    assert not allowed[:, NAMES.index(WAVE)].any()


def test_mirroring_exchanges_the_turns_and_nothing_else_does():
    histories = recorded(200)
    windows, labels = varied(histories, np.random.default_rng(0))
    assert windows.shape == histories.points.shape
    assert np.array_equal(np.sign(doubled_area(windows)), np.where(labels == 1, 1, -1))
    assert 0.3 < (labels != histories.labels).mean() < 0.7


def test_the_loss_asks_for_one_of_the_allowed_names():
    some = task()
    features = torch.zeros(2, FEATURES)
    allowed = torch.ones(2, len(NAMES), dtype=torch.bool)
    assert some.loss({"features": features, "allowed": allowed})["total"].item() == pytest.approx(
        0, abs=1e-6
    )
    one = torch.zeros(2, len(NAMES), dtype=torch.bool)
    one[:, 3] = True
    expected = torch.nn.functional.cross_entropy(some.model(features), torch.tensor([3, 3]))
    assert torch.allclose(some.loss({"features": features, "allowed": one})["total"], expected)


def test_a_preview_is_a_picture(tmp_path):
    task().preview(tmp_path, 7)
    assert (tmp_path / "preview-000007.jpg").stat().st_size > 5000
