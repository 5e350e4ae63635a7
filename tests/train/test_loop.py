"""A run reaches its minimum, resumes to the last bit, and stops when it makes no sense."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from firsthand.errors import ConfigError, InputError, TrainingError
from firsthand.train.checkpoints import newest_checkpoint, write_checkpoint
from firsthand.train.loop import LOG_NAME, Batch, Progress, fit
from firsthand.train.quantise import fold_batch_norms, prepare
from firsthand.train.schedule import Schedule

from . import small_tasks
from .small_tasks import Pictures, plan, weights


@dataclass
class Line:
    """Find the line y = 2x - 1 through points that lie on it."""

    recipe: str = "line"
    model: nn.Module = field(default_factory=lambda: nn.Linear(1, 1))

    def batch(self, step: int) -> Batch:
        x = torch.linspace(-1, 1, 8)[:, None]
        return {"x": x, "y": 2 * x - 1}

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        return {"total": ((self.model(batch["x"]) - batch["y"]) ** 2).mean()}

    def preview(self, folder: Path, step: int) -> None:
        pass


def test_a_convex_problem_reaches_its_minimum(tmp_path: Path) -> None:
    plan_ = Schedule(steps=400, peak_rate=0.1, warmup_steps=10, clip_norm=10.0, threads=1)
    model = fit(Line(), plan_, tmp_path / "run", seed=0)
    assert model.weight.item() == pytest.approx(2, abs=1e-3)
    assert model.bias.item() == pytest.approx(-1, abs=1e-3)
    assert not model.training


def test_the_average_reaches_it_too(tmp_path: Path) -> None:
    plan_ = Schedule(steps=400, peak_rate=0.1, average=0.95, clip_norm=10.0, threads=1)
    model = fit(Line(), plan_, tmp_path / "run", seed=0)
    assert model.weight.item() == pytest.approx(2, abs=1e-2)


def test_weight_decay_pulls_kernels_and_spares_biases(tmp_path: Path) -> None:
    @dataclass
    class Still(Line):
        def loss(self, batch: Batch) -> Mapping[str, Tensor]:
            return {"total": 0 * self.model(batch["x"]).sum()}

    task = Still()
    before = weights(task.model)
    model = fit(
        task, Schedule(steps=50, peak_rate=0.1, weight_decay=0.5, threads=1), tmp_path / "a", seed=0
    )
    assert abs(model.weight.item()) < 0.5 * abs(before["weight"][0])
    assert model.bias.item() == before["bias"][0]


def test_the_rate_warms_up_peaks_and_ends() -> None:
    schedule = plan(100, warmup_steps=10)
    rates = [schedule.rate(step) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert max(rates) == schedule.peak_rate
    assert 0 < rates[-1] < 0.01 * schedule.peak_rate


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("stop_at", [1, 4, 7])
def test_a_resumed_run_ends_with_the_same_bits(
    tmp_path: Path, stop_at: int, average: float
) -> None:
    whole = fit(Pictures(), plan(average=average), tmp_path / "whole", seed=1)

    def interrupt(progress: Progress) -> None:
        if progress.step == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(Pictures(), plan(average=average), tmp_path / "two", seed=1, tell=interrupt)
    # what the process draws in between, and a network begun otherwise, change nothing
    torch.rand(stop_at)
    begun = Pictures(model=small_tasks.small_network(seed=77))
    resumed = fit(
        begun, plan(average=average, preview_at=(8,)), tmp_path / "two", seed=1, resume=True
    )
    assert weights(resumed) == weights(whole)
    assert begun.previews == [8]
    logs = [(tmp_path / name / LOG_NAME).read_text() for name in ("whole", "two")]
    assert logs[0] == logs[1]


def test_a_network_that_learns_to_bear_int8_resumes_to_the_same_bits(tmp_path: Path) -> None:
    def task() -> Pictures:
        network = small_tasks.small_network().eval()
        fold_batch_norms(network)
        return Pictures(model=prepare(network, settle_steps=6))

    def interrupt(progress: Progress) -> None:
        if progress.step == 5:
            raise KeyboardInterrupt

    whole = fit(task(), plan(), tmp_path / "whole", seed=1)
    with pytest.raises(KeyboardInterrupt):
        fit(task(), plan(), tmp_path / "two", seed=1, tell=interrupt)
    resumed = fit(task(), plan(), tmp_path / "two", seed=1, resume=True)
    assert weights(resumed) == weights(whole)
    assert int(resumed.get_submodule("_6_range").seen) == 6


def test_a_run_killed_outright_ends_with_the_same_bits(tmp_path: Path) -> None:
    steps = 150
    folder = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, small_tasks.__file__, str(folder), str(steps)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if int(line) >= 10:
                process.kill()
                break
    assert process.wait() == -signal.SIGKILL
    last = json.loads((folder / LOG_NAME).read_text().splitlines()[9])["step"]
    assert last == 10
    assert not (folder / f"step-{steps:08}.pt").exists()
    resumed = fit(Pictures(), plan(steps), folder, seed=1, resume=True)
    whole = fit(Pictures(), plan(steps), tmp_path / "whole", seed=1)
    assert weights(resumed) == weights(whole)


def test_a_finished_run_resumes_to_its_own_end(tmp_path: Path) -> None:
    first = weights(fit(Pictures(), plan(), tmp_path / "run", seed=1))
    task = Pictures(spoiled_at=0)
    assert weights(fit(task, plan(), tmp_path / "run", seed=1, resume=True)) == first


def test_the_last_two_checkpoints_are_kept(tmp_path: Path) -> None:
    fit(Pictures(), plan(14), tmp_path, seed=1)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "step-00000012.pt",
        "step-00000014.pt",
    ]
    assert not list(tmp_path.glob(".*.part"))


def test_half_written_checkpoints_are_passed_over_and_told_of(tmp_path: Path) -> None:
    whole = weights(fit(Pictures(), plan(), tmp_path / "whole", seed=1))
    fit(Pictures(), plan(), tmp_path / "run", seed=1)
    newest = tmp_path / "run" / "step-00000012.pt"
    newest.write_bytes(newest.read_bytes()[:-100])
    (tmp_path / "run" / ".step-00000099.pt.part").write_bytes(b"half")
    told: list[Progress] = []
    model = fit(Pictures(), plan(), tmp_path / "run", seed=1, resume=True, tell=told.append)
    assert weights(model) == whole
    assert "step-00000012.pt is half-written or damaged" in told[0].note
    assert "going on from step 8" in told[0].note
    assert [progress.step for progress in told] == [8, 9, 10, 11, 12]


def test_a_run_with_no_whole_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "step-00000004.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"damaged.*no whole checkpoint is left"):
        fit(Pictures(), plan(), tmp_path, seed=1, resume=True)


def test_a_folder_in_use_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not empty.*--resume"):
        fit(Pictures(), plan(), tmp_path, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="no run can be kept there"):
        fit(Pictures(), plan(), tmp_path / "file", seed=1)


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    def tell(progress: Progress) -> None:
        with pytest.raises(InputError, match="another process is training there"):
            fit(Pictures(), plan(), tmp_path, seed=1, resume=True)

    fit(Pictures(), plan(2, warmup_steps=0), tmp_path, seed=1, tell=tell)


def test_another_recipe_seed_schedule_or_network_is_refused(tmp_path: Path) -> None:
    fit(Pictures(), plan(), tmp_path, seed=1)
    before = sorted(path.read_bytes() for path in tmp_path.glob("*.pt"))

    def resume(task: Pictures, schedule: Schedule, seed: int) -> None:
        fit(task, schedule, tmp_path, seed=seed, resume=True)

    with pytest.raises(InputError, match="recipe 'pictures', but this run's is 'paintings'"):
        resume(Pictures(recipe="paintings"), plan(), 1)
    with pytest.raises(InputError, match="seed '1', but this run's is '2'"):
        resume(Pictures(), plan(), 2)
    with pytest.raises(InputError, match=r"schedule 'steps=12 .*is 'steps=13 "):
        resume(Pictures(), plan(13), 1)
    with pytest.raises(InputError, match=r"network '[0-9a-f]{16}'"):
        resume(Pictures(model=nn.Conv2d(3, 2, 1)), plan(), 1)
    assert sorted(path.read_bytes() for path in tmp_path.glob("*.pt")) == before


@pytest.mark.parametrize("part", ["weights", "average", "optimiser"])
def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path: Path, part: str) -> None:
    fit(Pictures(), plan(), tmp_path, seed=1)
    good = newest_checkpoint(tmp_path).checkpoint
    assert good is not None
    if part == "optimiser":
        state = good.optimiser["state"]
        bad: object = {
            **good.optimiser,
            "state": {**state, 0: {**state[0], "exp_avg": torch.ones(7)}},
        }
    else:
        bad = {**getattr(good, part), "1.bias": torch.ones(99)}
    write_checkpoint(tmp_path, replace(good, **{part: bad}))
    with pytest.raises(InputError, match=r"step-00000012.pt does not fit the network: "):
        fit(Pictures(), plan(), tmp_path, seed=1, resume=True)


def test_nan_stops_the_run_and_leaves_the_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        fit(Pictures(spoiled_at=9), plan(), tmp_path, seed=1)
    message = str(caught.value)
    assert message.startswith("step 10 of 12: the loss is no finite number (total=nan, mean=nan")
    assert f"The last good checkpoint is {tmp_path / 'step-00000008.pt'}" in message
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "step-00000004.pt",
        "step-00000008.pt",
    ]
    lines = (tmp_path / LOG_NAME).read_text().splitlines()
    assert json.loads(lines[-1])["step"] == 9


def test_a_gradient_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    @dataclass
    class Root(Line):
        def loss(self, batch: Batch) -> Mapping[str, Tensor]:
            return {"total": (0 * self.model(batch["x"]).sum()).sqrt()}

    with pytest.raises(TrainingError, match=r"step 1 of 5: the gradient.*before the first"):
        fit(Root(), Schedule(steps=5, peak_rate=0.1, threads=1), tmp_path, seed=0)


def test_weights_that_are_no_numbers_are_not_written(tmp_path: Path) -> None:
    @dataclass
    class Spoiling(Pictures):
        def loss(self, batch: Batch) -> Mapping[str, Tensor]:
            losses = super().loss(batch)
            self.model[1].running_mean.data.fill_(torch.inf)
            return losses

    with pytest.raises(TrainingError, match=r"step 4: 1.running_mean holds"):
        fit(Spoiling(), plan(), tmp_path, seed=0)
    assert not list(tmp_path.glob("*.pt"))


def test_what_the_batches_raise_surfaces_and_no_thread_is_left(tmp_path: Path) -> None:
    @dataclass
    class Broken(Pictures):
        def batch(self, step: int) -> Batch:
            if step == 5:
                raise InputError("image 17 is unreadable")
            return super().batch(step)

    before = threading.active_count()
    with pytest.raises(InputError, match="image 17 is unreadable"):
        fit(Broken(), plan(), tmp_path, seed=0)
    assert threading.active_count() == before


def test_a_loss_without_a_total_and_a_model_without_weights(tmp_path: Path) -> None:
    @dataclass
    class Untold(Line):
        def loss(self, batch: Batch) -> Mapping[str, Tensor]:
            return {"mean": self.model(batch["x"]).mean()}

    schedule = Schedule(steps=5, peak_rate=0.1, threads=1)
    with pytest.raises(InputError, match=r"no part 'total'; it has \['mean'\]"):
        fit(Untold(), schedule, tmp_path / "a", seed=0)
    with pytest.raises(InputError, match="no parameters"):
        fit(Line(model=nn.ReLU()), schedule, tmp_path / "b", seed=0)


def test_the_process_keeps_its_threads_and_random_numbers(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    state = torch.random.get_rng_state()
    fit(Pictures(), plan(2, warmup_steps=0), tmp_path, seed=0)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"peak_rate": 0.0}, {"average": 1.0}, {"warmup_steps": 13}]
)
def test_schedules_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    given = {"steps": 12, "peak_rate": 0.1} | wrong
    with pytest.raises(ConfigError, match="a schedule needs"):
        Schedule(**given)  # type: ignore[arg-type]
