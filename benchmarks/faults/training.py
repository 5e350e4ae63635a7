"""A training run that is killed, starved, or finds its checkpoints damaged."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from faults import Outcome, fault, refusal
from faults.victims import killed_at, last_words
from firsthand.errors import TrainingError
from firsthand.train.checkpoints import checkpoint_paths, newest_checkpoint
from firsthand.train.loop import Batch, Progress, fit
from firsthand.train.schedule import Schedule

STEPS, EVERY, KILLED_AT = 120, 20, 50


class Numbers:
    """Learn sums of random numbers: a network with all that a resumed run could lose."""

    recipe = "numbers"

    def __init__(self, spoiled_at: int = -1) -> None:
        self.spoiled_at = spoiled_at
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.model: nn.Module = nn.Sequential(
                nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1)
            )

    def batch(self, step: int) -> Batch:
        numbers = np.random.default_rng([0, step]).normal(size=(16, 8)).astype(np.float32)
        if step == self.spoiled_at:
            numbers[0, 0] = np.nan
        return {"numbers": torch.from_numpy(numbers)}

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        found = self.model(batch["numbers"])[:, 0]
        return {"total": functional.mse_loss(found, batch["numbers"].sum(1))}

    def preview(self, folder: Path, step: int) -> None:
        """Draw nothing."""


def fitted(
    folder: Path, steps: int, tell: Callable[[Progress], None] = lambda _: None, **task: int
) -> dict[str, list[float]]:
    """Train, or go on with what a folder has; return all weights."""
    schedule = Schedule(steps=steps, peak_rate=0.01, average=0.9, checkpoint_every=EVERY, threads=1)
    net = fit(Numbers(**task), schedule, folder, seed=0, resume=True, tell=tell)
    return {name: value.flatten().tolist() for name, value in net.state_dict().items()}


@fault("training", "Killed (SIGKILL) in the middle, and begun again")
def killed(folder: Path) -> Outcome:
    step = killed_at(KILLED_AT, "train", folder / "killed", STEPS)
    found = newest_checkpoint(folder / "killed").checkpoint
    assert found is not None
    same = fitted(folder / "killed", STEPS) == fitted(folder / "whole", STEPS)
    happened = f"killed after step {step}, gone on with from {found.step}: the same weights, bit by"
    return Outcome(same and step < STEPS, f"{happened} bit", "nothing but time")


@fault("training", "The newest checkpoint cut short, and a bit of it flipped", quick=False)
def damaged(folder: Path) -> Outcome:
    whole = fitted(folder / "whole", STEPS)
    same = []
    for name in ("cut", "flipped"):
        killed_at(KILLED_AT, "train", folder / name, STEPS)
        newest = checkpoint_paths(folder / name)[-1]
        data = bytearray(newest.read_bytes())
        data[len(data) // 2] ^= 1
        newest.write_bytes(data[:-100] if name == "cut" else data)
        said: list[str] = []
        weights = fitted(folder / name, STEPS, lambda p, said=said: said.append(p.note))
        same.append(weights == whole and "damaged" in said[0])
    happened = "told, and gone on with from the one before: the same weights, bit by bit"
    return Outcome(all(same), happened, "nothing but time")


@fault("training", "A full disk (EFBIG) when a checkpoint is written", quick=False)
def full_disk(folder: Path) -> Outcome:
    code, said = last_words("train", folder / "full", STEPS, 2_000)
    whole = fitted(folder / "full", STEPS) == fitted(folder / "whole", STEPS)
    ok = code == 1 and said.startswith("TrainingError") and whole
    return Outcome(ok, f"{said}; with room again it ends with the same weights", "nothing but time")


@fault("training", "A batch with NaN")
def not_a_number(folder: Path) -> Outcome:
    said = refusal(lambda: fitted(folder / "nan", STEPS, spoiled_at=KILLED_AT), TrainingError)
    found = newest_checkpoint(folder / "nan").checkpoint
    assert found is not None
    finite = all(bool(torch.isfinite(v).all()) for v in found.weights.values())
    ok = f"step {KILLED_AT + 1}" in said and finite and found.step <= KILLED_AT
    return Outcome(ok, said, "what followed; all checkpoints are whole")
