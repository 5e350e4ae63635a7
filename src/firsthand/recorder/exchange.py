"""Transcripts as text, SubRip, WebVTT and JSON, there and back.

JSON keeps everything. WebVTT keeps words and their beginnings, as time tags within cues, and
speakers as voices. SubRip keeps lines: words read from it share their line's time by their length,
and angle brackets, which it would take for markup, are written as single guillemets. Text keeps no
times, so it is only written. SubRip and WebVTT are read and written by webvtt-py.
"""

import html
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

from firsthand.errors import InputError, MissingDependencyError
from firsthand.recorder.cues import Cue, cues
from firsthand.recorder.transcript import Transcript, Turn, Word, check_span, words_in

_Entry = TypeVar("_Entry", Word, Turn)

Format = Literal["txt", "srt", "vtt", "json"]

FORMATS: Final[tuple[Format, ...]] = ("txt", "srt", "vtt", "json")
READABLE: Final[tuple[Format, ...]] = ("srt", "vtt", "json")

LARGEST_CHARACTERS: Final = 50_000_000
"""A longer file is refused: a hundred hours of speech are a fifth of it."""

_KIND: Final = "firsthand transcript 1"
_PARAGRAPH_MS: Final = 2_000
_TIME_TAG: Final = re.compile(r"<((?:\d+:)?\d\d:\d\d\.\d{3})>")
# What opens another one ends a tag: else each of many that are never closed is sought to the end.
_ANY_TAG: Final = re.compile(r"<[^<>]*>")
_GUILLEMETS: Final = str.maketrans("<>", "\u2039\u203a")
_SUBRIP_TAG: Final = re.compile(r"</?(?:[ibu]|font\b[^<>]*)>|\{\\[^{}]*\}", re.IGNORECASE)


def write_transcript(transcript: Transcript, form: Format) -> str:
    """Return a transcript as the contents of a file of one of `FORMATS`."""
    if form == "txt":
        return "".join(f"{paragraph}\n" for paragraph in _paragraphs(transcript))
    if form == "json":
        return json.dumps(_as_table(transcript), ensure_ascii=False, indent=1) + "\n"
    webvtt = _webvtt()
    captions = [
        webvtt.Caption(_clock(cue.start_ms), _clock(cue.end_ms), line)
        for cue in cues(transcript)
        for line in [_subrip_line(transcript, cue) if form == "srt" else _vtt_line(transcript, cue)]
    ]
    file = io.StringIO()
    webvtt.WebVTT(captions=captions).write(file, format=form)
    return file.getvalue().rstrip("\n") + "\n"


def read_transcript(text: str, form: Format) -> Transcript:
    """Read the contents of a file of one of `READABLE`; `InputError` says what is wrong with it."""
    if form not in READABLE:
        raise InputError(f"a transcript is read from {', '.join(READABLE)}, not {form!r}")
    if len(text) > LARGEST_CHARACTERS:
        raise InputError(f"{len(text)} characters are more than a transcript of any length has")
    if form == "json":
        return _from_table(text)
    if form == "srt" and not text.strip():
        return Transcript()  # as nothing is written
    webvtt = _webvtt()
    try:
        captions = webvtt.WebVTT.from_buffer(io.StringIO(text), format=form).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as error:
        raise InputError(f"this is no {form.upper()}: {error}") from error
    if not captions and text.strip().upper() not in ("", "WEBVTT"):
        raise InputError(f"this is no {form.upper()}: there is no cue with a time in it")
    read = _from_vtt if form == "vtt" else _from_subrip
    return _ordered(read(caption) for caption in captions)


def _paragraphs(transcript: Transcript) -> Iterator[str]:
    """Yield lines, each of one speaker and without a long pause."""
    line: list[Cue] = []
    for cue in cues(transcript):
        if line and (
            cue.speaker != line[-1].speaker or cue.start_ms - line[-1].end_ms >= _PARAGRAPH_MS
        ):
            yield _spoken(transcript, line)
            line = []
        line.append(cue)
    if line:
        yield _spoken(transcript, line)


