"""Packet loss concealment: calls that keep talking through lost packets.

After Google's "Improving Audio Quality in Duo with WaveNetEQ", and WebRTC's NetEQ. Nothing heavy is
loaded here: a submodule is when one of its names is first used.
"""

from typing import TYPE_CHECKING

from firsthand.core.lazy import lazy

if TYPE_CHECKING:
    from firsthand.concealment.concealer import Concealer
    from firsthand.concealment.decoding import Decoded, Decoder, LinearPcm
    from firsthand.concealment.filling import begin, fill, step
    from firsthand.concealment.generative import Generative
    from firsthand.concealment.jitter_buffer import JitterBuffer
    from firsthand.concealment.opening import open_concealer
    from firsthand.concealment.packets import Packet
    from firsthand.concealment.settings import Settings
    from firsthand.concealment.statistics import Statistics

_HOMES = {
    "concealer": ("Concealer",),
    "decoding": ("Decoded", "Decoder", "LinearPcm"),
    "filling": ("begin", "fill", "step"),
    "generative": ("Generative",),
    "jitter_buffer": ("JitterBuffer",),
    "opening": ("open_concealer",),
    "packets": ("Packet",),
    "settings": ("Settings",),
    "statistics": ("Statistics",),
}

__all__ = [
    "Concealer",
    "Decoded",
    "Decoder",
    "Generative",
    "JitterBuffer",
    "LinearPcm",
    "Packet",
    "Settings",
    "Statistics",
    "begin",
    "fill",
    "open_concealer",
    "step",
]

__getattr__, __dir__ = lazy(__name__, _HOMES, __all__)
