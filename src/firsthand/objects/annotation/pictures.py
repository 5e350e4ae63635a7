"""The pictures of a session as a browser can show them."""

from typing import Final

from firsthand.errors import InputError, MediaError
from firsthand.media import read_image
from firsthand.media.image import encode_jpeg, within
from firsthand.objects.session import Frame, Session

LONGEST_PX: Final = 1_920
_QUALITY: Final = 90


def picture(session: Session, frame: Frame) -> bytes:
    """Return a frame's picture as a JPEG, its longer side at most `LONGEST_PX`.

    Every picture is decoded here, so what cannot be is told in words, and nothing but pictures gets
    out. Raises `MediaError` for what `read_image` does not take, `InputError` for a picture that a
    link leads out of the session's folder for, or that has another size than the session says.
    """
    path = session.image(frame)
    try:
        real, home = path.resolve(strict=True), session.folder.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go in a circle
        why = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"{frame.image}: cannot be read: {why}") from error
    if not real.is_relative_to(home):
        raise InputError(f"{frame.image}: a link leads out of the session's folder; copy it there")
    try:
        image = read_image(real)
    except MediaError as error:
        raise MediaError(str(error).replace(str(real), frame.image)) from error
    height, width = image.shape[:2]
    if (width, height) != (frame.width, frame.height):
        raise InputError(
            f"{frame.image}: is {width} x {height} pixels, and the session says "
            f"{frame.width} x {frame.height}"
        )
    return encode_jpeg(within(image, LONGEST_PX), _QUALITY)