def _spoken(transcript: Transcript, line: list[Cue]) -> str:
    said = Cue(tuple(word for cue in line for word in cue.words)).text
    speaker = line[0].speaker
    return said if speaker is None else f"{transcript.name_of(speaker)}: {said}"


def _subrip_line(transcript: Transcript, cue: Cue) -> str:
    # SubRip takes <...> for markup and has no other way to write it.
    return _spoken(transcript, [cue]).translate(_GUILLEMETS)


def _vtt_line(transcript: Transcript, cue: Cue) -> str:
    parts = []
    for index, word in enumerate(cue.words):
        space = "" if word.attached or not index else " "
        tag = f"<{_clock(word.start_ms)}>" if index else ""
        parts.append(f"{space}{tag}{html.escape(word.text, quote=False)}")
    voice = ""
    if cue.speaker is not None:
        name = " ".join(words_in(transcript.name_of(cue.speaker)))
        voice = f"<v {html.escape(name, quote=False)}>"
    return voice + "".join(parts)


@dataclass(frozen=True, slots=True)
class _Line:
    words: list[Word]
    voice: str


def _from_vtt(caption: Any) -> _Line:
    raw = caption.raw_text.replace("\n", " ")
    start_ms, end_ms = _span(caption)
    pieces = _TIME_TAG.split(raw)
    spoken: list[tuple[int, str]] = [(start_ms, pieces[0])]
    spoken += [
        (_milliseconds(at), text) for at, text in zip(pieces[1::2], pieces[2::2], strict=True)
    ]
    words: list[Word] = []
    spaced = True
    for index, (begin_ms, text) in enumerate(spoken):
        until_ms = spoken[index + 1][0] if index + 1 < len(spoken) else end_ms
        plain = html.unescape(_ANY_TAG.sub("", text))
        first = len(words)
        words += _shared(
            words_in(plain), min(begin_ms, end_ms), min(max(begin_ms, until_ms), end_ms)
        )
        if len(words) > first and not spaced and not plain[:1].isspace():
            words[first] = _attached(words[first])
        spaced = plain[-1:].isspace() or (spaced and not plain)
    return _Line(words, html.unescape(caption.voice or ""))


def _from_subrip(caption: Any) -> _Line:
    text = html.unescape(_SUBRIP_TAG.sub("", caption.raw_text)).replace("\n", " ")
    return _Line(_shared(words_in(text), *_span(caption)), "")


