"""Where results go as they come: JSON lines, an annotated video or photographs, a window, a page.

Each output is a context manager whose `add` takes one frame after the other.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Protocol, Self

from firsthand.hands.records import record
from firsthand.hands.report import Making, ReportClip, ReportStill, render_report
from firsthand.hands.types import HandsResult
from firsthand.hands.window import Screen
from firsthand.media.files import replacing, require_place
from firsthand.media.frame import Frame, RgbImage
from firsthand.media.image import encode_jpeg, within
from firsthand.media.lines import LineFile
from firsthand.media.photographs import PhotographFiles
from firsthand.media.video_writer import VideoWriter

_REPORT_CLIP_PX = 720
_REPORT_STILL_PX = 1080
_REPORT_CRF = 27
_REPORT_QUALITY = 86


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame, what was found in it, what its hands show, and the picture with all that drawn in.

    `source` is the file name of a photograph, empty for a frame of a video or camera, of which
    `motions` names what each hand does.
    """

    frame: Frame
    result: HandsResult
    gestures: tuple[str, ...]
    drawn: RgbImage
    source: str = ""
    motions: tuple[str, ...] | None = None


class Output(Protocol):
    """Something that takes what was seen; `False` asks for no more of it."""

    def add(self, seen: Seen) -> bool:
        """Take the next frame."""
        ...


class JsonLines(AbstractContextManager["JsonLines"]):
    """One JSON object a line, to where and as `media.lines.LineFile` writes."""

    def __init__(self, path: Path) -> None:
        self._lines = LineFile(path)

    def add(self, seen: Seen) -> bool:
        """Write a line."""
        self._lines.write(record(seen.result, seen.gestures, seen.source, seen.motions))
        return True

    def __exit__(self, *raised: Any) -> None:
        self._lines.__exit__(*raised)


class AnnotatedVideo(AbstractContextManager["AnnotatedVideo"]):
    """The drawn pictures as an MP4 with the frames' own times."""

    def __init__(
        self, path: Path, *, crf: int = 20, longest_px: int | None = None, fps: float = 30.0
    ) -> None:
        self._writer = VideoWriter(path, fps=fps, crf=crf)
        self._longest_px = longest_px

    def add(self, seen: Seen) -> bool:
        """Write a frame."""
        picture = seen.drawn if self._longest_px is None else within(seen.drawn, self._longest_px)
        self._writer.write(picture, seen.frame.timestamp_us)
        return True

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._writer.__exit__(*raised)


class AnnotatedPhotographs(AbstractContextManager["AnnotatedPhotographs"]):
    """Drawn photographs, to where and as `media.photographs.PhotographFiles` writes."""

    def __init__(self, path: Path) -> None:
        self._files = PhotographFiles(path)

    def add(self, seen: Seen) -> bool:
        """Write a photograph."""
        self._files.write(seen.source, seen.drawn)
        return True

    def __exit__(self, *_: object) -> None:
        return None


class OnScreen(AbstractContextManager["OnScreen"]):
    """The drawn pictures in a window."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def add(self, seen: Seen) -> bool:
        """Show a picture; False once the window was closed."""
        return self._screen.show(seen.drawn)

    def __exit__(self, *_: object) -> None:
        self._screen.close()


class ReportPage(AbstractContextManager["ReportPage"]):
    """A self-contained page; photographs (frames with a source) and one clip are told apart.

    `making` and `seconds`, the time that tracking took, are asked for at the end.
    `credit_of` says by source whose photograph it is; the clip's source is empty.
    """

    def __init__(
        self,
        path: Path,
        title: str,
        *,
        clip_title: str,
        making: Callable[[], Making],
        seconds: Callable[[], float],
        credit_of: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        require_place(path)
        self._path, self._title, self._clip_title = path, title, clip_title
        self._making, self._seconds, self._credit_of = making, seconds, credit_of
        self._stills: list[ReportStill] = []
        self._results: list[HandsResult] = []
        self._gestures: list[Sequence[str]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="firsthand-")
        self._clip_path = Path(self._folder.name) / "clip.mp4"
        self._clip: AnnotatedVideo | None = None

    def add(self, seen: Seen) -> bool:
        """Take a frame into the page."""
        if seen.source:
            self._stills.append(
                ReportStill(
                    seen.source,
                    encode_jpeg(within(seen.drawn, _REPORT_STILL_PX), _REPORT_QUALITY),
                    seen.result,
                    seen.gestures,
                    self._credit_of.get(seen.source, ""),
                )
            )
            return True
        if self._clip is None:
            self._clip = AnnotatedVideo(
                self._clip_path, crf=_REPORT_CRF, longest_px=_REPORT_CLIP_PX
            )
            self._clip.__enter__()
        self._results.append(seen.result)
        self._gestures.append(seen.gestures)
        return self._clip.add(seen)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._folder:
            if self._clip is not None:
                self._clip.__exit__(kind, error, trace)
            if error is None:
                self._write()

    def _write(self) -> None:
        clip = None
        if self._clip is not None:
            clip = ReportClip(
                self._clip_title,
                self._clip_path.read_bytes(),
                self._results,
                self._gestures,
                self._seconds(),
                self._credit_of.get("", ""),
            )
        page = render_report(self._title, self._making(), clip=clip, stills=self._stills)
        with replacing(self._path) as temporary:
            # A file name need not be text: its odd bytes are shown as escapes.
            temporary.write_text(page, encoding="utf-8", errors="backslashreplace")
