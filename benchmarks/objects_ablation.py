"""What is each part of made-up AR pictures worth: planes, light, shadow, occlusion?

The same network, the same short lessons (600 steps of 768 pictures), five times: with all of it,
and without one part each. `ap_iou50_all` is the average precision at a 3D overlap of one half over
all chairs of made-up sessions that were held out, drawn with all parts; `..._without_planes` where
chairs were pasted anywhere, turned and sized at random, `..._without_light` drawn flat,
`..._without_shadow`, `..._without_occlusion` each over all others. `mpe`, `overlap` and `found` are
as in objects_metrics. What parts are worth on photographs, where they were meant to help, is not
measured: there are none with truth.

The networks lie in `weights/objects_ablation`. Those that are missing are trained, an hour on two
free cores, and kept there.
"""

import math
import shutil
from functools import partial
from pathlib import Path
from typing import get_args

from firsthand.measure import Findings, Options, data_root, run_benchmark
from firsthand.objects.evaluation import evaluate, summarised
from firsthand.objects.single_stage import find_boxes, single_stage
from firsthand.runtime import load_runner
from firsthand.train.objects.recipe import train_objects
from firsthand.train.objects.renderer import Trick
from firsthand.train.run import Progress, Run
from objects_metrics import VALUES
from objects_sessions import KITCHEN, WEIGHTS, figure, held_out, network

SHOWN = ("ap_iou50_all", "mpe", "overlap", "found")


def tell(progress: Progress) -> None:
    if progress.note or progress.step % 100 == 0:
        print(progress.step, progress.steps, progress.note, dict(progress.losses), flush=True)


def trained(recipe: str, seed: int) -> Path:
    """A network of the folder, trained first if it is not there."""
    path = WEIGHTS / "objects_ablation" / f"firsthand-{recipe}-boxes-int8.tflite"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = KITCHEN / recipe
        run = Run(
            recipe=recipe,
            folder=folder,
            data=data_root(__file__),
            seed=seed,
            resume=True,
            steps=None,
        )
        train_objects(run, tell)
        for suffix in (".json", ".tflite"):  # the card first: a network without one is not whole
            shutil.copyfile(folder / f"{path.stem}{suffix}", path.with_suffix(suffix))
    return path


def measure(options: Options) -> Findings:
    folders = held_out(6 if options.quick else 24)
    figures = {}
    recipes = {"": "chair-short"}
    recipes |= {f"_without_{trick}": f"chair-short-without-{trick}" for trick in get_args(Trick)}
    for suffix, recipe in recipes.items():
        model = single_stage(load_runner(network(trained(recipe, options.seed))))
        frames = evaluate(partial(find_boxes, model), folders)
        for name in SHOWN:
            if not math.isfinite(VALUES[name](summarised(frames))):
                continue
            figures[f"{name}{suffix}"] = figure(frames, VALUES[name], options.seed)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
