from pathlib import Path

import numpy as np
import pytest
import torch
from palm_truths import blob_sample

from firsthand.media.image import read_image
from firsthand.train.hands.detector_accuracy import evaluate_detector
from firsthand.train.hands.detector_net import SMALL, DetectorShape, PalmNet
from firsthand.train.hands.detector_training import DetectorTask, stacked
from firsthand.train.hands.detector_views import letterboxed
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.samples import Sample, SampleFolder, write_samples

FEW = DetectorShape((4, 4, 8, 8, 8), (1, 1, 1, 1))


def blobs(count: int) -> list[Sample]:
    return [blob_sample(np.random.default_rng(i), 1 + i % 3) for i in range(count)]


def task(folder: Path, seed: int = 0, **changes) -> DetectorTask:
    if not folder.exists():
        write_samples(folder, blobs(6))
    mixture = Mixture((SampleFolder.open(folder),), (1.0,))
    torch.manual_seed(seed)
    return DetectorTask(PalmNet(FEW), "blobs", mixture, seed, 2, **changes)


def test_a_batch_is_the_same_whenever_it_is_asked_for(tmp_path: Path) -> None:
    one, other = task(tmp_path / "blobs"), task(tmp_path / "blobs")
    later = other.batch(3)
    other.batch(5)
    for name, value in one.batch(3).items():
        assert torch.equal(value, later[name]), name
    assert not torch.equal(one.batch(4)["image"], later["image"])
    assert not torch.equal(task(tmp_path / "blobs", seed=1).batch(3)["image"], later["image"])


def test_a_batch_has_the_shapes_that_the_loss_reads(tmp_path: Path) -> None:
    batch = task(tmp_path / "blobs").batch(0)
    shapes = {name: (tuple(value.shape), value.dtype) for name, value in batch.items()}
    assert shapes == {
        "image": ((2, 3, 256, 256), torch.uint8),
        "labels": ((2, 5440), torch.int8),
        "values": ((2, 5440, 18), torch.float32),
        "sides": ((2, 5440), torch.float32),
    }


def test_the_first_views_are_small_where_asked_for(tmp_path: Path) -> None:
    made = task(tmp_path / "blobs", small_until=2)
    sizes = [made.batch(step)["image"].shape[2] for step in range(4)]
    assert sizes == [160, 160, 256, 256]
    batch = made.batch(1)
    assert batch["labels"].shape == (2, 2125)
    assert float(made.loss(batch)["total"].detach()) > 0


@pytest.mark.parametrize("name", ["focal", "cross_entropy", "hard_negatives"])
def test_the_loss_reaches_every_weight(tmp_path: Path, name: str) -> None:
    made = task(tmp_path / "blobs", score_loss=name)
    losses = made.loss(stacked([letterboxed(each, 256) for each in blobs(3)]))
    assert {"total", "score", "values"} == set(losses)
    losses["total"].backward()
    for key, weight in made.model.named_parameters():
        assert weight.grad is not None, key
        assert bool(torch.isfinite(weight.grad).all()), key


def test_a_preview_shows_every_sample(tmp_path: Path) -> None:
    made = task(tmp_path / "blobs", shown=blobs(7))
    made.model.eval()
    made.preview(tmp_path, 12)
    assert read_image(tmp_path / "preview-000012.jpg").shape == (512, 6 * 256, 3)


@pytest.mark.slow
def test_it_learns_eight_pictures_by_heart() -> None:
    samples = blobs(8)
    batch = stacked([letterboxed(each, 256) for each in samples])
    torch.manual_seed(0)
    net = PalmNet(SMALL)
    learning = DetectorTask(net, "by heart", Mixture((SampleFolder((), (), ()),), (1.0,)), 0, 8)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for step in range(100):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - step / 100)
        learning.loss(batch)["total"].backward()
        optimiser.step()
        optimiser.zero_grad()
    accuracy = evaluate_detector(net.eval(), samples, threshold=0.4)
    assert accuracy.average_precision == pytest.approx(1)
    assert accuracy.keypoint_error < 0.1
