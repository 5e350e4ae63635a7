"""Tones, and what encoders make of them."""

import av
import numpy as np
from av.audio.frame import AudioFrame

from firsthand.concealment.opus import OPUS_HZ


def encoded(samples: np.ndarray, *, codec="libopus", rate_hz=OPUS_HZ, packet=960, **options):
    """Return packets of a sound (n,), or (n, 2)."""
    layout = "mono" if samples.ndim == 1 else "stereo"
    context = av.CodecContext.create(codec, "w")
    context.sample_rate, context.layout, context.format = rate_hz, layout, "s16"
    context.options = options
    packets = []
    for start in range(0, len(samples) - packet + 1, packet):
        row = np.rint(samples[start : start + packet] * 32_000).astype(np.int16).reshape(1, -1)
        frame = AudioFrame.from_ndarray(row, format="s16", layout=layout)
        frame.sample_rate, frame.pts = rate_hz, start
        packets += [bytes(each) for each in context.encode(frame)]
    return packets


def tone(seconds: float, hz=440.0, rate_hz=OPUS_HZ) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz / rate_hz * np.arange(int(seconds * rate_hz)))
