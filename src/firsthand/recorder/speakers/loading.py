"""Firsthand's own speaker network, which comes with the package."""

from typing import Final

from firsthand.recorder.speakers.embedding import SpeakerNetwork
from firsthand.runtime.bundled import bundled

OWN: Final = "firsthand-speakers"


def load_speakers(*, threads: int = 1) -> SpeakerNetwork:
    """Load the network."""
    return SpeakerNetwork.open(bundled()[OWN], threads=threads)
