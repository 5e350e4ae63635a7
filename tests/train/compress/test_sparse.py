"""Pruned weights: as many zeros as asked for, the same after a stop, and zero in the file."""

import numpy as np
import pytest
import torch
from colours import SIDE, colours
from torch import nn

from firsthand.errors import ConfigError
from firsthand.runtime import Model
from firsthand.runtime.packed import packed
from firsthand.train.compress.classifying import ClassifyingTask, answers
from firsthand.train.compress.pictures import Batches, Disturbance
from firsthand.train.compress.sparse import (
    FEWEST_SUMMED,
    Masked,
    Pruning,
    begin_pruning,
    end_pruning,
    file_weights,
    pruned_student,
)
from firsthand.train.compress.students import int8_file, int8_student
from firsthand.train.export import check_export, to_tflite
from firsthand.train.families.architecture import Plan, Stage
from firsthand.train.families.mobilenets import mobilenet_v2
from firsthand.train.loop import fit
from firsthand.train.schedule import Schedule

PLAN = Plan(32, (Stage(32, 1, 1, 1), Stage(40, 2, 2, 3)), 64)
PRUNING = Pruning(share=0.8, first=2, last=12, every=3)


def batches() -> Batches:
    return Batches(colours(), 24, Disturbance(1, True, 0), 0)


def student() -> nn.Module:
    torch.manual_seed(0)
    return mobilenet_v2(PLAN, 3)


def with_zeros() -> nn.Module:
    model = student()
    with torch.no_grad():
        model.classifier.weight[:, ::2] = 0
    return model


def plan(steps: int, **more: object) -> Schedule:
    given = {"peak_rate": 5e-3, "warmup_steps": 2, "average": 0.5, "checkpoint_every": 5}
    return Schedule(steps=steps, threads=1, **(given | more))


def masks(model: nn.Module) -> list[Masked]:
    return [unit for unit in model.modules() if isinstance(unit, Masked)]


def shares(model: nn.Module) -> list[float]:
    return [float(unit.cut.float().mean()) for unit in masks(model)]


def test_the_share_grows_fast_and_then_slowly() -> None:
    pruning = Pruning(share=0.8, first=10, last=110)
    assert [pruning.share_at(step) for step in (0, 10)] == [0, 0]
    assert pruning.share_at(60) == pytest.approx(0.8 * (1 - 0.5**3))
    assert [pruning.share_at(step) for step in (110, 999)] == [0.8, 0.8]
    assert [step for step in range(40) if PRUNING.moves_at(step)] == [2, 5, 8, 11, 12]


@pytest.mark.parametrize(
    "wrong", [{"share": 0.0}, {"share": 1.0}, {"first": 12}, {"first": -1}, {"every": 0}]
)
def test_pruning_out_of_range_is_refused(wrong) -> None:
    with pytest.raises(ConfigError, match=r"pruning needs 0 < share < 1, .* got Pruning\(share="):
        Pruning(**({"share": 0.5, "last": 12} | wrong))


def test_the_smallest_weights_are_zero_and_learn_nothing() -> None:
    layer = nn.Linear(64, 8)
    before = layer.weight.detach().clone()
    begin_pruning(layer, Pruning(share=0.75, last=1))
    layer.train()
    for _ in range(2):
        layer.zero_grad()
        layer(torch.rand(4, 64)).sum().backward()
    zero = layer.parametrizations.weight[0].cut
    assert int(zero.sum()) == 0.75 * 8 * 64
    assert float(before[zero].abs().max()) <= float(before[~zero].abs().min())
    gradient = layer.parametrizations.weight.original.grad
    assert not gradient[zero].any()
    assert gradient[~zero].all()
    end_pruning(layer)
    assert torch.equal(layer.weight, before.masked_fill(zero, 0))
    assert not torch.signbit(layer.weight[zero]).any()  # -0 would be other bytes than 0


def test_only_training_passes_count() -> None:
    layer = nn.Linear(64, 8).eval()
    begin_pruning(layer, Pruning(share=0.5, last=1))
    layer(torch.rand(1, 64))
    assert int(masks(layer)[0].seen) == 0
    assert shares(layer) == [0]


