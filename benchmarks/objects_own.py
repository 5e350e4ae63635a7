"""A category from one mesh: how long does it take, and how well is the thing found then?

MediaPipe's sneaker (Apache-2.0), turned upright and made 0.3 m long, is written as a glTF file and
given to the recipe of `firsthand train objects --mesh`. `minutes` is how long that takes from the
mesh to the int8 file, drawing included, `cpu_minutes` the processor time of it; other work on the
machine makes the first longer, and hardly the second. Measured as objects_metrics measures, in
made-up sessions of the very same mesh over photographs that were held out: one mesh says nothing of
other shoes. `..._published` are MediaPipe's published sneakers in the same pictures, from 0.2 on,
`..._box` a box that is always the same, as large as this shoe.
"""

import math
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import trimesh

from firsthand.geometry import Box, Camera
from firsthand.measure import Figure, Findings, Options, data_root, run_benchmark
from firsthand.objects.evaluation import Find, evaluate, sessions_in, summarised
from firsthand.objects.single_stage import Found, find_boxes, single_stage
from firsthand.runtime import load_runner
from firsthand.train.objects.categories import MEDIAPIPE
from firsthand.train.objects.meshes import read_mesh
from firsthand.train.objects.recipe import train_objects
from firsthand.train.run import Progress, Run
from objects_metrics import VALUES, published
from objects_sessions import figure

LENGTH_M = 0.3
UPRIGHT = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])


def write_mesh(obj: Path, path: Path) -> None:
    """As glTF in metres, y up; its picture has the first row at v = 0."""
    shoe = trimesh.load(obj, force="mesh")
    shoe.visual.uv[:, 1] = 1 - shoe.visual.uv[:, 1]
    shoe.apply_transform(UPRIGHT)
    shoe.apply_scale(LENGTH_M / shoe.extents.max())
    shoe.export(path)


def same_box(size: np.ndarray) -> Find:
    """A box in the middle of the picture, seen from 30 degrees above."""
    cos, sin = np.cos(np.radians(30)), np.sin(np.radians(30))
    rotation = np.array([[1, 0, 0], [0, -cos, sin], [0, -sin, -cos]])

    def find(_: np.ndarray, camera: Camera) -> list[Found]:
        box = Box(np.array([0, 0, 1.0]), rotation, size / size.max() * 0.6)
        return [Found(box, camera.project(np.vstack([box.middle, box.corners])), 0.5)]

    return find


def tell(progress: Progress) -> None:
    if progress.note or progress.step % 100 == 0:
        print(progress.step, progress.steps, progress.note, dict(progress.losses), flush=True)


def measure(options: Options) -> Findings:
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        mesh = Path(folder) / "sneaker.glb"
        write_mesh(data_root(__file__) / MEDIAPIPE / "sneaker.obj", mesh)
        run = Run(
            recipe="own",
            folder=Path(folder) / "run",
            data=mesh,
            seed=options.seed,
            resume=False,
            steps=20 if options.quick else None,
        )
        began, began_cpu = time.perf_counter(), time.process_time()
        path = train_objects(run, tell)
        took = time.perf_counter() - began, time.process_time() - began_cpu
        figures["minutes"] = Figure(took[0] / 60, unit="min")
        figures["cpu_minutes"] = Figure(took[1] / 60, unit="min")
        finders: dict[str, Find] = {
            "": partial(find_boxes, single_stage(load_runner(path))),
            "_published": published("shoe"),
            "_box": same_box(read_mesh(mesh).size),
        }
        for suffix, find in finders.items():
            frames = evaluate(find, sessions_in(run.folder / "tests"))
            for name, value in VALUES.items():
                if math.isfinite(value(summarised(frames))):
                    figures[f"{name}{suffix}"] = figure(frames, value, options.seed)
    return Findings(figures)


if __name__ == "__main__":
    raise SystemExit(run_benchmark(__file__, __doc__, measure))
