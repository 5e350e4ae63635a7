"""What is each part of made-up AR pictures worth: planes, light, shadow, occlusion; and the mask?

The same network, the same short lessons (1,000 steps of 576 pictures, 128 pixels a side), six
times: with all of it, and without one part each. `overlap` is the mean 3D overlap of what is found
in made-up sessions that were held out, drawn with all parts, `mpe` the mean error of corners as a
share of the picture's sides, `ap_iou50_all` and `found` as in objects_metrics.
`..._without_planes` is where chairs were pasted anywhere, turned and sized at random,
`..._without_light` drawn flat, `..._without_shadow`, `..._without_occlusion` each over all others,
`..._without_mask` where the head of shapes learnt nothing. `..._less_...` is the difference to the
network with all of it, over the same sessions drawn anew: where its interval holds 0, nothing is
shown. What parts are worth on photographs, where they were meant to help, is not measured: there
are none with truth. Networks are compared as floats.

The networks are trained, an hour on two free cores, and kept in `.cache/benchmarks/objects`.
"""

import math
from functools import partial
from pathlib import Path
from typing import get_args

from firsthand.measure import Findings, Options, data_root, run_benchmark
from firsthand.objects.evaluation import JudgedFrame, evaluate, summarised
from firsthand.objects.single_stage import find_boxes, single_stage
from firsthand.runtime import load_runner
from firsthand.train.objects.recipe import train_objects
from firsthand.train.objects.renderer import Trick
from firsthand.train.run import Progress, Run
from objects_metrics import VALUES
from objects_sessions import KITCHEN, difference, figure, held_out, network

SHOWN = ("ap_iou50_all", "mpe", "overlap", "found")


def tell(progress: Progress) -> None:
    if progress.note or progress.step % 100 == 0:
        print(progress.step, progress.steps, progress.note, dict(progress.losses), flush=True)


def trained(recipe: str, seed: int) -> Path:
    """A network of the folder, trained first if it is not there."""
    folder = KITCHEN / recipe
    path = folder / f"firsthand-{recipe}-boxes.tflite"
    if not path.is_file():
        data = data_root(__file__)
        train_objects(
            Run(recipe=recipe, folder=folder, data=data, seed=seed, resume=True, steps=None), tell
        )
    return path


def measure(options: Options) -> Findings:
    folders = held_out(6 if options.quick else 24)
    figures = {}
    recipes = {"": "chair-short"}
    left_out = (*get_args(Trick), "mask")
    recipes |= {f"_without_{part}": f"chair-short-without-{part}" for part in left_out}
    whole: tuple[JudgedFrame, ...] = ()
    for suffix, recipe in recipes.items():
        model = single_stage(load_runner(network(trained(recipe, options.seed))))
        frames = evaluate(partial(find_boxes, model), folders)
        for name in SHOWN:
            if not math.isfinite(VALUES[name](summarised(frames))):
                continue
            figures[f"{name}{suffix}"] = figure(frames, VALUES[name], options.seed)
        if suffix:
            for name in ("mpe", "overlap"):
                figures[f"{name}_less{suffix}"] = difference(
                    whole, frames, VALUES[name], options.seed
                )
        whole = whole or frames
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
