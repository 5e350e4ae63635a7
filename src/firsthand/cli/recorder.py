"""`firsthand recorder`: recordings written down, searched, exported and cut."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from firsthand.cli.groups import Json, group
from firsthand.cli.places import check_places
from firsthand.cli.recorder_options import (
    EngineName,
    Language,
    LibraryFolder,
    SoundsName,
    SpeakersToo,
    WhisperFolder,
    default_library,
)
from firsthand.cli.recorder_serve import serve
from firsthand.cli.recorder_telling import clock, live_words, marked, milliseconds, print_recording
from firsthand.cli.telling import one_line, say, say_json, say_table, showing, warn, wrote
from firsthand.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from firsthand.recorder.library import Library
    from firsthand.recorder.loading import EarsOptions
    from firsthand.recorder.writing import Ears

app = group("Write recordings down, search them, and cut them.")


@dataclass(frozen=True, slots=True)
class Outside:
    """Where models come from and sound; tests put their own into Click's context object."""

    ears: Callable[["EarsOptions"], "Ears"]
    microphone: Callable[[str], Iterable["NDArray[np.float32]"]]


Number = Annotated[int, typer.Argument(min=1, help="A recording's number, as `list` shows it.")]


@app.command()
def add(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", readable=False, help="Sound, or .srt, .vtt, .json transcripts."
        ),
    ],
    engine: EngineName = "auto",
    model: WhisperFolder = "",
    language: Language = "",
    title: Annotated[str, typer.Option(help="A title; the file's name if left out.")] = "",
    sounds: SoundsName = "own",
    speakers: SpeakersToo = True,
    library: LibraryFolder = None,
) -> None:
    """Add recordings or transcripts to the library; sound is written down."""
    from firsthand.recorder.adding import add_audio, add_transcript, is_transcript
    from firsthand.recorder.loading import EarsOptions

    outside = context.find_object(Outside) or Outside(loaded_ears, _microphone)
    asked, failed = EarsOptions(engine, model, language, sounds, speakers), 0
    with _opened(library) as opened, showing() as tell:
        ears: Ears | None = None
        for path in files:
            try:
                if is_transcript(path):
                    number, damage = add_transcript(opened, path, title=title), ""
                else:
                    ears = ears or outside.ears(asked)
                    number, damage = add_audio(opened, path, ears, title=title, tell=tell)
            except InputError as error:
                failed += 1
                warn(str(error))
                continue
            say(f"{number}  {opened.recording(number).title}")
            if damage:
                warn(f"{path}: {damage}; what decodes was added")
    if failed:
        raise typer.Exit(1)


@app.command()
def record(
    context: typer.Context,
    title: Annotated[str, typer.Option(help="A title; date and time if left out.")] = "",
    device: Annotated[
        str,
        typer.Option(help="Which microphone, by a part of its name."),
    ] = "",
    engine: EngineName = "auto",
    model: WhisperFolder = "",
    language: Language = "",
    sounds: SoundsName = "own",
    speakers: SpeakersToo = True,
    library: LibraryFolder = None,
) -> None:
    """Record the microphone until Ctrl-C, written down as it is said."""
    from firsthand.recorder.loading import EarsOptions
    from firsthand.recorder.microphone import MICROPHONE_HZ
    from firsthand.recorder.recording import record as record_blocks

    outside = context.find_object(Outside) or Outside(loaded_ears, _microphone)
    begun_at = datetime.now(UTC)
    with _opened(library) as opened, live_words() as (told, guessed):
        number = record_blocks(
            *(opened, outside.microphone(device), MICROPHONE_HZ),
            outside.ears(
                EarsOptions(engine, model, language, sounds, speakers, live=guessed is not None)
            ),
            title=title or f"{begun_at.astimezone():%Y-%m-%d %H:%M}",
            begun_at=begun_at,
            told=told,
            guessed=guessed,
        )
        for tag in opened.tags(number):
            typer.echo(f"tag: {one_line(tag)}", err=True)
    typer.echo(f"{number}  recorded", err=True)


