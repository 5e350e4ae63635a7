"""What `firsthand train` shows while it works: a bar on a terminal, lines elsewhere."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from firsthand.cli.telling import one_line
from firsthand.train.run import Progress

_LINES: Final = 50  # so many, where there is no terminal, over all steps
_WINDOW_S: Final = 60.0  # over which speed is measured


class Told:
    """Shows steps, losses, steps a second and the time left, on standard error.

    `now_s` tells seconds. A stage (making data, training, training for int8) begins when the note
    or the number of steps changes, or when the steps begin anew.
    """

    def __init__(
        self, console: Console | None = None, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(stderr=True)
        self._shown = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}", markup=False),
            console=self._console,
            get_time=now_s,
            speed_estimate_period=_WINDOW_S,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._stage: tuple[str, int] = ("", 0)
        self._last = -1

    def __enter__(self) -> Self:
        self._shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.stop()

    def say(self, words: str) -> None:
        """Print a line that stays."""
        self._console.print(one_line(words), highlight=False, markup=False, soft_wrap=True)

    def update(self, step: Progress) -> None:
        """Show how far a run is."""
        stage = (one_line(step.note), step.steps)
        title = stage[0] or "training"
        if self._task is None or stage != self._stage or step.step < self._last:
            if stage[0] and stage[0] != self._stage[0]:
                self.say(stage[0])
            if self._task is not None:
                self._shown.update(self._task, visible=False)
            self._task = self._shown.add_task(
                title, total=step.steps, completed=step.step, words=""
            )
            self._stage, self._last = stage, step.step
        self._shown.update(self._task, completed=step.step)
        words = ", ".join([*_losses(step.losses), *self._pace(self._task)])
        self._shown.update(self._task, words=words)
        every = max(1, step.steps // _LINES)
        due = step.step == step.steps or step.step // every > self._last // every
        if due and not self._console.is_terminal:
            self.say(f"{title}: {step.step} of {step.steps}, {words}")
        self._last = step.step

    def _pace(self, task: TaskID) -> list[str]:
        shown = next(each for each in self._shown.tasks if each.id == task)
        if not shown.speed:
            return []
        pace = [f"{shown.speed:.3g} a second"]
        if shown.time_remaining is not None and not shown.finished:
            pace.append(f"{_duration(shown.time_remaining)} left")
        return pace


def _losses(losses: Mapping[str, float]) -> list[str]:
    return [f"{name} {value:.4g}" for name, value in losses.items()]


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
