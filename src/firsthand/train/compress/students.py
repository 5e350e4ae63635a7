"""From jointly trained students to int8 files: trained on, rounded as the file will be."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

from firsthand.train.compress.classifying import ClassifyingTask, Word
from firsthand.train.compress.pictures import Batches, Pictures
from firsthand.train.compress.sparse import begin_pruning, end_pruning
from firsthand.train.export import check_export, to_int8_tflite
from firsthand.train.loop import fit
from firsthand.train.quantise import fold_batch_norms, prepare
from firsthand.train.run import Progress
from firsthand.train.schedule import Schedule

_SETTLING: Final = 200
_CHECKED: Final = 16
_TOLERANCE: Final = 0.15


def int8_student(
    student: nn.Module,
    batches: Batches,
    schedule: Schedule,
    folder: Path,
    words: str,
    *,
    teacher: Word | None = None,
    keep_zeros: bool = False,
    seed: int = 0,
    tell: Callable[[Progress], None] = lambda _: None,
) -> nn.Module:
    """Train a student on, with weights and values rounded as its file will have them; return it.

    Its batch norms are folded first. `folder` gets the run, which is taken up again where it was
    left. With `keep_zeros` weights that `sparse.pruned_student` made zero stay so, in the file
    too. See `quantise.prepare` for what it may hold.
    """
    folded = copy.deepcopy(student).eval()
    fold_batch_norms(folded)
    prepared = prepare(folded, settle_steps=min(_SETTLING, max(1, schedule.steps // 4)))
    if keep_zeros:
        begin_pruning(prepared, None)
        words = f"{words}, sparse"
    task = ClassifyingTask(prepared, batches, words, teacher=teacher, softening=0.0)
    fit(task, schedule, folder, seed=seed, resume=True, tell=tell)
    end_pruning(prepared)
    return prepared.eval()


def int8_file(prepared: nn.Module, pictures: Pictures) -> bytes:
    """Return the .tflite file of what `int8_student` trained, checked against it.

    Raises `TrainingError` where the file answers otherwise.
    """
    data = to_int8_tflite(prepared, pictures.size_px)  # type: ignore[arg-type]
    check_export(prepared, data, as_shares(pictures.pixels[:_CHECKED]), _TOLERANCE)
    return data


def as_shares(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return pictures as files take them: float32 (n, height, width, 3) in 0..1."""
    return pixels.astype(np.float32) / np.float32(255)
