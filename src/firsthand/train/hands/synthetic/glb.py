"""Reading binary glTF 2.0 files (Khronos, "glTF 2.0 Specification"), as far as one skinned mesh.

Only what is stored plainly: one buffer inside the file, no sparse accessors, no extensions.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError

_JSON: Final = 0x4E4F534A
_BIN: Final = 0x004E4942
_COMPONENTS: Final[dict[int, np.dtype[Any]]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_MOST_ROWS: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class GlbMesh:
    """The first primitive of the first mesh of a file, and its skin.

    `vertices`, `normals` float32 (v, 3); `triangles` int32 (t, 3); `bones` int32 (v, 4) index
    `names`; `weights` float32 (v, 4); `joints` float32 (j, 3) and `turns` float32 (j, 3, 3) are
    the rest pose's places and orientations of the bones, from the inverse bind matrices.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.int32]
    bones: NDArray[np.int32]
    weights: NDArray[np.float32]
    names: tuple[str, ...]
    joints: NDArray[np.float32]
    turns: NDArray[np.float32]


def read_glb(data: bytes) -> GlbMesh:
    """Read the bytes of a .glb file; `InputError` says which part of them is wrong."""
    description, binary = _chunks(data)
    try:
        primitive = description["meshes"][0]["primitives"][0]
        attributes = primitive["attributes"]
        skin = description["skins"][0]
        names = tuple(str(description["nodes"][node]["name"]) for node in skin["joints"])
        wanted = {
            "vertices": attributes["POSITION"],
            "normals": attributes["NORMAL"],
            "bones": attributes["JOINTS_0"],
            "weights": attributes["WEIGHTS_0"],
            "triangles": primitive["indices"],
            "binds": skin["inverseBindMatrices"],
        }
        arrays = {key: _accessor(description, binary, row) for key, row in wanted.items()}
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"the GLB has no skinned mesh that can be read: {error!r}") from error
    return _checked(arrays, names)


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    if len(data) < 20 or data[:4] != b"glTF":
        raise InputError(f"not a GLB file: it begins with {data[:4]!r} and has {len(data)} bytes")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2 or length > len(data):
        raise InputError(f"a GLB of version {version} that claims {length} of {len(data)} bytes")
    found: dict[int, bytes] = {}
    start = 12
    while start + 8 <= length:
        size, kind = struct.unpack_from("<II", data, start)
        if start + 8 + size > length:
            raise InputError(f"a GLB chunk of {size} bytes at {start} ends beyond byte {length}")
        found.setdefault(kind, data[start + 8 : start + 8 + size])
        start += 8 + size
    try:
        description = json.loads(found[_JSON])
        binary = found[_BIN]
    except (KeyError, ValueError, RecursionError) as error:
        raise InputError(
            f"the GLB's JSON or binary chunk is missing or damaged: {error}"
        ) from error
    if not isinstance(description, dict):
        raise InputError(f"the GLB's JSON is a {type(description).__name__}, not an object")
    return description, binary


def _accessor(description: dict[str, Any], binary: bytes, row: int) -> NDArray[Any]:
    accessor = description["accessors"][row]
    view = description["bufferViews"][accessor["bufferView"]]
    dtype, width = _COMPONENTS[accessor["componentType"]], _WIDTHS[accessor["type"]]
    count = int(accessor["count"])
    first = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
    size = count * width * dtype.itemsize
    if not 0 < count <= _MOST_ROWS or first < 0 or first + size > len(binary):
        raise InputError(
            f"GLB accessor {row} wants {count} rows, {size} bytes from {first}, "
            f"of a buffer of {len(binary)}"
        )
    if view.get("byteStride", width * dtype.itemsize) != width * dtype.itemsize:
        raise InputError(f"GLB accessor {row} is interleaved, which is not read here")
    return np.frombuffer(binary, dtype, count * width, first).reshape(count, width)


def _checked(arrays: dict[str, NDArray[Any]], names: tuple[str, ...]) -> GlbMesh:
    widths = {"vertices": 3, "normals": 3, "bones": 4, "weights": 4, "triangles": 1, "binds": 16}
    for key, width in widths.items():
        if arrays[key].shape[1] != width:
            raise InputError(f"{key} of the GLB have {arrays[key].shape[1]} columns, not {width}")
    for key in ("bones", "triangles"):
        if arrays[key].dtype.kind != "u":
            raise InputError(f"{key} of the GLB are {arrays[key].dtype}, not unsigned integers")
    v = len(arrays["vertices"])
    lengths = {key: len(arrays[key]) for key in ("normals", "bones", "weights")}
    if any(length != v for length in lengths.values()) or len(arrays["binds"]) != len(names):
        raise InputError(f"the GLB has {v} vertices but {lengths}, {len(names)} joints")
    if len(arrays["triangles"]) % 3 or arrays["triangles"].max() >= v:
        raise InputError(f"triangles of the GLB point beyond its {v} vertices")
    if arrays["bones"].max() >= len(names):
        raise InputError(f"the GLB's vertices hang on bones beyond its {len(names)}")
    floats = {
        key: np.asarray(arrays[key], np.float32)
        for key in ("vertices", "normals", "weights", "binds")
    }
    for key, values in floats.items():
        if not np.isfinite(values).all():
            raise InputError(f"{key} of the GLB are not all finite")
    sums = floats["weights"].sum(1, keepdims=True)
    if (sums <= 0).any():
        raise InputError("some of the GLB's vertices hang on no bone")
    binds = np.asarray(floats["binds"], np.float64).reshape(-1, 4, 4).transpose(0, 2, 1)
    try:
        rest = np.linalg.inv(binds)
    except np.linalg.LinAlgError as error:
        raise InputError(f"an inverse bind matrix of the GLB is singular: {error}") from error
    return GlbMesh(
        vertices=floats["vertices"],
        normals=floats["normals"],
        triangles=arrays["triangles"].astype(np.int32).reshape(-1, 3),
        bones=arrays["bones"].astype(np.int32),
        weights=(floats["weights"] / sums).astype(np.float32),
        names=names,
        joints=rest[:, :3, 3].astype(np.float32),
        turns=rest[:, :3, :3].astype(np.float32),
    )
