"""Images, video, cameras and audio in and out, and drawing, through OpenCV and PyAV.

Every image in Firsthand is RGB: uint8, height x width x 3, C-contiguous. Nothing heavy is loaded
here: a submodule, and the library under it, is imported when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.media.audio import AudioReader, read_audio, stream_audio, write_audio
    from firsthand.media.audio_log import AudioLog
    from firsthand.media.audio_span import read_span
    from firsthand.media.camera import FrameSource, frames_from, open_camera
    from firsthand.media.draw import draw_box, draw_disc, draw_line, draw_polyline, draw_text
    from firsthand.media.frame import Frame, RgbImage, as_rgb
    from firsthand.media.image import MAX_IMAGE_PIXELS, read_image, write_image
    from firsthand.media.resampler import Resampler
    from firsthand.media.sources import open_frames
    from firsthand.media.video_reader import VideoReader, read_video
    from firsthand.media.video_writer import VideoWriter

_HOMES = {
    "audio": ("AudioReader", "read_audio", "stream_audio", "write_audio"),
    "audio_log": ("AudioLog",),
    "audio_span": ("read_span",),
    "camera": ("FrameSource", "frames_from", "open_camera"),
    "draw": ("draw_box", "draw_disc", "draw_line", "draw_polyline", "draw_text"),
    "frame": ("Frame", "RgbImage", "as_rgb"),
    "image": ("MAX_IMAGE_PIXELS", "read_image", "write_image"),
    "resampler": ("Resampler",),
    "sources": ("open_frames",),
    "video_reader": ("VideoReader", "read_video"),
    "video_writer": ("VideoWriter",),
}

__all__ = [
    "MAX_IMAGE_PIXELS",
    "AudioLog",
    "AudioReader",
    "Frame",
    "FrameSource",
    "Resampler",
    "RgbImage",
    "VideoReader",
    "VideoWriter",
    "as_rgb",
    "draw_box",
    "draw_disc",
    "draw_line",
    "draw_polyline",
    "draw_text",
    "frames_from",
    "open_camera",
    "open_frames",
    "read_audio",
    "read_image",
    "read_span",
    "read_video",
    "stream_audio",
    "write_audio",
    "write_image",
]

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
