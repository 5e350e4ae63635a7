"""Options that several of the recorder's commands have."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from firsthand.cli.places import own_folder

Engine = Literal["auto", "whisper", "pocketsphinx"]
Sounds = Literal["own", "yamnet", "none"]

LibraryFolder = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="FOLDER",
        help="Where recordings are; FIRSTHAND_LIBRARY or ~/.local/share/firsthand/recordings.",
    ),
]
EngineName = Annotated[Engine, typer.Option(help="What writes; auto is Whisper if it is here.")]
WhisperFolder = Annotated[
    str, typer.Option(help="Folder of a Whisper model; the base model if left out.")
]
Language = Annotated[str, typer.Option(help="What is spoken, such as en; found out if left out.")]
SoundsName = Annotated[
    Sounds, typer.Option(help="What tells sounds apart; yamnet where the model store has it.")
]
SpeakersToo = Annotated[bool, typer.Option(help="Tell who speaks when, by their voices.")]


def default_library() -> Path:
    """Return where recordings are unless told otherwise."""
    return own_folder("FIRSTHAND_LIBRARY", "recordings")
