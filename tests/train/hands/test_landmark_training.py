"""The loss is nothing at the truth, grows away from it, and says nothing of what nobody knows."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from firsthand.errors import InputError
from firsthand.hands.landmarks import landmark_model
from firsthand.train.hands.crops import Jitter, followed_region
from firsthand.train.hands.landmark_accuracy import measure_landmarks
from firsthand.train.hands.landmark_net import (
    INPUT_PX,
    SIZES,
    Expectation,
    LandmarkModule,
    LandmarkOutputs,
    landmark_net,
    outputs_of,
)
from firsthand.train.hands.landmark_training import (
    LandmarkTask,
    landmark_loss,
    stacked,
    with_hand,
    without_hand,
)
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.samples import HandTruth, Sample, SampleFolder, write_samples
from firsthand.train.module_runner import module_runner

from .test_crops import truth


def sample(*hands: HandTruth) -> Sample:
    rng = np.random.default_rng(0)
    return Sample(rng.integers(0, 255, (240, 320, 3)).astype(np.uint8), hands, "made")


def batch(count: int = 3) -> dict[str, Tensor]:
    rng = np.random.default_rng(1)
    crops = [with_hand(sample(truth()), rng, Jitter()) for _ in range(count)]
    return stacked([crop for crop in crops if crop is not None])


def true_outputs(of: dict[str, Tensor]) -> LandmarkOutputs:
    sure = torch.where(of["right"] > 0, 20.0, -20.0)[:, None]
    return LandmarkOutputs(
        of["points"].clone(), torch.full_like(sure, 20.0), sure, of["world"].clone(), None
    )


def test_the_truth_costs_nothing() -> None:
    of = batch()
    losses = landmark_loss(true_outputs(of), of)
    assert float(losses["total"]) == pytest.approx(0, abs=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.01, 0.9), st.floats(1.05, 3.0))
def test_farther_costs_more(share: float, times: float) -> None:
    of = batch()
    out = true_outputs(of)
    away = torch.zeros_like(out.points)
    away[:, :, 0] = (share * of["palm_px"])[:, None]
    near = landmark_loss(out._replace(points=out.points + away), of)["flat"]
    far = landmark_loss(out._replace(points=out.points + away * times), of)["flat"]
    assert 0 < float(near) < float(far)


def test_what_nobody_knows_costs_nothing() -> None:
    of = batch()
    out = true_outputs(of)
    of["known"][:, 5:] = False
    of["measured"][:] = False
    wrong = out.points.clone()
    wrong[:, 5:] += 50
    wrong[:, :, 2] += 50
    losses = landmark_loss(out._replace(points=wrong, world=out.world + 1), of)
    assert float(losses["total"]) == pytest.approx(0, abs=1e-5)


def test_a_crop_without_a_hand_teaches_presence_alone() -> None:
    rng = np.random.default_rng(0)
    crop = without_hand(sample(), rng)
    assert crop is not None
    of = stacked([crop, crop])
    net = landmark_net("tiny")
    losses = landmark_loss(net(of["image"].float() / 255), of)
    assert losses["total"].item() == pytest.approx(0.3 * losses["presence"].item())
    losses["total"].backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in net.parameters())


def test_squares_without_a_hand_keep_away_from_hands() -> None:
    rng = np.random.default_rng(0)
    small = truth(0.3, (60, 120))
    region = followed_region(small, 320, 240)
    assert region is not None
    crops = [without_hand(sample(small), rng) for _ in range(50)]
    found = [crop for crop in crops if crop is not None]
    assert len(found) > 40
    assert not any(crop.known.any() for crop in found)
    assert without_hand(sample(truth(0.9)), np.random.default_rng(3)) is None


def test_hidden_hands_are_left_out() -> None:
    hidden = truth()
    hidden = HandTruth(
        hidden.keypoints, hidden.metres, hidden.known, 0.1, hidden.right, hidden.origin
    )
    assert with_hand(sample(hidden), np.random.default_rng(0), Jitter()) is None


@pytest.fixture
def task(tmp_path: Path) -> LandmarkTask:
    write_samples(tmp_path, [sample(truth()), sample()])
    folder = SampleFolder.open(tmp_path)
    return LandmarkTask(landmark_net("tiny"), "a test", Mixture((folder,), (1.0,)), 0, 4)


def test_a_step_s_batch_is_the_same_whenever_asked(task: LandmarkTask) -> None:
    one, other = task.batch(3), task.batch(3)
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert not torch.equal(one["image"], task.batch(4)["image"])
    assert all(torch.isfinite(value.float()).all() for value in one.values())


def test_samples_that_give_no_crop_are_told(tmp_path: Path) -> None:
    large = truth(2.2, (160, 400))
    never = HandTruth(large.keypoints, large.metres, large.known, 0.0, True, "synthetic")
    write_samples(tmp_path, [sample(never)])
    folder = SampleFolder.open(tmp_path)
    task = LandmarkTask(landmark_net("tiny"), "a test", Mixture((folder,), (1.0,)), 0, 4)
    with pytest.raises(InputError, match="gave no crop"):
        task.batch(0)


def test_a_preview_is_drawn(task: LandmarkTask, tmp_path: Path) -> None:
    shown = LandmarkTask(
        task.model.eval(), task.recipe, task.mixture, 0, 4, [sample(truth()), sample()]
    )
    shown.preview(tmp_path, 12)
    assert (tmp_path / "preview-000012.jpg").stat().st_size > 1000


@pytest.mark.parametrize("size", SIZES)
def test_a_file_s_outputs_are_the_network_s(size: str) -> None:
    net = landmark_net(size).eval()
    images = torch.rand(2, 3, INPUT_PX, INPUT_PX, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        out, back = net(images), outputs_of(LandmarkModule(net)(images))
    assert torch.allclose(out.points, back.points)
    assert torch.allclose(out.presence, back.presence, atol=1e-4)
    assert torch.allclose(out.left, back.left, atol=1e-4)
    assert torch.allclose(out.world, back.world)


def test_places_are_the_middle_of_what_the_maps_weigh() -> None:
    expectation = Expectation()
    cells = 18
    heat = torch.full((1, 21, cells * cells), -1e4)
    heat[:, :, 3 * cells + 5] = 0  # row 3, column 5; the first ring lies outside the picture
    heat[:, 1, 3 * cells + 7] = 0
    depth = torch.full((1, 21, cells * cells), 0.5)
    points, peaks = expectation(heat, depth)
    assert points[0, 0].tolist() == pytest.approx([36.0, 20.0, 64.0])
    assert points[0, 1].tolist() == pytest.approx([44.0, 20.0, 64.0])
    assert peaks[0, :2].tolist() == pytest.approx([10.0, 5.0])


class Saying(nn.Module):
    def __init__(self, said: tuple[Tensor, ...]) -> None:
        super().__init__()
        self.said = said

    def forward(self, _: Tensor) -> tuple[Tensor, ...]:
        return self.said


def test_error_is_measured_in_palms() -> None:
    hand = truth(0.9)
    shown = sample(hand)
    region = followed_region(hand, 320, 240)
    assert region is not None

    def says(right: bool) -> float:
        points = np.zeros((21, 3), np.float32)
        scale = INPUT_PX / region.width
        c, s = np.cos(region.rotation), np.sin(region.rotation)
        away = (hand.keypoints[:, :2] - [region.x, region.y]) * scale
        points[:, 0] = away[:, 0] * c + away[:, 1] * s + INPUT_PX / 2
        points[:, 1] = -away[:, 0] * s + away[:, 1] * c + INPUT_PX / 2
        points[:, 0] += 9.0 * scale  # a tenth of the palm, which is 90 pixels long
        fixed = [
            torch.from_numpy(points.reshape(1, 63)),
            torch.ones(1, 1),
            torch.full((1, 1), float(right)),
            torch.zeros(1, 63),
        ]
        model = landmark_model(module_runner(Saying(tuple(fixed)).eval(), INPUT_PX))
        measured = measure_landmarks(model, [shown, sample()])
        assert (measured.present, measured.left_out) == (1.0, 0)
        assert measured.error == pytest.approx(0.1, abs=1e-3)
        return measured.sided

    assert says(right=True) == 1.0
    assert says(right=False) == 0.0
