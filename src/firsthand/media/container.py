"""Opening a media file that may be hostile."""

from pathlib import Path
from typing import Final

import av
from av.container import InputContainer

from firsthand.errors import MediaError
from firsthand.media.files import require_file

# Playlists, concatenation scripts and captions are left out: they name other files, or make
# "video" out of any text. Names are FFmpeg's.
_FORMATS: Final = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,av1,caf,dv,eac3,flac,flv,g722,gif,gsm,h264,hevc,ivf,m4v,"
    "matroska,mjpeg,mov,mp3,mpeg,mpegts,mpegvideo,obu,ogg,rm,w64,wav,webm"
)


def open_container(path: Path) -> InputContainer:
    """Open the regular file `path`, whatever its ending, in one of the known containers.

    No network address, device or second file is ever opened, whatever the file says.
    Raises `MediaError` naming the file and the reason.
    """
    require_file(path)
    options = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
    try:
        return av.open(f"file:{path.absolute()}", options=options, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{path}: not a known or whole media file: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Return FFmpeg's own words for what went wrong, without the path it repeats."""
    return getattr(error, "strerror", None) or str(error)