def _shared(texts: list[str], start_ms: int, end_ms: int) -> list[Word]:
    """Give words the time from `start_ms` to `end_ms`, each by its number of characters."""
    whole = sum(map(len, texts))
    words, before = [], 0
    for text in texts:
        after = before + len(text)
        first, last = (start_ms + (end_ms - start_ms) * n // whole for n in (before, after))
        words.append(Word(text, first, last))
        before = after
    return words


def _ordered(lines: Iterable[_Line]) -> Transcript:
    """Put lines in the order of their beginnings; voices become speakers as they first appear.

    Lines stay whole where they overlap: no word begins before the one ahead of it.
    """
    words: list[Word] = []
    turns: list[Turn] = []
    numbers: dict[str, int] = {}
    least_ms = 0
    for line in sorted((line for line in lines if line.words), key=_line_start):
        for word in line.words:
            least_ms = max(least_ms, word.start_ms)
            words.append(replace(word, start_ms=least_ms, end_ms=max(least_ms, word.end_ms)))
        if line.voice:
            speaker = numbers.setdefault(line.voice, len(numbers))
            end_ms = max(word.end_ms for word in line.words)
            turns.append(Turn(speaker, line.words[0].start_ms, end_ms))
    return Transcript(
        tuple(words), tuple(_merged(turns)), {number: name for name, number in numbers.items()}
    )


def _line_start(line: _Line) -> int:
    return line.words[0].start_ms


def _merged(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Join turns of one speaker that follow each other."""
    held: Turn | None = None
    for turn in turns:
        if held is not None and held.speaker == turn.speaker:
            held = Turn(held.speaker, held.start_ms, max(held.end_ms, turn.end_ms))
            continue
        if held is not None:
            yield held
        held = turn
    if held is not None:
        yield held


def _span(caption: Any) -> tuple[int, int]:
    start_ms = caption.start_time.in_milliseconds()
    end_ms = caption.end_time.in_milliseconds()
    check_span(start_ms, end_ms, f"the cue {caption.raw_text[:40]!r}")
    return start_ms, end_ms


def _clock(time_ms: int) -> str:
    minutes, rest_ms = divmod(time_ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest_ms // 1000:02d}.{rest_ms % 1000:03d}"


def _milliseconds(clock: str) -> int:
    *hours, minutes, seconds = clock.split(":")
    whole, thousandths = seconds.split(".")
    return (
        (int(hours[0][:10]) if hours else 0) * 3600 + int(minutes) * 60 + int(whole)
    ) * 1000 + int(thousandths)


def _as_table(transcript: Transcript) -> dict[str, Any]:
    return {
        "kind": _KIND,
        "language": transcript.language,
        "engine": transcript.engine,
        "speakers": {str(number): name for number, name in transcript.names.items()},
        "turns": [[t.speaker, t.start_ms, t.end_ms] for t in transcript.turns],
        "words": [
            [w.text, w.start_ms, w.end_ms, round(w.probability, 4), *([True] if w.attached else [])]
            for w in transcript.words
        ],
    }


def _from_table(text: str) -> Transcript:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no JSON: {error}") from error
    if not isinstance(table, dict) or table.get("kind") != _KIND:
        raise InputError(f'this is no transcript: its "kind" is not {_KIND!r}')
    names = table.get("speakers", {})
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise InputError('"speakers" gives a name to each number')
    try:
        named = {int(number): name for number, name in names.items()}
    except ValueError as error:
        raise InputError(f'"speakers" gives names to numbers: {error}') from error
    return Transcript(
        tuple(_entries(table, "words", _word)),
        tuple(_entries(table, "turns", _turn)),
        named,
        *(_string(table, key) for key in ("language", "engine")),
    )


def _entries(
    table: Mapping[str, Any], key: str, made: Callable[[list[Any]], _Entry]
) -> Iterator[_Entry]:
    entries = table.get(key, [])
    if not isinstance(entries, list):
        raise InputError(f'"{key}" is a list, not {type(entries).__name__}')
    for index, entry in enumerate(entries):
        if not isinstance(entry, list):
            raise InputError(f'"{key}", entry {index}: a list, not {type(entry).__name__}')
        try:
            yield made(entry)
        except (TypeError, ValueError) as error:
            raise InputError(f'"{key}", entry {index}: {error}') from error


def _word(entry: list[Any]) -> Word:
    text, start_ms, end_ms, probability, *attached = entry
    if not isinstance(text, str) or attached not in ([], [True], [False]):
        raise InputError(f"a word is its text, two times and a probability, not {entry!r:.80}")
    if type(probability) not in (int, float):
        raise InputError(f"a probability is a number, not {probability!r:.40}")
    return Word(text, _time(start_ms), _time(end_ms), probability, attached == [True])


def _turn(entry: list[Any]) -> Turn:
    speaker, start_ms, end_ms = entry
    return Turn(_time(speaker), _time(start_ms), _time(end_ms))


def _time(value: object) -> int:
    if type(value) is not int:
        raise InputError(f"times and speakers are whole numbers, not {value!r:.40}")
    return value


def _string(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise InputError(f'"{key}" is a text, not {type(value).__name__}')
    return value


def _attached(word: Word) -> Word:
    return replace(word, attached=True)


def _webvtt() -> Any:
    try:
        import webvtt
        import webvtt.errors
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'subtitles need webvtt-py, which is not installed: pip install "firsthand[recorder]"'
        ) from error
    return webvtt
