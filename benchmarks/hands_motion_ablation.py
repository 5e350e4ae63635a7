"""What do simulated strokes and recorded histories each bring to the motion classifier?

Three ways to train the same network, each half as long as the recipe does: on simulated strokes
alone (then every recorded row is new to it), on recorded histories alone, on both. Those that see
recorded rows are trained four times, each time without one of four interleaved sets of blocks and
the 32 rows on either side, and tested on that; every row is tested once. `leaky` shows what a
random split would have claimed: it trains on recorded rows whose neighbours, alike in 15 of 16
points, it is tested on. Beside each the accuracy on other simulated windows of nine names, where
the network was ever shown them.

All recordings are probably by the same hand, before the same camera: the figure for simulated
strokes alone is the only one here about people that the network has never seen.

Intervals: the bootstrap draws stretches of 16 rows. `--quick` trains for a tenth of the time, so
its figures are lower.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from firsthand.hands.gestures.motion import MotionModel, motion_model
from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark
from firsthand.train.hands.gestures import STEPS, schedule
from firsthand.train.hands.histories import (
    Histories,
    held_out,
    kept_apart,
    read_histories,
)
from firsthand.train.hands.motion_accuracy import answers_to, labels_of
from firsthand.train.hands.motion_training import (
    MotionNet,
    MotionTask,
    Windows,
    simulated_windows,
)
from firsthand.train.hands.strokes import NAMES
from firsthand.train.loop import fit
from hands_motion import HISTORIES, TEST_SEED, by_stretches

FOLDS = 4


@dataclass(frozen=True)
class NetRunner:
    """A network in the place of its file."""

    net: torch.nn.Module

    def __call__(self, features: NDArray[np.float32]) -> tuple[NDArray[np.float32]]:
        with torch.no_grad():
            return (self.net(torch.from_numpy(features)).numpy(),)


def trained(recorded: Histories | None, strokes: Windows | None, options: Options) -> MotionModel:
    steps = STEPS // 20 if options.quick else STEPS // 2
    task = MotionTask(MotionNet(options.seed), "ablation", options.seed, strokes, recorded)
    with tempfile.TemporaryDirectory() as folder:
        net = fit(task, schedule(steps), Path(folder), seed=options.seed)
    return MotionModel(NetRunner(net), NAMES, motion_model().card)


def measure(options: Options) -> Findings:
    everything = read_histories(data_root(__file__) / HISTORIES)
    rows, labels = everything.rows, everything.labels
    strokes = simulated_windows(options.seed, 60 if options.quick else 300)
    others = simulated_windows(TEST_SEED + options.seed, 15).clear()
    figures: dict[str, Figure] = {}

    def tell(name: str, hits: NDArray[np.bool_], places: NDArray[np.int64], note: str) -> None:
        found = by_stretches(hits, places, options)
        figures[name] = Figure.of(found, note=note, n=len(hits))

    def tell_simulated(name: str, model: MotionModel) -> None:
        hits = answers_to(model, others.points) == others.labels
        tell(name, hits, np.arange(len(hits)), "other simulated windows, nine names")

    model = trained(None, strokes, options)
    tell("histories_simulated_only", labels_of(model, everything) == labels, rows, "all rows")
    tell_simulated("windows_simulated_only", model)
    for name, shown in (("recorded_only", None), ("both", strokes)):
        hits = np.zeros(len(rows), bool)
        for fold in range(FOLDS):
            model = trained(everything.only(kept_apart(rows, fold)), shown, options)
            apart = held_out(rows, fold)
            hits[apart] = labels_of(model, everything.only(apart)) == labels[apart]
        tell(f"histories_{name}", hits, rows, f"{FOLDS} folds of blocks, gaps between")
        if shown is not None:
            tell_simulated(f"windows_{name}", model)
    apart = np.random.default_rng(options.seed).random(len(rows)) < 1 / FOLDS
    model = trained(everything.only(~apart), None, options)
    hits = labels_of(model, everything.only(apart)) == labels[apart]
    tell("histories_recorded_only_leaky", hits, rows[apart], "a random split, which leaks")
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
