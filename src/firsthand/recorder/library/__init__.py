"""Recordings kept together: what was said, by whom, which sounds, and where to find it again."""

from firsthand.recorder.library.entries import Bars, Hit, Recording, Sound
from firsthand.recorder.library.library import Library

__all__ = ["Bars", "Hit", "Library", "Recording", "Sound"]
