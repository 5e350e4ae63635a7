"""Tasks small enough to train in a test."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.train.loop import Batch, fit
from firsthand.train.schedule import Schedule


def small_network(seed: int = 5) -> nn.Module:
    """A network with all that a resumed run could lose: batch norms, dropout, many shapes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 2),
        )


@dataclass
class Pictures:
    """Learn the mean and spread of random pictures."""

    recipe: str = "pictures"
    seed: int = 0
    model: nn.Module = field(default_factory=small_network)
    spoiled_at: int = -1
    previews: list[int] = field(default_factory=list)

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self.seed, step])
        image = rng.normal(rng.uniform(size=(4, 1, 1, 1)), 1.0, (4, 3, 8, 8)).astype(np.float32)
        truth = np.stack([image.mean((1, 2, 3)), image.std((1, 2, 3))], 1)
        if step == self.spoiled_at:
            image[0, 0, 0, 0] = np.nan
        return {"image": torch.from_numpy(image), "truth": torch.from_numpy(truth)}

    def loss(self, batch: Batch) -> Mapping[str, Tensor]:
        out = self.model(batch["image"])
        mean = functional.mse_loss(out[:, 0], batch["truth"][:, 0])
        spread = functional.mse_loss(out[:, 1], batch["truth"][:, 1])
        return {"total": mean + spread, "mean": mean, "spread": spread}

    def preview(self, folder: Path, step: int) -> None:
        self.previews.append(step)
        torch.rand(3)
        (folder / f"preview-{step}.txt").write_text("seen")


def plan(steps: int = 12, **more: object) -> Schedule:
    """A schedule that uses every device: warm-up, decay, averaging, clipping."""
    given = {"peak_rate": 0.05, "warmup_steps": 3, "weight_decay": 0.01, "average": 0.9}
    given |= {"checkpoint_every": 4, "threads": 1} | more
    return Schedule(steps=steps, **given)  # type: ignore[arg-type]


def weights(model: nn.Module) -> dict[str, list[float]]:
    """Every weight and buffer, for comparing to the last bit."""
    return {name: value.flatten().tolist() for name, value in model.state_dict().items()}


if __name__ == "__main__":  # a run for a test to kill: says each step as soon as it is done
    fit(
        Pictures(),
        plan(int(sys.argv[2])),
        Path(sys.argv[1]),
        seed=1,
        resume=True,
        tell=lambda progress: print(progress.step, flush=True),  # noqa: T201
    )
