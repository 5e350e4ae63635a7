"""Signals: framing and spectra. Plain functions of arrays, and steps for streams of blocks."""

from firsthand.dsp.cepstrum import cepstra, slopes
from firsthand.dsp.framing import windows
from firsthand.dsp.logmel import LogMel, LogMelState

__all__ = ["LogMel", "LogMelState", "cepstra", "slopes", "windows"]
