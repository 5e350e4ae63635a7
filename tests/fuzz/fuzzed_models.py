"""Model cards, packed models and packages, and what is read out of .tflite and .onnx files."""

import gzip
import io
from contextlib import suppress

import fuzz_files as files

from firsthand.errors import DownloadError, ModelError
from firsthand.runtime import Model, ModelCard
from firsthand.runtime.backends.litert_inner import with_outputs
from firsthand.runtime.backends.litert_operators import litert_operators
from firsthand.runtime.backends.onnx_operators import onnx_operators
from firsthand.runtime.fetch.archive import copy_tar_member, copy_zip_member
from firsthand.runtime.packed import unpacked

MEMBER, SIZE = "package/model.tflite", 64


def card(data: bytes) -> None:
    with suppress(ModelError):
        found = ModelCard.from_json(data)
        assert ModelCard.from_json(found.to_json()) == found


def carded_file(data: bytes) -> None:
    """A card and a file, parted by the first null byte."""
    about, _, model = data.partition(b"\0")
    path = files.file("carded/model.tflite", model)
    files.file("carded/model.json", about)
    with suppress(ModelError):
        Model.open(path).read()


def bare_file(data: bytes) -> None:
    with suppress(ModelError):
        Model.open(files.file("bare/model.tflite.xz", data)).read()


def xz(data: bytes) -> None:
    with suppress(ModelError):
        unpacked(data, "fuzzed", 1_000_000)


def zip_member(data: bytes) -> None:
    with suppress(DownloadError):
        copy_zip_member(files.file("wheel", data), MEMBER, io.BytesIO(), SIZE)


def tar_member(data: bytes) -> None:
    path = files.file("package.tgz", data)
    for first_byte in (None, 3):
        with suppress(DownloadError):
            copy_tar_member(path, MEMBER, io.BytesIO(), SIZE, first_byte)


def packed_tar(data: bytes) -> None:
    """A tar file that is packed here, as changed bytes of a packed one are mostly refused."""
    tar_member(gzip.compress(data, 1))


def tflite(data: bytes) -> None:
    with suppress(ModelError):
        litert_operators(data, where="fuzzed")


def tflite_outputs(data: bytes) -> None:
    with suppress(ModelError):
        with_outputs(data[1:], [data[0]] if data else [], "fuzzed")


def onnx(data: bytes) -> None:
    with suppress(ModelError):
        onnx_operators(data, where="fuzzed")


PARSERS = {
    "c": card,
    "m": carded_file,
    "b": bare_file,
    "x": xz,
    "z": zip_member,
    "t": tar_member,
    "u": packed_tar,
    "l": tflite,
    "o": tflite_outputs,
    "n": onnx,
}
