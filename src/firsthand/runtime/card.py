"""The model card: what a model takes, gives, was made from, may be used for, and its SHA-256."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from firsthand.errors import ModelError
from firsthand.runtime.calibration import Curve, read_curve
from firsthand.runtime.fields import MAX_JSON_BYTES, Fields, parse_object, show
from firsthand.runtime.sources import Source, parse_source, source_json

# Flatbuffers address 2 GiB, and so does protobuf: no .tflite or single-file .onnx is larger.
MAX_MODEL_BYTES = (1 << 31) - 1

ModelFormat = Literal["tflite", "onnx"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DTYPE = re.compile(r"float(?:16|32|64)|u?int(?:8|16|32|64)|bool")


@dataclass(frozen=True)
class TensorCard:
    """One input or output in words: shape (-1 is any size), NumPy dtype name, meaning and range."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    meaning: str

    def __post_init__(self) -> None:
        if not _DTYPE.fullmatch(self.dtype):
            raise ModelError(f"tensor {show(self.name)}: dtype {show(self.dtype)} is not known")
        if len(self.shape) > 8 or any(not -1 <= n < 1 << 31 or n == 0 for n in self.shape):
            raise ModelError(
                f"tensor {show(self.name)}: shape {show(self.shape)} must have at most 8 "
                "dimensions, each positive or -1 for any size"
            )


@dataclass(frozen=True)
class Measurement:
    """One measured accuracy: `metric` = `value` on `dataset`."""

    metric: str
    value: float
    dataset: str


@dataclass(frozen=True)
class ModelCard:
    """All that is known about a model's file; JSON on disk.

    `sha256` (lower-case hex) and `size_bytes` identify the file. `sources` are tried in order.
    `accuracy` may be empty for models of others. `calibration` has a curve for each of `labels`, in
    their order, or none. `licence` is an SPDX identifier, or "unknown".
    Construction validates and raises `ModelError`.
    """

    name: str
    version: str
    task: str
    description: str
    format: ModelFormat
    sha256: str
    size_bytes: int
    licence: str
    inputs: tuple[TensorCard, ...] = ()
    outputs: tuple[TensorCard, ...] = ()
    preprocessing: str = ""
    labels: tuple[str, ...] = ()
    training_sources: tuple[str, ...] = ()
    accuracy: tuple[Measurement, ...] = ()
    sources: tuple[Source, ...] = ()
    calibration: tuple[Curve, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        if not _VERSION.fullmatch(self.version):
            raise ModelError(f"model {self.name}: version {show(self.version)} is not one")
        if self.format not in ("tflite", "onnx"):
            raise ModelError(
                f"model {self.name}: format {show(self.format)} must be tflite or onnx"
            )
        if not _SHA256.fullmatch(self.sha256):
            raise ModelError(
                f"model {self.name}: sha256 {show(self.sha256)} must be 64 lower-case hex digits"
            )
        if not 1 <= self.size_bytes <= MAX_MODEL_BYTES:
            raise ModelError(
                f"model {self.name}: size_bytes {show(self.size_bytes)} must be from 1 to "
                f"{MAX_MODEL_BYTES}"
            )
        curves = [curve.label for curve in self.calibration]
        if len(set(curves)) < len(curves):
            raise ModelError(f"model {self.name}: calibration has two curves of one name")

    @property
    def file_name(self) -> str:
        """The model's file name in a store: NAME.tflite or NAME.onnx."""
        return f"{self.name}.{self.format}"

    def to_json(self) -> bytes:
        """Return UTF-8 JSON that `from_json` reads back to an equal card."""
        fields = asdict(self) | {"sources": [source_json(source) for source in self.sources]}
        if not self.calibration:
            del fields["calibration"]
        return (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes, where: str = "model card") -> "ModelCard":
        """Read a card from hostile bytes; `where` names them in errors.

        Raises `ModelError` on anything but a complete, valid card without unknown fields.
        """
        fields = Fields(parse_object(data, where), where)
        name = check_name(fields.text("name"))
        version, task = fields.text("version"), fields.text("task")
        description, form = fields.text("description"), fields.text("format")
        if form not in ("tflite", "onnx"):
            raise ModelError(f"{where}: format {show(form)} must be tflite or onnx")
        card = cls(
            name=name,
            version=version,
            task=task,
            description=description,
            format="tflite" if form == "tflite" else "onnx",
            sha256=fields.text("sha256"),
            size_bytes=fields.whole("size_bytes", low=1, high=MAX_MODEL_BYTES),
            licence=fields.text("licence"),
            inputs=_tensors(fields, "inputs"),
            outputs=_tensors(fields, "outputs"),
            preprocessing=fields.text("preprocessing", default=""),
            labels=fields.texts("labels"),
            training_sources=fields.texts("training_sources"),
            accuracy=_measurements(fields),
            sources=tuple(
                parse_source(item, f"{where}: sources[{i}]")
                for i, item in enumerate(fields.items("sources", default=()))
            ),
            calibration=tuple(
                read_curve(item, f"{where}: calibration[{i}]")
                for i, item in enumerate(fields.items("calibration", default=()))
            ),
        )
        fields.close()
        return card


def read_card(path: Path) -> ModelCard:
    """Read the card in a JSON file; `ModelError` if it is missing, too large or invalid."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise ModelError(f"cannot read the model card {path}: {error}") from error
    return ModelCard.from_json(data, str(path))


def check_name(name: str) -> str:
    """Return a model's name if it is one: it becomes a folder, so it can never be a path."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ModelError(
            f"model name {show(name)} must be 1-64 lower-case letters, digits, '.', '_' or '-', "
            "starting and ending with a letter or digit"
        )
    return name


def _tensors(fields: Fields, key: str) -> tuple[TensorCard, ...]:
    found = []
    for i, item in enumerate(fields.items(key, default=())):
        where = f"{fields.where}: {key}[{i}]"
        entry = Fields(item, where)
        shape = entry.items("shape")
        if not all(type(n) is int for n in shape):
            raise ModelError(f"{where}: shape {show(shape)} must be a list of integers")
        found.append(
            TensorCard(entry.text("name"), tuple(shape), entry.text("dtype"), entry.text("meaning"))
        )
        entry.close()
    return tuple(found)


def _measurements(fields: Fields) -> tuple[Measurement, ...]:
    found = []
    for i, item in enumerate(fields.items("accuracy", default=())):
        entry = Fields(item, f"{fields.where}: accuracy[{i}]")
        found.append(Measurement(entry.text("metric"), entry.real("value"), entry.text("dataset")))
        entry.close()
    return tuple(found)
