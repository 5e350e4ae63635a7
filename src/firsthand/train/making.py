"""The steps that models of pictures are made in: learn in float, learn to bear int8, write."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import fx, nn

from firsthand.train.cards import About, write_model
from firsthand.train.checkpoints import read_weights, write_weights
from firsthand.train.export import check_export, to_int8_tflite, to_tflite
from firsthand.train.loop import fit
from firsthand.train.quantise import fold_batch_norms
from firsthand.train.quantise import prepare as prepare_int8
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule
from firsthand.train.task import Task

WEIGHTS: Final = "weights.pt"
"""What a run's folder has for another to begin from: see `Run.start`."""

_PROBES: Final = 8
_FLOAT_TOLERANCE: Final = 1e-3
_INT8_TOLERANCE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Lessons:
    """How long and how fast a model learns: in float, from harder samples, with int8's rounding.

    With 0 `refining_steps` the second part is left out.
    """

    steps: int
    int8_steps: int
    batch_size: int
    peak_rate: float = 3e-3
    refining_steps: int = 0
    refining_rate: float = 1e-3
    int8_rate: float = 2e-4
    threads: int = 2

    def shortened(self, steps: int | None) -> "Lessons":
        """Return them with another number of steps, those that follow in proportion."""
        if steps is None:
            return self
        int8 = max(1, round(self.int8_steps * steps / self.steps))
        refining = -(-self.refining_steps * steps // self.steps)
        return replace(self, steps=steps, int8_steps=int8, refining_steps=refining)

    def in_float(self) -> Schedule:
        """Return the schedule of the first part."""
        return Schedule(
            steps=self.steps,
            peak_rate=self.peak_rate,
            warmup_steps=min(300, self.steps // 5),
            weight_decay=2e-2,
            average=0.998,
            clip_norm=5.0,
            checkpoint_every=500,
            preview_at=tuple(n for n in (200, 1000, 3000, self.steps) if n <= self.steps),
            threads=self.threads,
        )

    def further(self) -> Schedule:
        """Return the schedule of the first part for weights that have learnt before."""
        return replace(self.in_float(), peak_rate=self.peak_rate / 2)

    def refining(self) -> Schedule:
        """Return the schedule of the part between."""
        return replace(
            self.in_float(),
            steps=self.refining_steps,
            peak_rate=self.refining_rate,
            warmup_steps=min(100, self.refining_steps // 5),
            preview_at=(self.refining_steps,),
        )

    def in_int8(self) -> Schedule:
        """Return the schedule of the last part."""
        return Schedule(
            steps=self.int8_steps,
            peak_rate=self.int8_rate,
            warmup_steps=self.int8_steps // 10,
            weight_decay=1e-3,
            average=0.99,
            clip_norm=5.0,
            checkpoint_every=500,
            preview_at=(self.int8_steps,),
            threads=self.threads,
        )


def learn(
    run: Run,
    lessons: Lessons,
    net: nn.Module,
    as_task: Callable[[nn.Module], Task],
    as_file: Callable[[nn.Module], nn.Module],
    size_px: int,
    keep_float: tuple[str, ...],
    tell: Callable[[Progress], None],
    as_harder_task: Callable[[nn.Module], Task] | None = None,
) -> tuple[bytes, bytes]:
    """Train `net`, then again with int8's rounding; return the float file and the int8 file.

    `as_task` makes the task of a network, `as_harder_task` that of the lessons that follow the
    first, `as_file` the module whose outputs the file has. Both files are compared with what was
    trained; see `export.check_export` for what it raises.
    """
    as_later_task = as_harder_task or as_task
    trained = fit(
        as_task(net),
        lessons.in_float() if run.start is None else lessons.further(),
        run.folder / "float",
        seed=run.seed,
        resume=run.resume,
        tell=tell,
    )
    if lessons.refining_steps:
        trained = fit(
            as_later_task(net),
            lessons.refining(),
            run.folder / "refined",
            seed=run.seed + 2,
            resume=run.resume,
            tell=tell,
        )
    write_weights(run.folder / WEIGHTS, trained.state_dict(), {"recipe": run.recipe})
    size = (size_px, size_px)
    rng = np.random.default_rng(run.seed)
    probes = rng.random((_PROBES, *size, 3), dtype=np.float32)
    module = as_file(trained).eval()
    in_float = to_tflite(module, size)
    check_export(module, in_float, probes, _FLOAT_TOLERANCE)
    fold_batch_norms(net)
    rounding: fx.GraphModule = prepare_int8(
        as_file(net), settle_steps=max(1, lessons.int8_steps // 4), keep_float=keep_float
    )
    bearing = fit(
        as_later_task(rounding),
        lessons.in_int8(),
        run.folder / "int8",
        seed=run.seed + 1,
        resume=run.resume,
        tell=tell,
    )
    assert isinstance(bearing, fx.GraphModule)
    in_int8 = to_int8_tflite(bearing, size)
    check_export(bearing, in_int8, probes, _INT8_TOLERANCE)
    return in_float, in_int8


def begun(run: Run, make: Callable[[], nn.Module]) -> tuple[nn.Module, str]:
    """Return a network whose weights begin as `run` has it, and words of where they are from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        net = make()
    if run.start is None:
        return net, ""
    return net, f", begun from {read_weights(run.start, net)}"


def write(folder: Path, name: str, data: bytes, about: About) -> Path:
    """Write a model and its card; return the path of the model."""
    return write_model(folder, name, data, about).path
