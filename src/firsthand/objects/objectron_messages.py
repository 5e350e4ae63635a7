"""The messages of the Objectron data set, as far as they are read here.

Names and numbers of fields are those of the data set's published schema: `a_r_capture_metadata`,
`annotation_data` and `object`, all `.proto` (github.com/google-research-datasets/Objectron,
objectron/schema). A `geometry.pbdata` is a row of frames, each after its length in four bytes,
little-endian; an annotation file is one `Sequence`.
"""

import struct
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from firsthand.errors import InputError

MOST_FRAMES: Final = 100_000

_PACKAGE: Final = "firsthand.objectron"
_Fields = Mapping[str, tuple[int, str]]

# A type that begins with "*" is repeated; what is no scalar type is a message of this table.
_MESSAGES: Final[Mapping[str, _Fields]] = {
    "Vector": {"x": (1, "float"), "y": (2, "float"), "z": (3, "float")},
    "Camera": {
        "tracking_state": (1, "int32"),
        "transform": (3, "*float"),
        "image_resolution_width": (5, "int32"),
        "image_resolution_height": (6, "int32"),
        "intrinsics": (7, "*float"),
    },
    "Light": {
        "ambient_intensity": (1, "double"),
        "ambient_color_temperature": (2, "double"),
        "primary_light_direction": (4, "Vector"),
        "primary_light_intensity": (5, "float"),
    },
    "PlaneGeometry": {"boundary_vertices": (7, "*Vector")},
    "Plane": {
        "identifier": (1, "string"),
        "transform": (2, "*float"),
        "geometry": (4, "PlaneGeometry"),
        "center": (5, "Vector"),
        "extent": (6, "Vector"),
    },
    "Cloud": {"point": (2, "*Vector"), "identifier": (3, "*int64")},
    "Frame": {
        "timestamp": (1, "double"),
        "camera": (4, "Camera"),
        "light_estimate": (5, "Light"),
        "plane_anchor": (7, "*Plane"),
        "raw_feature_points": (8, "Cloud"),
    },
    "Object": {
        "id": (1, "int32"),
        "category": (2, "string"),
        "rotation": (4, "*float"),
        "translation": (5, "*float"),
        "scale": (6, "*float"),
    },
    "FrameAnnotation": {
        "frame_id": (1, "int32"),
        "camera": (3, "Camera"),
        "timestamp": (4, "double"),
    },
    "Sequence": {"objects": (1, "*Object"), "frame_annotations": (2, "*FrameAnnotation")},
}


def read_geometry(data: bytes, where: str) -> list[Any]:
    """Return the frames of a `geometry.pbdata`; `InputError` naming `where` for what is none."""
    found: list[Any] = []
    kind = _kinds()["Frame"]
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise InputError(f"{where}: ends in the middle of a length, at byte {at}")
        (length,) = struct.unpack_from("<I", data, at)
        if length > len(data) - at - 4:
            raise InputError(
                f"{where}: frame {len(found)} claims {length} bytes, of which "
                f"{len(data) - at - 4} are there; copy the file again"
            )
        if len(found) == MOST_FRAMES:
            raise InputError(f"{where}: more than {MOST_FRAMES} frames")
        found.append(_parsed(kind, data[at + 4 : at + 4 + length], f"{where}, frame {len(found)}"))
        at += 4 + length
    return found


def read_annotation(data: bytes, where: str) -> Any:
    """Return the `Sequence` in an annotation file; `InputError` naming `where` for none."""
    return _parsed(_kinds()["Sequence"], data, where)


def _parsed(kind: Any, data: bytes, where: str) -> Any:
    try:
        return kind.FromString(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: is no message of Objectron's: {error}") from error


@cache
def _kinds() -> dict[str, Any]:
    """Return the classes of all messages."""
    file = descriptor_pb2.FileDescriptorProto(
        name="firsthand/objectron.proto", package=_PACKAGE, syntax="proto2"
    )
    scalar = descriptor_pb2.FieldDescriptorProto
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            repeated, kind = kind.startswith("*"), kind.removeprefix("*")
            own = message.field.add(name=field, number=number)
            own.label = scalar.LABEL_REPEATED if repeated else scalar.LABEL_OPTIONAL
            if kind in _MESSAGES:
                own.type, own.type_name = scalar.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                own.type = getattr(scalar, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }
