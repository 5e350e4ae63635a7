"""Writing a trained model: its file and the card that says what it is and was made from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from firsthand.errors import ConfigError, InputError
from firsthand.runtime import (
    Measurement,
    Model,
    ModelCard,
    Source,
    TensorCard,
    TensorSpec,
    load_runner,
)
from firsthand.runtime.backends.litert import open_litert
from firsthand.runtime.calibration import Curve
from firsthand.runtime.place import replace_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a card says that the file does not.

    `inputs` and `outputs` are the meanings of the file's tensors, in order, with unit and range.
    `training_sources` name each set of data and its licence, teachers included.
    Raises `ConfigError` where a model would not say what it was made from or may be used for.
    """

    version: str
    task: str
    description: str
    licence: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    preprocessing: str
    training_sources: tuple[str, ...]
    labels: tuple[str, ...] = ()
    accuracy: tuple[Measurement, ...] = ()
    sources: tuple[Source, ...] = ()
    calibration: tuple[Curve, ...] = ()

    def __post_init__(self) -> None:
        if not self.training_sources or not self.preprocessing:
            raise ConfigError("a trained model's card names its training sources and preprocessing")
        if self.licence in ("", "unknown"):
            raise ConfigError("a trained model's card names its licence, such as Apache-2.0")


def write_model(folder: Path, name: str, data: bytes, about: About) -> Model:
    """Write `NAME.tflite` and `NAME.json` into `folder` and return them read back and verified.

    Shapes and dtypes on the card are the file's. Each of the two is replaced in one step; where
    the machine stops between them, their sums differ, and whoever reads the model is told.

    Raises `ModelError` for bytes that are no model, before anything is written, and `InputError`
    where `folder` cannot be written.
    """
    runner = open_litert(data, threads=1, where=name)
    card = ModelCard(
        name=name,
        version=about.version,
        task=about.task,
        description=about.description,
        format="tflite",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        licence=about.licence,
        inputs=_tensors(runner.inputs, about.inputs, "inputs"),
        outputs=_tensors(runner.outputs, about.outputs, "outputs"),
        preprocessing=about.preprocessing,
        labels=about.labels,
        training_sources=about.training_sources,
        accuracy=about.accuracy,
        sources=about.sources,
        calibration=about.calibration,
    )
    # What could not be read back is not written.
    ModelCard.from_json(card.to_json(), f"the card of {name}")
    path = folder / card.file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_bytes(path, data)
        replace_bytes(path.with_suffix(".json"), card.to_json())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    model = Model.open(path)
    load_runner(model)
    return model


def note_accuracy(path: Path, *found: Measurement) -> None:
    """Have the card of the model at `path` say what was measured of it, and nothing else."""
    model = Model.open(path)
    replace_bytes(path.with_suffix(".json"), replace(model.card, accuracy=found).to_json())


def _tensors(
    specs: Sequence[TensorSpec], meanings: Sequence[str], what: str
) -> tuple[TensorCard, ...]:
    if len(specs) != len(meanings):
        raise ConfigError(
            f"the file has {len(specs)} {what}, but {len(meanings)} are described: {meanings}"
        )
    return tuple(
        TensorCard(spec.name, spec.shape, spec.dtype.name, meaning)
        for spec, meaning in zip(specs, meanings, strict=True)
    )
