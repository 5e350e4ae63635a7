"""The recipe that finds out what YAMNet's scores mean, for the kinds of which there is sound.

Nothing is trained: scenes of clips that calibrate Firsthand's own network are judged by the YAMNet
that is in the model store, and curves for its card fitted to what was really heard. Kinds without
such clips have no curve, nor have vehicles, as a chainsaw's engine may be called one.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.recorder.sounds.calibration import fit_calibration
from firsthand.recorder.sounds.categories import CATEGORIES, Grouping
from firsthand.recorder.sounds.loading import YAMNET
from firsthand.recorder.sounds.yamnet import Yamnet
from firsthand.runtime import ModelStore
from firsthand.runtime.place import replace_bytes
from firsthand.train.recorder.sound_clips import CLASSES, read_clips
from firsthand.train.recorder.sound_scenes import Scenes
from firsthand.train.recorder.sounds import PRECISION
from firsthand.train.run import Progress, Run

RECIPES: Final = ("usual",)

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "speech": ("speech",),
    "crying": ("crying",),
    "coughing": ("sneezing",),
    "music": ("music",),
    "dog": ("dog",),
    "bird": ("rooster",),
    "rain and water": ("rain", "waves"),
    "tool": ("chainsaw",),
}
"""Which of the classes that there is sound of belong to a category."""

_CHUNKS: Final = 160
_SCENES: Final = 300


def calibrate_yamnet(run: Run, tell: Callable[[Progress], None] = lambda _: None) -> Path:
    """Fit curves on clips below `run.data` and write YAMNet's card with them; return its file.

    Raises `ModelNotFoundError` where the store has no YAMNet, and what `read_clips` raises.
    """
    if run.data is None:
        raise InputError("this recipe listens to recordings: name their folder with --data")
    model = ModelStore().get(YAMNET, pull=False)
    network = Yamnet.open(model)
    group = Grouping(network.classes)
    columns = [list(CATEGORIES).index(kind) for kind in KINDS]
    clips = read_clips(
        run.data, tell=lambda what, done, whole: tell(Progress(done, whole, {}, 0.0, what))
    )
    made = Scenes(clips.calibrate, _CHUNKS)
    scores, heard = [], []
    count = run.steps or _SCENES
    for number in range(count):
        scene = made(np.random.default_rng([run.seed, 1, number]))
        found = group(network.step(network.begin(), scene.samples)[1])[:, columns]
        truth = _of_kinds(scene.windows())
        common = min(len(found), len(truth))  # its windows are a little longer
        scores.append(found[:common])
        heard.append(truth[:common])
        tell(Progress(number + 1, count, {}, 0.0, "listening to scenes"))
    calibration = fit_calibration(
        tuple(KINDS), np.concatenate(scores), np.concatenate(heard), PRECISION
    )
    path = run.folder / f"{YAMNET}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    card = replace(model.card, calibration=calibration.curves)
    replace_bytes(path, card.to_json())
    return path


def _of_kinds(heard: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Map what is heard of `CLASSES`, (windows, classes), to (windows, KINDS)."""
    return np.stack(
        [
            heard[:, [CLASSES.index(name) for name in members]].any(axis=1)
            for members in KINDS.values()
        ],
        axis=1,
    )
