import numpy as np
import pytest
import torch
from palm_truths import blob_sample, palm, palms

from firsthand.errors import InputError
from firsthand.hands.suppression import Palms
from firsthand.measure.detection import average_precision
from firsthand.train.hands.detector_accuracy import compared, evaluate_detector, paired
from firsthand.train.hands.detector_net import DetectorShape, PalmNet
from firsthand.train.hands.detector_targets import TruePalms, targets
from firsthand.train.hands.detector_views import letterboxed


def found(truth: TruePalms, scores: list[float]) -> Palms:
    corners = truth.centers - truth.sides[:, None] / 2
    boxes = np.concatenate([corners, np.repeat(truth.sides[:, None], 2, axis=1)], axis=1)
    return Palms(boxes, truth.keypoints, np.array(scores, np.float32))


def test_a_palm_is_found_once_by_the_surest() -> None:
    truth = palms(palm(50, 50, 20), palm(150, 150, 40, seed=1))
    twice = palms(palm(220, 50, 30), palm(51, 50, 20), truth)
    pairing = paired(found(twice, [0.95, 0.6, 0.9, 0.8]), truth)
    assert pairing.found.tolist() == [2, 3]
    assert pairing.sides_px.tolist() == [20, 40]
    assert pairing.errors.max() < 1e-6


def test_errors_are_in_sides_of_the_palm() -> None:
    truth = palm(50, 50, 20)
    moved = palm(50, 50, 20)
    moved.keypoints[...] += (3, 4)
    assert paired(found(moved, [0.9]), truth).errors[0] == pytest.approx(5 / 20)


def test_a_palm_half_beside_is_wrong_and_a_nearer_one_right() -> None:
    truth = palm(50, 50, 20)
    assert paired(found(palm(58, 50, 20), [0.9]), truth).found.tolist() == [-1]
    assert paired(found(palm(55, 50, 20), [0.9]), truth).found.tolist() == [0]


def test_an_unclear_hand_counts_neither_way() -> None:
    truth = palms(palm(50, 50, 20, clear=False), palm(150, 150, 40))
    both = found(palms(palm(52, 50, 22), palm(150, 150, 40)), [0.9, 0.8])
    assert paired(both, truth).found.tolist() == [1]
    assert average_precision([compared(both, truth)]) == 1
    denied = palms(palm(50, 200, 20, clear=False), palm(150, 150, 40))
    assert average_precision([compared(both, denied)]) == pytest.approx(0.5)


class Knowing(torch.nn.Module):
    """A network that says what the truth of the pictures it is shown, in order, is."""

    def __init__(self, samples, score: float) -> None:
        super().__init__()
        self.answers = [targets(letterboxed(each, 256).palms, 256) for each in samples]
        self.score = score
        self.calls = -1

    def forward(self, images):
        answer = self.answers[max(0, self.calls)]
        self.calls += 1
        labels = torch.from_numpy(answer.labels)
        logits = torch.where(labels == 1, self.score, -9.0)[None, :, None]
        return torch.from_numpy(answer.values)[None], logits


@pytest.mark.parametrize("score", [3.0, -1.0])
def test_a_detector_that_knows_the_truth_is_perfect(score: float) -> None:
    samples = [blob_sample(np.random.default_rng(i), i % 4, 300) for i in range(8)]
    accuracy = evaluate_detector(Knowing(samples, score).eval(), samples)
    assert accuracy.images == 8
    assert accuracy.expected == sum(each.expected for each in accuracy.by_size) == 12
    assert accuracy.excused == 0
    assert accuracy.average_precision == pytest.approx(1)
    assert accuracy.recall == (score > 0)
    if score > 0:
        assert accuracy.precision == 1
        assert accuracy.keypoint_error < 1e-3
        assert all(each.found == each.expected for each in accuracy.by_size)


def test_a_detector_that_knows_nothing_finds_nothing() -> None:
    samples = [blob_sample(np.random.default_rng(0), 2)]
    torch.manual_seed(0)
    net = PalmNet(DetectorShape((4, 4, 4, 4, 4), (1, 1, 1, 1))).eval()
    assert evaluate_detector(net, samples).average_precision < 0.1
    with pytest.raises(InputError, match="without a true box"):
        evaluate_detector(net, [blob_sample(np.random.default_rng(0), 0)])
