"""Model files kept in an .xz file, which takes out what zeros and repetition leave to take out.

A network pruned weight by weight is no smaller as .tflite, which stores the zeros; packed it is.
.xz is LZMA with a checksum, as the standard library and every system's `xz` read and write it.
"""

import lzma
from typing import Final

from firsthand.errors import ModelError
from firsthand.runtime.card import MAX_MODEL_BYTES

# The decoder of the largest preset of `xz`, -9, takes 65 MiB.
MAX_DECODER_BYTES: Final = 96 << 20

_LARGEST_WINDOW: Final = 64 << 20
_SMALLEST_WINDOW: Final = 4096
# How many bits of the byte before, and of the place, a byte's code depends on: (lc, lp, pb).
# Bytes of int8 weights depend on nothing; those of float32 on which of the four they are.
_CODES: Final = ((0, 0, 0), (2, 2, 2))


def packed(data: bytes) -> bytes:
    """Return a model's bytes as those of an .xz file: the smaller of two ways to code them.

    Raises `ModelError` for more bytes than a model may have, and for none.
    """
    if not 0 < len(data) <= MAX_MODEL_BYTES:
        raise ModelError(f"{len(data)} bytes: a model has from 1 to {MAX_MODEL_BYTES}")
    window = min(max(_SMALLEST_WINDOW, len(data)), _LARGEST_WINDOW)
    return min((_coded(data, window, code) for code in _CODES), key=len)


def unpacked(data: bytes, where: str, most_bytes: int = MAX_MODEL_BYTES) -> bytes:
    """Return the model that hostile bytes of an .xz file hold; `where` names them in errors.

    Never makes more than `most_bytes` + 1 bytes of them, beside `MAX_DECODER_BYTES` for decoding.

    Raises `ModelError` for anything but one whole .xz stream, with nothing after it, of 1 to
    `most_bytes` bytes.
    """
    try:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DECODER_BYTES)
        found = decoder.decompress(data, max_length=most_bytes + 1)
    except (lzma.LZMAError, MemoryError, EOFError) as error:
        raise ModelError(
            f"{where}: cannot be unpacked: {str(error) or 'too little memory'}; pack it again "
            "with `xz -9`"
        ) from error
    if len(found) > most_bytes:
        raise ModelError(f"{where}: unpacks to more than the {most_bytes} bytes it may have")
    if not decoder.eof:
        raise ModelError(
            f"{where}: is cut short: {len(found)} bytes unpack, and the end is missing"
        )
    if decoder.unused_data:
        raise ModelError(
            f"{where}: {len(decoder.unused_data)} bytes follow the end of the packed model"
        )
    if not found:
        raise ModelError(f"{where}: is an empty file, packed")
    return found


def _coded(data: bytes, window: int, code: tuple[int, int, int]) -> bytes:
    lc, lp, pb = code
    plan = {
        "id": lzma.FILTER_LZMA2,
        "preset": 9 | lzma.PRESET_EXTREME,
        "dict_size": window,
        "lc": lc,
        "lp": lp,
        "pb": pb,
    }
    return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC64, filters=[plan])
