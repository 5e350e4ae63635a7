"""What a part of the demo tells of: words, and blocks of what there is to see and hear."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from firsthand.measure import Interval


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture of a media type such as "image/jpeg".

    `alt` is for those who do not see it. One that is `drawn` is dark on white, and the page turns
    it round where it is dark.
    """

    data: bytes
    kind: str
    alt: str
    caption: str = ""
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side, as many in a row as there is room for."""

    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class Video:
    """An encoded .mp4 of `width` x `height` pixels; `poster` is a JPEG shown until it plays."""

    data: bytes
    width: int
    height: int
    label: str
    poster: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, as shares 0..1 of a sound, in the colour numbered `tint`, 0..6."""

    start: float
    end: float
    words: str
    tint: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """A line of spans under a sound's picture."""

    name: str
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Sound:
    """An encoded sound, with what is to be seen of it over time.

    `spectrum` is a spectrogram as PNG; or `waves` are paths of an SVG of 1000 x 100, each in a
    tint. `lost` are marked in the picture, `lanes` are below it, and `key` says what tints mean.
    """

    name: str
    data: bytes
    kind: str
    told: str = ""
    spectrum: bytes = b""
    waves: Sequence[tuple[int, str]] = ()
    lost: Sequence[Span] = ()
    lanes: Sequence[Lane] = ()
    key: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in the sound before: when in seconds, by whom, and what; a click plays it."""

    lines: Sequence[tuple[float, str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in words; the first of each row names it. `notes` stand below."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with its limits in a chart; `truth` is what it should be, where that is known."""

    name: str
    value: Interval
    truth: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Values with their limits on one axis, that begins at `low`."""

    title: str
    marks: Sequence[Mark]
    unit: str = ""
    low: float = 0.0


@dataclass(frozen=True, slots=True)
class Tiles:
    """Small pictures as PNG, each with words and whether these are right."""

    title: str
    tiles: Sequence[tuple[bytes, str, bool]]


Block = Gallery | Video | Sound | Words | Table | Chart | Tiles


@dataclass(frozen=True, slots=True)
class Section:
    """What one part shows.

    `told` are a few sentences, each of `blocks` is shown below another, `how` is the command or the
    lines of Python that do the same, and `files` are names in the part's folder with what they are.
    `credit` says whose the media are.
    """

    told: str
    how: str
    blocks: Sequence[Block]
    files: Sequence[tuple[str, str]] = field(default=())
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A part on the page: its section and how long it took, or what it lacks."""

    name: str
    title: str
    section: Section | None
    seconds: float = 0.0
    lacks: str = ""
