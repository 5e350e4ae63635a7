import numpy as np
import pytest
import torch

from firsthand.hands.anchors import FIRSTHAND, anchor_centers
from firsthand.hands.palms import palm_model
from firsthand.train.hands.detector_net import (
    FIRST_CHANCE,
    SMALL,
    STRIDES,
    TINY,
    UNITS_PX,
    AnchorOrder,
    DetectorShape,
    PalmNet,
)
from firsthand.train.module_runner import module_runner

FEW = DetectorShape((4, 4, 4, 4, 4), (1, 1, 1, 1))


def made(shape: DetectorShape, seed: int = 0) -> PalmNet:
    torch.manual_seed(seed)
    return PalmNet(shape).eval()


def multiplications(net: PalmNet, size_px: int) -> int:
    total = 0

    def count(module: torch.nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += out.numel() * module.weight[0].numel()

    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        net(torch.zeros(1, 3, size_px, size_px))
    return total


@pytest.mark.parametrize(("shape", "low", "high"), [(SMALL, 90e6, 125e6), (TINY, 15e6, 35e6)])
def test_the_networks_cost_what_they_are_meant_to(shape, low, high) -> None:
    assert low < multiplications(made(shape), 256) < high


@pytest.mark.parametrize("top_down", [0, 1])
@pytest.mark.parametrize("size_px", [64, 256])
def test_there_is_one_output_for_each_anchor(top_down: int, size_px: int) -> None:
    net = made(DetectorShape((4, 4, 8, 8, 8), (1, 1, 1, 1), top_down=top_down))
    with torch.no_grad():
        offsets, logits = net(torch.rand(2, 3, size_px, size_px))
    assert offsets.shape == (2, FIRSTHAND.count(size_px), 18)
    assert logits.shape == (2, FIRSTHAND.count(size_px), 1)


def test_cells_are_in_the_order_of_the_anchors() -> None:
    levels = []
    for stride in STRIDES:
        cells = 256 // stride
        middle = (torch.arange(cells) + 0.5) * stride
        y, x = torch.meshgrid(middle, middle, indexing="ij")
        values = torch.zeros(1, 18, cells, cells)
        values[0, 0], values[0, 1] = x, y
        levels.append((values, x[None, None] * 1000 + y[None, None]))
    offsets, logits = AnchorOrder()(levels)
    centers = anchor_centers(256, FIRSTHAND) * 256
    units = np.repeat(UNITS_PX, [(256 // stride) ** 2 for stride in STRIDES])
    np.testing.assert_allclose(offsets[0, :, :2].numpy() / units[:, None], centers, rtol=1e-6)
    np.testing.assert_allclose(logits[0, :, 0].numpy(), centers @ (1000, 1), rtol=1e-6)


def test_an_untrained_network_expects_palms_nearly_nowhere() -> None:
    with torch.no_grad():
        _, logits = made(SMALL).train()(torch.rand(4, 3, 64, 64))
    assert float(torch.sigmoid(logits).median()) == pytest.approx(FIRST_CHANCE, rel=0.3)


def test_without_a_top_down_path_fine_cells_know_nothing_of_coarse_ones() -> None:
    kernels = (3, 3, 3, 3)
    for top_down in (0, 1):
        net = made(DetectorShape((16, 16, 16, 16, 16), (1, 1, 1, 1), kernels, top_down))
        image = torch.rand(1, 3, 128, 128)
        changed = image.clone()
        changed[..., 64:, 64:] = 0
        with torch.no_grad():
            first, other = (net.raw(each)[0][1][0, 0, 8, 8] for each in (image, changed))
        # cell 8, 8 of stride 4 lies 30 pixels away, beyond what its own convolutions see
        assert (float(first) == float(other)) == (top_down == 0)


def test_a_network_runs_as_the_detectors_model() -> None:
    net = made(FEW)
    model = palm_model(module_runner(net, 256))
    assert model.layout == FIRSTHAND
    picture = np.random.default_rng(0).random((256, 256, 3), np.float32)
    model.input.values[...] = picture
    model.runner.invoke()
    with torch.no_grad():
        offsets, logits = net(torch.from_numpy(picture).permute(2, 0, 1)[None])
    np.testing.assert_allclose(model.offsets, offsets[0].numpy(), atol=1e-4)
    np.testing.assert_allclose(model.logits, logits[0, :, 0].numpy(), atol=1e-4)
