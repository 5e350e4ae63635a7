from pathlib import Path

import numpy as np
import pytest
import torch
from palm_truths import blob_sample

from firsthand.hands.anchors import FIRSTHAND
from firsthand.hands.palms import PalmModel, detect_palms, palm_model
from firsthand.runtime import load_runner
from firsthand.train.export import check_export, to_int8_tflite, to_tflite
from firsthand.train.hands.detector_net import FLOAT_PARTS, SIZE_PX, DetectorShape, PalmNet
from firsthand.train.hands.detector_training import DetectorTask, stacked
from firsthand.train.hands.detector_views import letterboxed
from firsthand.train.hands.mixture import Mixture
from firsthand.train.hands.samples import SampleFolder
from firsthand.train.module_runner import module_runner
from firsthand.train.quantise import fold_batch_norms, prepare

pytestmark = pytest.mark.slow

SHAPE = DetectorShape((8, 8, 16, 16, 16), (1, 2, 1, 1))
SAMPLES = [blob_sample(np.random.default_rng(i), 1 + i % 3) for i in range(4)]
SIZE = (SIZE_PX, SIZE_PX)


def learn(net: torch.nn.Module, steps: int, rate: float) -> None:
    batch = stacked([letterboxed(each, SIZE_PX) for each in SAMPLES])
    mixture = Mixture((SampleFolder((), (), ()),), (1.0,))
    task = DetectorTask(net, "export", mixture, 0, len(SAMPLES))
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate)
    net.train()
    for _ in range(steps):
        task.loss(batch)["total"].backward()
        optimiser.step()
        optimiser.zero_grad()
    net.eval()


def loaded(folder: Path, data: bytes) -> PalmModel:
    path = folder / "palm.tflite"
    path.write_bytes(data)
    return palm_model(load_runner(path))


def test_the_files_find_the_palms_that_the_network_finds(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = PalmNet(SHAPE)
    learn(net, 120, 5e-3)
    pictures = np.stack([each.image for each in SAMPLES]).astype(np.float32) / 255
    in_float = to_tflite(net, SIZE)
    check_export(net, in_float, pictures, 1e-3)
    model = loaded(tmp_path, in_float)
    assert model.layout == FIRSTHAND
    trained = palm_model(module_runner(net, SIZE_PX))
    count = 0
    for sample in SAMPLES:
        found, expected = (detect_palms(each, sample.image, 0.4) for each in (model, trained))
        count += len(found)
        np.testing.assert_allclose(found.boxes, expected.boxes, atol=1e-4)
        np.testing.assert_allclose(found.keypoints, expected.keypoints, atol=1e-4)
    assert count >= 4

    fold_batch_norms(net)
    rounding = prepare(net, settle_steps=10, keep_float=FLOAT_PARTS)
    learn(rounding, 20, 3e-4)
    in_int8 = to_int8_tflite(rounding, SIZE)
    assert len(in_int8) < len(in_float)
    check_export(rounding, in_int8, pictures, 0.1)
    quantised = loaded(tmp_path, in_int8)
    for sample in SAMPLES:
        found, expected = (detect_palms(each, sample.image, 0.4) for each in (quantised, trained))
        assert abs(len(found) - len(expected)) <= 1
