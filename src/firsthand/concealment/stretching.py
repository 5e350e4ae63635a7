"""Sound made shorter or longer by whole periods, where that is not heard.

By waveform similarity (Verhelst & Roelands 1993, "An overlap-add technique based on waveform
similarity (WSOLA) for high quality time-scale modification of speech"), of about 30 ms at a time
and with the conditions of NetEQ: the sound repeats itself, or there is little of it.
"""

from typing import Final

import numpy as np

from firsthand.concealment.concealer import Floats
from firsthand.concealment.crossfading import crossfaded
from firsthand.concealment.likeness import likeness

STRETCHED_S: Final = 0.03
"""How much sound a step looks at; it adds or takes away half of that at most."""

_LEAST_LAG_S: Final = 0.0025
_SEARCH_HZ: Final = 8_000
_ALIKE: Final = 0.9
_FAST_ALIKE: Final = 0.5


def accelerated(
    samples: Floats, rate_hz: int, *, fast: bool = False, passive_power: float = 0.0
) -> tuple[Floats, int]:
    """Return sound with a period left out, and how many samples that were.

    With `fast` as many periods as go into half of it, and where they are less alike. 0, and the
    sound as it is, where a cut might be heard.

    Args:
        samples: (n,) in -1..1, of STRETCHED_S or about so.
        rate_hz: of the samples.
        fast: whether haste matters more than quality.
        passive_power: the mean square up to which sound counts as a pause, in which any cut goes.
    """
    lag = _period(samples, rate_hz, _FAST_ALIKE if fast else _ALIKE, passive_power)
    if not lag:
        return samples, 0
    middle = len(samples) // 2
    cut = lag * (middle // lag) if fast else lag
    before, after = samples[: middle - cut], samples[middle + cut :]
    joint = crossfaded(samples[middle - cut : middle], samples[middle : middle + cut])
    return np.concatenate([before, joint, after]), cut


def preemptively_expanded(
    samples: Floats, rate_hz: int, *, passive_power: float = 0.0
) -> tuple[Floats, int]:
    """Return sound with a period in it twice, and how many samples that are.

    0, and the sound as it is, where it might be heard. Arguments as for `accelerated`.
    """
    lag = _period(samples, rate_hz, _ALIKE, passive_power)
    if not lag:
        return samples, 0
    middle = len(samples) // 2
    joint = crossfaded(samples[middle : middle + lag], samples[middle - lag : middle])
    return np.concatenate([samples[:middle], joint, samples[middle:]]), lag


def _period(samples: Floats, rate_hz: int, alike: float, passive_power: float) -> int:
    """Return the lag, up to half the sound, at which it is most like itself; 0 if not enough."""
    middle = len(samples) // 2
    coarse = max(1, rate_hz // _SEARCH_HZ)
    least, most = int(_LEAST_LAG_S * rate_hz), middle
    if most <= least + coarse:
        return 0
    low = samples[: len(samples) // coarse * coarse].reshape(-1, coarse).mean(axis=1)
    lag, _ = _best_lag(low, middle // coarse, least // coarse, middle // coarse)
    lag *= coarse
    lag, alike_there = _best_lag(samples, middle, max(least, lag - coarse), min(most, lag + coarse))
    passive = float(samples @ samples) <= passive_power * len(samples)
    return lag if passive or alike_there >= alike else 0


def _best_lag(samples: Floats, middle: int, least: int, most: int) -> tuple[int, float]:
    """Return the lag, least to most <= middle, at which the later half is most like what was.

    And the normalised correlation there. Of lags as good as one another it is the longest.
    """
    later = samples[middle : 2 * middle]
    alike = likeness(samples[middle - most : 2 * middle - least], later)
    best = int(alike.argmax())
    return most - best, float(alike[best])