app.command()(serve)


@app.command("list")
def list_all(library: LibraryFolder = None, json: Json = False) -> None:
    """List the recordings, the newest first."""
    from rich.table import Table
    from rich.text import Text

    table = Table("", "title", "begun", "length", "engine", "remarks")
    with _opened(library) as opened:
        for recording in opened.recordings():
            if json:
                say_json(recording)
            remarks = recording.note or ("being recorded" * (recording.state == "recording"))
            cells = (
                f"{recording.number}",
                recording.title,
                f"{recording.begun_at.astimezone():%Y-%m-%d %H:%M}",
                clock(recording.duration_ms),
                recording.engine,
                remarks,
            )
            table.add_row(*(Text(one_line(cell), overflow="fold") for cell in cells))
    if not json:
        say_table(table)


@app.command()
def show(number: Number, library: LibraryFolder = None, json: Json = False) -> None:
    """Print what is said in a recording, with times and speakers."""
    from firsthand.recorder.cues import cues

    with _opened(library) as opened:
        if json:
            recording, transcript = opened.recording(number), opened.transcript(number)
            said = [
                {
                    "start_ms": cue.start_ms,
                    "end_ms": cue.end_ms,
                    "speaker": None if cue.speaker is None else transcript.name_of(cue.speaker),
                    "text": cue.text,
                }
                for cue in cues(transcript)
            ]
            say_json({"recording": recording, "tags": opened.tags(number), "said": said})
        else:
            print_recording(opened, number)


@app.command()
def search(
    words: Annotated[
        str, typer.Argument(help='Words, "a phrase" in quotes, or a beginning and *.')
    ] = "",
    sound: Annotated[str, typer.Option(help="A sound heard then, such as applause.")] = "",
    number: Annotated[
        int | None, typer.Option("--in", min=1, help="Only in this recording.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Hits at most.")] = 20,
    library: LibraryFolder = None,
    json: Json = False,
) -> None:
    """Find the moments at which words are said or sounds heard; exit code 1 if there are none."""
    with _opened(library) as opened:
        hits = opened.search(words, sound=sound, number=number, limit=limit)
    for hit in hits:
        if json:
            say_json(hit)
            continue
        place = f"{hit.recording}  {clock(hit.start_ms)}  {one_line(hit.title)}"
        heard = f"  [{one_line(hit.sound)}]" if hit.sound else ""
        typer.echo(f"{place}{heard}" + (f"\n    {marked(hit)}" if hit.text else ""))
    if not hits:
        warn("nothing was found")
        raise typer.Exit(1)


@app.command()
def sounds(number: Number, library: LibraryFolder = None, json: Json = False) -> None:
    """Print which sounds are heard in a recording, and when."""
    with _opened(library) as opened:
        for sound in opened.sounds(number):
            if json:
                say_json(sound)
            else:
                span = f"{clock(sound.start_ms)} .. {clock(sound.end_ms)}"
                say(f"{span}  {sound.name}  {sound.score:.2f}")


@app.command()
def tags(number: Number, library: LibraryFolder = None, json: Json = False) -> None:
    """Print the tags suggested for a recording's title, the best first."""
    with _opened(library) as opened:
        found = opened.tags(number)
    if json:
        say_json(found)
    for tag in () if json else found:
        say(tag)


@app.command()
def export(
    number: Number,
    form: Annotated[
        Literal["txt", "srt", "vtt", "json"], typer.Option("--format", help="How it is written.")
    ] = "txt",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; standard output if left out.")
    ] = None,
    library: LibraryFolder = None,
) -> None:
    """Write a transcript as text, subtitles (SubRip, WebVTT) or JSON."""
    from firsthand.media.files import replacing
    from firsthand.recorder.exchange import write_transcript

    with _opened(library) as opened:
        text = write_transcript(opened.transcript(number), form)
    if output is None or str(output) == "-":
        typer.echo(text, nl=False)
        return
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8")
    wrote(output)


