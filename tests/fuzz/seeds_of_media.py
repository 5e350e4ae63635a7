"""Seeds of pictures, sounds and videos, made on the spot and tiny."""

import io
import struct
from collections.abc import Iterator
from functools import cache

import av
import cv2
import made_media
import numpy as np

Seeds = Iterator[tuple[str, bytes]]

PICTURE = made_media.picture(9, 6)


@cache
def jpeg() -> bytes:
    return made_media.encoded(PICTURE, ".jpg")


def pictures() -> Seeds:
    alpha = np.dstack([PICTURE, np.full(PICTURE.shape[:2], 128, np.uint8)])
    kinds = {
        "png": made_media.encoded(PICTURE),
        "png-alpha": made_media.encoded(alpha),
        "png-gray-16": made_media.encoded(PICTURE[..., 0].astype(np.uint16) * 257),
        "png-turned": made_media.encoded(PICTURE, ".png", made_media.exif(6)),
        "jpeg": jpeg(),
        "jpeg-turned": made_media.encoded(PICTURE, ".jpg", made_media.exif(8, "<")),
        "webp": made_media.encoded(PICTURE, ".webp"),
        "gif": made_media.encoded(PICTURE, ".gif"),
        "bmp": made_media.encoded(PICTURE, ".bmp"),
        "tiff": made_media.encoded(PICTURE, ".tiff"),
    }
    for name, data in kinds.items():
        yield f"i-{name}", data
        yield f"h-{name}", data[:200]
    yield "f-png", kinds["png"]
    yield "e-turned", made_media.exif(6)
    yield "e-little", made_media.exif(3, "<")
    yield "m-quarter", struct.pack("=9i", 0, 65_536, 0, -65_536, 0, 0, 0, 0, 1 << 30)
    yield "c-frame", struct.pack(">IQ", 3, 33_000) + jpeg()


def recordings() -> Seeds:
    for name, codec in (("wav", "pcm_s16le"), ("flac", "flac"), ("ogg", "libopus"), ("mp3", "mp3")):
        data = sound(name, codec)
        yield f"a-{name}", data
        yield f"s-{name}", data
    for name, container in (("mp4", "mp4"), ("matroska", "matroska"), ("avi", "avi")):
        held = io.BytesIO()
        held.name = f"a.{name}"
        turned = (90.0, False, False) if name == "mp4" else None
        made_media.make_video(
            held, made_media.moving(3, 32, 16), container=container, rotation=turned
        )
        yield f"v-{name}", held.getvalue()
        yield f"c-{name}", held.getvalue()
    yield "c-jpeg", jpeg()


def sound(container: str, codec: str, seconds: float = 0.06) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000, layout="stereo")
        for packet in stream.encode(_tone(stream.codec_context, seconds)):
            out.mux(packet)
        out.mux(stream.encode(None))
    return held.getvalue()


def opus_packets() -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.bit_rate = 12_000
    return [bytes(packet) for packet in encoder.encode(_tone(encoder, 0.1))]


def _tone(codec, seconds: float) -> av.AudioFrame:
    form = codec.format.name
    wave = np.sin(np.arange(round(48_000 * seconds)) / 20) / 2
    channels = codec.layout.nb_channels
    dtype, scale = {"s16": ("i2", 2**15 - 1), "s32": ("i4", 2**31 - 1), "flt": ("f4", 1)}[form[:3]]
    rows = np.tile((wave * scale).astype(dtype), (channels, 1))
    if not form.endswith("p"):
        rows = np.ascontiguousarray(rows.T).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(rows, format=form, layout=codec.layout.name)
    frame.sample_rate = 48_000
    return frame


cv2.setNumThreads(1)
