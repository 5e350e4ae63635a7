"""Media files for the tests, made on the spot so that none is kept in the repository."""

import io
import struct
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream


def picture(width: int, height: int, phase: float = 0.0) -> np.ndarray:
    """A smooth RGB picture in which every corner differs from every other."""
    x = np.linspace(0, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    wave = 0.5 + 0.4 * np.sin(6.0 * (x + 2 * y + phase))
    channels = (x + 0 * y, 0 * x + y, wave)
    return np.rint(np.stack(channels, axis=2) * 220 + 15).astype(np.uint8)


def encoded(image: np.ndarray, suffix: str = ".png", exif: bytes | None = None) -> bytes:
    """`image` (RGB, RGBA or gray, in RGB order) as the bytes of a file."""
    if image.ndim == 3:
        code = cv2.COLOR_RGB2BGR if image.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        image = cv2.cvtColor(image, code)
    if exif is None:
        return cv2.imencode(suffix, image)[1].tobytes()
    block = np.frombuffer(exif, np.uint8)
    done, data = cv2.imencodeWithMetadata(suffix, image, [cv2.IMAGE_METADATA_EXIF], [block])
    assert done
    return data.tobytes()


def exif(orientation: int, order: str = ">") -> bytes:
    mark = b"MM\0*" if order == ">" else b"II*\0"
    return mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def make_video(
    path: Path | io.BytesIO,
    frames: list[np.ndarray],
    *,
    container: str | None = None,
    fps: int = 30,
    movflags: str | None = None,
    rotation: tuple[float, bool, bool] | None = None,
    gop: int = 12,
    start: int = 0,
) -> None:
    options = {} if movflags is None else {"movflags": movflags}
    with av.open(
        path if isinstance(path, io.BytesIO) else str(path), "w", container, options
    ) as out:
        settings = {"preset": "ultrafast", "crf": "15", "g": str(gop), "threads": "1"}
        stream = out.add_stream("libx264", rate=fps, options=settings)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width, _ = frames[0].shape
        stream.pix_fmt = "yuv420p"
        if rotation is not None:
            degrees, hflip, vflip = rotation
            stream.set_display_rotation(degrees, hflip=hflip, vflip=vflip)
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = start + number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def moving(count: int, width: int = 96, height: int = 64) -> list[np.ndarray]:
    return [picture(width, height, number / 20) for number in range(count)]