@app.command()
def draw(
    number: Number,
    output: Annotated[Path, typer.Option("-o", "--output", help="A .svg or .png file.")],
    library: LibraryFolder = None,
) -> None:
    """Draw a recording: its waveform coloured by what is heard, its speakers and some words."""
    from firsthand.recorder.drawing import draw_recording

    with _opened(library) as opened:
        title, bars = opened.recording(number).title, opened.bars(number)
        transcript = opened.transcript(number)
    wrote(draw_recording(title, bars, transcript, output))


@app.command()
def extract(
    number: Number,
    begin: Annotated[str, typer.Option("--from", help="Where it begins: 1:02:03.5 or seconds.")],
    end: Annotated[str, typer.Option("--to", help="Where it ends.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A .wav or .flac file; its words go beside it.")
    ],
    library: LibraryFolder = None,
) -> None:
    """Cut a span out of a recording: its sound, and its words as a .vtt file of the same name."""
    from firsthand.media import read_span, write_audio
    from firsthand.media.files import replacing
    from firsthand.recorder.exchange import write_transcript

    start_ms, end_ms = milliseconds(begin), milliseconds(end)
    if start_ms >= end_ms:
        raise InputError(f"a span ends after it begins, not from {begin} to {end}")
    beside = output.with_suffix(".vtt")
    check_places([], {"-o": output, "the words beside it": beside})
    with _opened(library) as opened:
        recording, transcript = opened.recording(number), opened.transcript(number)
    if recording.audio is None:
        raise InputError(f"recording {number} has no sound to cut a span from")
    if start_ms >= recording.duration_ms:
        raise InputError(
            f"recording {number} ends at {clock(recording.duration_ms)}, not after {begin}"
        )
    samples = read_span(recording.audio, start_ms / 1000, end_ms / 1000)
    write_audio(output, samples, 48_000)
    with replacing(beside) as temporary:
        text = write_transcript(transcript.between(start_ms, end_ms), "vtt")
        temporary.write_text(text, encoding="utf-8")
    wrote(output, f"{len(samples) / 48_000:.3f} s")
    wrote(beside)


@app.command()
def rename(
    number: Number,
    title: Annotated[str, typer.Argument(help="The new title.")],
    library: LibraryFolder = None,
) -> None:
    """Give a recording another title."""
    with _opened(library) as opened:
        opened.rename(number, title)


@app.command()
def name(
    number: Number,
    speaker: Annotated[int, typer.Argument(min=1, help="Which speaker, from 1.")],
    name: Annotated[str, typer.Argument(help="The name; an empty one takes it away.")],
    library: LibraryFolder = None,
) -> None:
    """Give a speaker of a recording a name."""
    with _opened(library) as opened:
        opened.name_speaker(number, speaker - 1, name)


@app.command()
def delete(
    number: Number,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    library: LibraryFolder = None,
) -> None:
    """Delete a recording, its sound and its words, for good."""
    with _opened(library) as opened:
        recording = opened.recording(number)
        what = one_line(f"{recording.title} ({clock(recording.duration_ms)})")
        if not sure:
            typer.confirm(f"Delete {what} for good?", abort=True, err=True)
        opened.delete(number)
    typer.echo(f"deleted {what}", err=True)


@contextmanager
def _opened(folder: Path | None) -> Iterator["Library"]:
    from firsthand.recorder.library import Library

    with Library(folder or default_library()) as library:
        yield library


def loaded_ears(asked: "EarsOptions") -> "Ears":
    """Load what is asked for, and warn where that is not the best there is."""
    from firsthand.recorder.loading import load_ears

    return load_ears(asked, warn)


def _microphone(device: str) -> Iterable["NDArray[np.float32]"]:
    from firsthand.recorder.microphone import microphone

    return microphone(device)
