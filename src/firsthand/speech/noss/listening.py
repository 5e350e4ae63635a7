"""What is heard of a clip: read, cut, changed where the task wants it."""

import numpy as np

from firsthand.errors import MediaError
from firsthand.media import read_audio, read_span
from firsthand.speech.noss.tasks import Clip
from firsthand.speech.representation import RATE_HZ, Floats, checked

_FROM_HZ, _DB_PER_OCTAVE, _MOST_DB = 1_000.0, 3.0, 9.0


def sound_of(clip: Clip) -> Floats:
    """Return the samples (n,) of a clip at `RATE_HZ`, channels mixed to one.

    Raises `MediaError` for what cannot be decoded, or ends before the clip begins, and `InputError`
    for samples that are no sound.
    """
    if clip.length_s:
        samples = read_span(clip.path, clip.start_s, clip.start_s + clip.length_s, RATE_HZ)
    else:
        samples = read_audio(clip.path, RATE_HZ)[0][int(clip.start_s * RATE_HZ) :]
    if not len(samples):
        raise MediaError(f"{clip.path}: ends before {clip.start_s:g} s, where the clip begins")
    samples = checked(samples)
    return muffle(samples) if clip.muffled else samples


def muffle(samples: Floats) -> Floats:
    """Return a sound (n,) as through a cloth: 3 dB less an octave from 1 kHz on, at most 9 dB.

    That is about what face masks take away (Corey et al. 2020, doi:10.1121/10.0002279). It is as
    loud as before, so that loudness alone tells nothing.
    """
    spectrum = np.fft.rfft(samples)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE_HZ), _FROM_HZ) / _FROM_HZ)
    less_db = np.minimum(_DB_PER_OCTAVE * octaves, _MOST_DB)
    heard = np.fft.irfft(spectrum * 10 ** (-less_db / 20), len(samples))
    before, after = (float(np.mean(np.square(each, dtype=np.float64))) for each in (samples, heard))
    loud = np.sqrt(before / max(after, 1e-20))
    return np.asarray(np.clip(heard * loud, -1, 1), np.float32)
