"""How useful are representations of speech, on seventeen tasks, each learnt by a simple classifier?

All tasks of `firsthand.speech.noss.sets.TABLES` that the data has, and "muffled". `TASK_MODEL` is
how good the answers are, as the task counts them (accuracy, or balanced accuracy of the orders and
of muffled speech), with intervals over the clips tested with; of each fold the classifier was
chosen where nothing is tested. What nothing learns from: speakers or groups are kept apart as each
task's rule has it, and no clip, reader or recording tested with was learnt from by our network.

`effect_MODEL` is the coefficient of a regression of these scores on model and task, against the
mean of all models compared; `effect_best_baseline` is that of the best which is not ours,
`own_over_best_baseline` how far ours is above it, and `tasks_won` at how many tasks nothing that is
not ours is better. `random` is our network before it has learnt anything, its spectral part
included. With `--quick` about 150 clips of a task and LDA alone.
"""

from dataclasses import replace

import numpy as np

from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark
from firsthand.measure.bootstrap import Interval
from firsthand.speech.noss.classifiers import recipes
from firsthand.speech.noss.effects import effects_of
from firsthand.speech.noss.report import draw_effects, effects
from firsthand.speech.noss.sets import tasks_in
from firsthand.speech.noss.studies import Cell, resampled, run_study, table_of
from firsthand.speech.noss.tasks import Task
from speech_representations import BASELINES, KEPT, OWN, representations

QUICK_CLIPS = 150
MODELS = (*OWN, *BASELINES)


def told(what: str, done: int, whole: int) -> None:
    if done == whole:
        print(what, flush=True)


def fewer(task: Task) -> Task:
    step = max(1, len(task.clips) // QUICK_CLIPS)
    return replace(task, clips=task.clips[:: step + (step % 2 == 0)])


def asked(options: Options) -> tuple[Cell, ...]:
    tasks = tasks_in(data_root(__file__))
    some = None
    if options.quick:
        tasks = {name: fewer(task) for name, task in tasks.items()}
        some = recipes(speakers=False, kinds=("LDA",))
    folder = KEPT / ("noss-quick" if options.quick else "noss")
    with representations() as opening:
        return run_study(
            MODELS, tasks, folder, seed=options.seed, recipes=some, opening=opening, tell=told
        )


def score(cell: Cell, drawn: np.ndarray) -> Figure:
    low, high = np.quantile(drawn, (0.025, 0.975))
    note = "" if len(set(cell.chosen)) > 1 else cell.chosen[0]
    return Figure.of(Interval(cell.value, float(low), float(high)), "", note, cell.n)


def measure(options: Options) -> Findings:
    cells = asked(options)
    models, tasks, observed = table_of(cells)
    drawn = resampled(cells, np.random.default_rng(options.seed))
    figures = {
        f"{cell.task}_{cell.model}": score(
            cell, drawn[:, models.index(cell.model), tasks.index(cell.task)]
        )
        for cell in cells
    }
    found = effects(cells, options.seed)
    for name, effect in found.items():
        figures[f"effect_{name}"] = Figure.of(effect, n=len(tasks))
    best = max(BASELINES, key=lambda name: found[name].value)
    figures["effect_best_baseline"] = Figure.of(found[best], "", best, len(tasks))
    own, peer = models.index("own"), models.index(best)
    apart = effects_of(drawn)
    low, high = np.quantile(apart[:, own] - apart[:, peer], (0.025, 0.975))
    figures["own_over_best_baseline"] = Figure.of(
        Interval(found["own"].value - found[best].value, float(low), float(high)), "", best
    )
    others = observed[[models.index(name) for name in BASELINES]].max(axis=0)
    figures["tasks_won"] = Figure(
        int((observed[own] >= others).sum()), note=f"of {len(tasks)}", n=len(tasks)
    )
    draw_effects(found, options.plot())
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
