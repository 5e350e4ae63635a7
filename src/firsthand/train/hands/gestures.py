"""The recipe of the motion classifier: simulated strokes and recorded histories in, Model out.

It takes about a minute on one core. Without recorded histories it trains on simulated strokes
alone, and the card says so.
"""

import hashlib
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

import numpy as np
import torch

from firsthand.errors import ConfigError, InputError, MissingDependencyError, TrainingError
from firsthand.hands.gestures.fingers import Values
from firsthand.hands.gestures.motion_model import MotionModel, motion_model
from firsthand.hands.gestures.motion_window import FEATURES, POINTS, STEP_US, window_features
from firsthand.runtime import Measurement
from firsthand.train.cards import About, write_model
from firsthand.train.hands.histories import (
    SOURCE,
    Histories,
    held_out,
    kept_apart,
    read_histories,
)
from firsthand.train.hands.motion_accuracy import answers_to, labels_of
from firsthand.train.hands.motion_training import MotionNet, MotionTask, simulated_windows
from firsthand.train.hands.strokes import NAMES
from firsthand.train.loop import fit
from firsthand.train.run import Progress, Run
from firsthand.train.schedule import Schedule

RECIPES: Final = ("usual",)
MODEL_NAME: Final = "firsthand-hand-motion"
STEPS: Final = 4000

_EXPORT_TOLERANCE: Final = 1e-4
_HISTORIES: Final = ("point_history.csv", "hands/kinivi_keypoints/point_history.csv")
_PERFORMANCES: Final = 600
_TEST_PERFORMANCES: Final = 60
_TEST_SEED: Final = 1_000_003  # added to the run's seed, so that no performance is trained on


def train_gestures(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Train the motion classifier and return the path of its .tflite, its card beside it.

    `run.data` is the folder of recorded histories, or one above it; None trains on simulated
    strokes alone. The same seed and data give the same weights. Raises `InputError` for a folder
    without histories or with damaged ones, `ConfigError` for weights to begin from, and what
    `loop.fit` raises.
    """
    if run.start is not None:
        raise ConfigError(
            f"gestures learn in minutes and always anew: leave out --start {run.start}"
        )
    everything = None if run.data is None else read_histories(_found(run.data))
    recorded = everything and everything.only(kept_apart(everything.rows))
    simulated = simulated_windows(run.seed, _PERFORMANCES)
    task = MotionTask(MotionNet(run.seed), _identity(recorded), run.seed, simulated, recorded)
    net = fit(
        task,
        schedule(STEPS if run.steps is None else run.steps),
        run.folder / "training",
        seed=run.seed,
        resume=run.resume,
        tell=tell,
    )
    assert isinstance(net, MotionNet)
    return write_motion_model(net, run.folder, everything, run.seed)


def schedule(steps: int) -> Schedule:
    """Return how the network is trained in that many steps."""
    return Schedule(
        steps=steps,
        peak_rate=4e-3,
        warmup_steps=min(50, steps // 10),
        weight_decay=1e-3,
        average=0.995,
        checkpoint_every=1000,
        preview_at=tuple(step for step in (200, 1000, steps) if step <= steps),
        threads=1,
    )


def write_motion_model(
    net: MotionNet, folder: Path, everything: Histories | None, seed: int
) -> Path:
    """Write a trained network as a Model, checked and measured as the file it is, and return it.

    `everything` are the recorded histories of which the network saw what `kept_apart` leaves.
    Raises `TrainingError` if the file answers otherwise than the network.
    """
    data = _export(net)
    model = motion_model(write_model(folder, MODEL_NAME, data, _about((), everything)))
    simulated = simulated_windows(seed + _TEST_SEED, _TEST_PERFORMANCES).clear()
    _check_export(net, model, simulated.points[::50])
    right = answers_to(model, simulated.points) == simulated.labels
    measured = [Measurement("accuracy, nine names", float(right.mean()), "other simulated strokes")]
    if everything is not None:
        apart = everything.only(held_out(everything.rows))
        hits = labels_of(model, apart) == apart.labels
        name = "kinivi point_history.csv, blocks held out of the same recordings"
        measured.append(Measurement("accuracy, four labels", float(hits.mean()), name))
    return write_model(folder, MODEL_NAME, data, _about(tuple(measured), everything)).path


def _about(measured: tuple[Measurement, ...], everything: Histories | None) -> About:
    sources = ["strokes simulated by this project's own formulas"]
    only = " Trained on simulated strokes alone." if everything is None else ""
    if everything is not None:
        sources.append(
            f"{SOURCE}: {int(kept_apart(everything.rows).sum())} histories of the first "
            f"three of every four blocks of 120; {everything.leaps} with positions that are no "
            "fingertip's left out"
        )
    return About(
        version="1",
        task="hand motion",
        description=(
            "What an index fingertip does over the last 0.6 seconds. Swipes and waves were only "
            f"ever seen simulated.{only}"
        ),
        licence="Apache-2.0",
        inputs=(f"{POINTS} points from their mean over their extent, and log extent in palms",),
        outputs=("a logit for each label",),
        preprocessing=(
            f"firsthand.hands.gestures.motion_window: {POINTS} points {STEP_US // 1000} ms apart"
        ),
        labels=NAMES,
        training_sources=tuple(sources),
        accuracy=measured,
    )


def _export(net: MotionNet) -> bytes:
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")  # the converter's, about itself
            import litert_torch

            converted = litert_torch.convert(net.eval(), (torch.zeros(1, FEATURES),))
            return bytes(converted.model_content())
    except ImportError as error:
        raise MissingDependencyError(
            'converting a network needs litert-torch: pip install "firsthand[train]"'
        ) from error


def _check_export(net: MotionNet, model: MotionModel, windows: Values) -> None:
    """Raise `TrainingError` unless the file answers as the network does."""
    features = window_features(windows)
    with torch.no_grad():
        wanted = net(torch.from_numpy(features)).numpy()
    got = np.concatenate([model.runner(row[None])[0] for row in features])
    worst = float(np.abs(got - wanted).max())
    if not worst <= _EXPORT_TOLERANCE * float(np.abs(wanted).max()):
        raise TrainingError(
            f"the exported file's logits differ from the network's by {worst:.2g} where those "
            f"reach {float(np.abs(wanted).max()):.2g}"
        )


def _found(folder: Path) -> Path:
    for name in _HISTORIES:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"{folder} has neither {' nor '.join(_HISTORIES)}: name the folder that holds the "
        "fingertip histories, or none to train on simulated strokes alone"
    )


def _identity(recorded: Histories | None) -> str:
    if recorded is None:
        return f"{MODEL_NAME}: simulated strokes"
    held = hashlib.sha256(np.ascontiguousarray(recorded.points).tobytes()).hexdigest()[:16]
    return f"{MODEL_NAME}: simulated strokes and {len(recorded.rows)} histories, {held}"
