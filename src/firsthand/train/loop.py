"""The training loop of every recipe: seeded, resumable to the last bit, and stopped by NaN."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import torch
from torch import nn

from firsthand.errors import InputError, TrainingError
from firsthand.runtime.place import replace_bytes
from firsthand.train.checkpoints import held
from firsthand.train.prefetch import prefetched
from firsthand.train.run import Progress
from firsthand.train.running import Running, begin
from firsthand.train.schedule import Schedule
from firsthand.train.task import Batch, Task

__all__ = ["LOG_NAME", "Batch", "Progress", "Task", "fit"]

LOG_NAME: Final = "losses.jsonl"


def fit(
    task: Task,
    schedule: Schedule,
    folder: Path,
    *,
    seed: int,
    resume: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
) -> nn.Module:
    """Train `task.model` and return it, its averaged weights loaded, in evaluation mode.

    `folder` gets checkpoints, previews and `losses.jsonl`. With `resume` a run that was killed at
    any moment goes on from its last checkpoint and ends with the weights it would have had, to
    the bit on a CPU and one thread; a folder where nothing has begun is begun. `tell` is called
    after every step; when it raises, such as `KeyboardInterrupt`, a checkpoint of that step is
    written before the exception goes on.

    Raises `InputError` for a folder that is not empty without `resume`, or that holds another
    recipe's, seed's or schedule's run, or is held by another process; `TrainingError` for a loss or
    gradient that is no finite number, or a full disk, and then leaves all checkpoints as they are.
    """
    _claim(folder, resume)
    with held(folder), _torch_settings(schedule.threads):
        _train(begin(task, schedule, folder, seed), tell)
    return task.model.eval()


def _train(run: Running, tell: Callable[[Progress], None]) -> None:
    task, schedule, log_path = run.task, run.schedule, run.folder / LOG_NAME
    _shorten_log(log_path, run.step)
    with (
        log_path.open("a", encoding="utf-8") as log,
        prefetched(
            lambda step: _laid_out(task.batch(step)), range(run.step, schedule.steps)
        ) as batches,
    ):
        if run.note:
            tell(Progress(run.step, schedule.steps, {}, schedule.rate(run.step), run.note))
        for step, batch in batches:
            losses = run.advance(batch)
            _write_line(log, {"step": step + 1, "rate": schedule.rate(step), **losses})
            if run.step in schedule.preview_at:
                run.preview()
            due = run.step % schedule.checkpoint_every == 0 or run.step == schedule.steps
            if due:
                run.save()
            try:
                tell(Progress(run.step, schedule.steps, losses, schedule.rate(step)))
            except BaseException:  # Ctrl-C among them: the step just done is kept
                if not due:
                    run.save()
                raise
    if run.average:
        task.model.load_state_dict(run.average)


def _claim(folder: Path, resume: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: no run can be kept there: {error.strerror}") from error
    if taken and not resume:
        raise InputError(
            f"{folder} is not empty: go on with what is there with --resume, or name another folder"
        )


def _laid_out(batch: Batch) -> Batch:
    return {
        name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
        for name, value in batch.items()
    }


@contextmanager
def _torch_settings(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(before)


def _write_line(log: TextIO, values: Mapping[str, float]) -> None:
    try:
        log.write(json.dumps(values) + "\n")
        log.flush()
    except OSError as error:
        raise TrainingError(f"{log.name}: cannot be written: {error.strerror}") from error


def _shorten_log(path: Path, step: int) -> None:
    """Keep the lines up to `step`: later ones, and a torn last one, are about to come again."""
    if not path.exists():
        return
    kept = [line for line in path.read_bytes().split(b"\n") if 0 < _step_of(line) <= step]
    replace_bytes(path, b"".join(line + b"\n" for line in kept))


def _step_of(line: bytes) -> int:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return 0
    step = entry.get("step") if isinstance(entry, dict) else None
    return step if type(step) is int else 0
