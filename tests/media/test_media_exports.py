import subprocess
import sys

import pytest

import firsthand.media as media


def test_exported_names():
    assert media.__all__ == [
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
    assert all(getattr(media, name) is not None for name in media.__all__)
    assert dir(media) == sorted(media.__all__)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="read_smell"):
        media.read_smell  # noqa: B018


def test_nothing_heavy_is_loaded_before_it_is_needed():
    code = (
        "import sys, firsthand.media as m; heavy = {'cv2', 'av', 'numpy'};"
        "assert not heavy & set(sys.modules);"
        "m.Frame; assert not {'cv2', 'av'} & set(sys.modules);"
        "m.read_image; assert 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