def test_layers_of_few_weights_are_left_alone() -> None:
    model = student()
    begin_pruning(model, PRUNING)
    assert len(masks(model)) == 7  # of 11: not the stem, nor the three depthwise ones
    assert all(unit.cut[0].numel() >= FEWEST_SUMMED for unit in masks(model))
    with pytest.raises(ConfigError, match=r"Conv2d has no convolution .*nothing to prune"):
        begin_pruning(nn.Conv2d(3, 8, 3), PRUNING)


def test_zeros_that_are_there_can_be_kept(tmp_path) -> None:
    made = int8_student(with_zeros(), batches(), plan(6), tmp_path, "s", keep_zeros=True)
    weight = made.get_submodule("classifier_int8.inner").weight
    assert not weight[:, ::2].any()
    assert weight[:, 1::2].all()


def test_training_reaches_the_share_asked_for(tmp_path) -> None:
    model = student()
    begin_pruning(model, PRUNING)
    fit(ClassifyingTask(model, batches(), "t"), plan(15), tmp_path, seed=0)
    for share, unit in zip(shares(model), masks(model), strict=True):
        assert share == pytest.approx(0.8, abs=0.5 / unit.cut.numel() + 1e-6)
        assert int(unit.seen) == 15


@pytest.mark.parametrize("rounded", [False, True])
def test_a_resumed_run_equals_one_that_was_not_stopped(tmp_path, rounded) -> None:
    def run(folder: str, stop_at: int) -> dict[str, torch.Tensor]:
        def tell(progress) -> None:
            if progress.step == stop_at:
                raise KeyboardInterrupt

        rest = (batches(), plan(16), tmp_path / folder, "s")
        if rounded:
            made = int8_student(with_zeros(), *rest, tell=tell, keep_zeros=True)
        else:
            made = pruned_student(student(), *rest, pruning=PRUNING, tell=tell)
        return made.state_dict()

    whole = run("whole", -1)
    for stop in (4, 9, 13):  # before, among and after the choices
        with pytest.raises(KeyboardInterrupt):
            run(f"stopped-{stop}", stop)
        again = run(f"stopped-{stop}", -1)
        assert whole.keys() == again.keys()
        assert all(torch.equal(whole[name], again[name]) for name in whole)


@pytest.mark.slow
def test_zeros_are_zeros_in_the_int8_file(tmp_path) -> None:
    first = fit(ClassifyingTask(student(), batches(), "t"), plan(30), tmp_path / "t", seed=0)
    sparse = pruned_student(first, batches(), plan(30), tmp_path / "p", "p", pruning=PRUNING)
    made = int8_student(sparse, batches(), plan(30), tmp_path / "s", "s", keep_zeros=True)
    data = int8_file(made, colours())
    inside = list(file_weights(data).values())
    assert {each.dtype for each in inside} == {np.dtype(np.int8)}
    pruned = [value for value in made.parameters() if 0.7 < (value == 0).float().mean() < 1]
    assert len(pruned) == 7
    for value in pruned:
        found = [each for each in inside if each.size == value.numel()]
        zeros = int((value == 0).sum())
        assert zeros >= round(0.8 * value.numel())
        assert any(int((each == 0).sum()) >= zeros for each in found)
    (tmp_path / "m.tflite.xz").write_bytes(packed(data))
    assert Model.open(tmp_path / "m.tflite.xz").read() == data
    labels = torch.from_numpy(colours().labels)
    assert (answers(made, colours()) == labels).float().mean() > 0.8


def test_zeros_are_zeros_in_a_float_file_and_halve_it(tmp_path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 64), nn.ReLU(), nn.Linear(64, 3))
    pruning = Pruning(share=0.6, last=4, every=2)
    model = pruned_student(model, batches(), plan(8), tmp_path, "t", pruning=pruning)
    data = to_tflite(model, (SIDE, SIDE))
    given = colours().pixels[:4].astype(np.float32) / 255
    check_export(model, data, given, 1e-4)
    largest = max(file_weights(data).values(), key=np.size)
    assert (largest == 0).mean() == pytest.approx(0.6, abs=1e-4)
    assert len(packed(data)) < 0.5 * len(data)


def test_pruning_that_ends_too_late_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match="ends in step 12, and the schedule has 12"):
        pruned_student(student(), batches(), plan(12), tmp_path, "s", pruning=PRUNING)
