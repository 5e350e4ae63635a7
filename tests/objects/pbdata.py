"""Objectron's files written byte by byte, by protobuf's published encoding and nothing else."""

import struct


def varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value)


def single(number: int, value: float) -> bytes:
    return varint(number << 3 | 5) + struct.pack("<f", value)


def inside(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def text(number: int, value: str) -> bytes:
    return inside(number, value.encode())


def floats(number: int, values, *, packed: bool = True) -> bytes:
    values = [float(each) for each in values]
    if packed:
        return inside(number, struct.pack(f"<{len(values)}f", *values))
    return b"".join(single(number, each) for each in values)


def vector(number: int, values) -> bytes:
    parts = (single(at, float(each)) for at, each in enumerate(values, 1) if each)
    return inside(number, b"".join(parts))


def camera(transform=None, *, inner=None, wide=64, tall=48, state=3) -> bytes:
    own = whole(1, state)
    if transform is not None:
        own += floats(3, transform.ravel())
    own += whole(5, wide) + whole(6, tall)
    if inner is not None:
        own += floats(7, inner.ravel())
    # What is not read here comes along in real files.
    return own + floats(8, range(16)) + whole(2, 1)


def plane(name, transform, corners=(), *, center=(0, 0, 0), extent=(2, 0, 1)) -> bytes:
    shape = b"".join(vector(7, (x, 0, z)) for x, z in corners)
    return (
        text(1, name)
        + floats(2, transform.ravel(), packed=False)
        + whole(3, 1)
        + inside(4, shape)
        + vector(5, center)
        + vector(6, extent)
    )


def cloud(points, names) -> bytes:
    own = whole(1, len(points)) + b"".join(vector(2, each) for each in points)
    return own + inside(3, b"".join(varint(each) for each in names))


def geometry(frames) -> bytes:
    return b"".join(struct.pack("<I", len(each)) + each for each in frames)


def thing(category, rotation, translation, scale) -> bytes:
    return (
        whole(1, 7)
        + text(2, category)
        + whole(3, 1)
        + floats(4, rotation.ravel())
        + floats(5, translation)
        + floats(6, scale)
    )
