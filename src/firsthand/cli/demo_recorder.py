"""The demo's part about recordings: one in; words, speakers, sounds, tags and a picture out."""

import tempfile
from pathlib import Path

import typer


def run(examples: Path, folder: Path) -> None:
    """Add the recording of `examples` to a library of its own, and show what is known of it."""
    from firsthand.cli.recorder import loaded_ears, print_recording, telling
    from firsthand.recorder.adding import add_audio
    from firsthand.recorder.drawing import draw_recording
    from firsthand.recorder.exchange import write_transcript
    from firsthand.recorder.library import Library
    from firsthand.recorder.loading import Asked

    path = examples / "media" / "recorder" / "two_readers.ogg"
    ears = loaded_ears(Asked(language="en"))
    with tempfile.TemporaryDirectory() as kept, Library(kept) as library, telling() as tell:
        number, _ = add_audio(library, path, ears, title="Two readers", tell=tell)
        print_recording(library, number)
        sounds, transcript = library.sounds(number), library.transcript(number)
        bars = library.bars(number)
    heard = ", ".join(f"{sound.name} at {sound.start_ms / 1000:.1f} s" for sound in sounds)
    typer.echo(f"heard: {heard}")
    subtitles, picture = folder / "two_readers.vtt", folder / "two_readers.png"
    subtitles.write_text(write_transcript(transcript, "vtt"), encoding="utf-8")
    draw_recording("Two readers", bars, transcript, picture)
    typer.echo(f"Wrote {subtitles} and {picture}.")
