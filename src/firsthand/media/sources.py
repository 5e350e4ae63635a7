"""Frames from whatever a user names: a photograph, a folder of them, a video or a camera."""

from collections.abc import Iterator
from pathlib import Path

from firsthand.core.clock import Clock, MonotonicClock
from firsthand.errors import MediaError
from firsthand.media.camera import frames_from, open_camera
from firsthand.media.frame import Frame
from firsthand.media.image import IMAGE_SUFFIXES, read_image
from firsthand.media.video_reader import read_video

STILL_INTERVAL_US = 1_000_000
"""How far apart the photographs of a folder are put in time."""


def open_frames(
    source: str | Path | int,
    *,
    clock: Clock | None = None,
    still_interval_us: int = STILL_INTERVAL_US,
) -> Iterator[Frame]:
    """Yield the frames of `source`, chosen by what it is.

    A whole number is a camera, timed by `clock` (by default the monotonic one). A folder gives
    its image files by name, those of folders in it left out, the first at time 0 and each
    `still_interval_us` after the one before. A file whose ending is an image's (`.jpg`, `.jpeg`,
    `.png`, `.webp`, `.gif`, `.bmp`, `.tif`, `.tiff`) gives one frame at time 0; any other is
    read as a video.

    Raises `MediaError` as `read_image`, `VideoReader` and `open_camera` do, when the frame in
    question is asked for, and for a folder without images.
    """
    if isinstance(source, int):
        return frames_from(open_camera(source), clock or MonotonicClock())
    path = Path(source)
    if path.is_dir():
        return _stills(images_in(path), still_interval_us)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return _stills([path], still_interval_us)
    return read_video(path)


def images_in(folder: Path) -> list[Path]:
    """Return the image files of `folder`, sorted by name; `MediaError` when there are none."""
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
        )
    except OSError as error:
        raise MediaError(f"{folder}: cannot be listed: {error.strerror}") from error
    if not found:
        raise MediaError(f"{folder}: holds no image ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return found


def _stills(paths: list[Path], interval_us: int) -> Iterator[Frame]:
    for number, path in enumerate(paths):
        yield Frame(read_image(path), number * interval_us)
