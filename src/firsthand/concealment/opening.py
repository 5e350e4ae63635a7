"""Concealers by their names."""

from typing import Final

from firsthand.concealment.baselines import Repetition, Silence
from firsthand.concealment.concealer import Concealer
from firsthand.concealment.extrapolation import Extrapolation
from firsthand.concealment.filling import DELAY_MS
from firsthand.concealment.generative import Generative
from firsthand.concealment.rates import at_rate
from firsthand.errors import ConfigError

NAMES: Final = ("firsthand", "lpc", "repetition", "zero")
_PLAIN: Final = ("repetition", "zero")


def open_concealer(name: str = "firsthand", rate_hz: int = 16_000) -> Concealer:
    """Return a concealer for sound of `rate_hz`, 8 to 48 kHz in steps of 100.

    `firsthand`: the networks of this package; `lpc`: linear prediction, which needs no weights;
    `repetition` of the last pitch period; `zero`: silence. Raises `ConfigError` for other names and
    rates, `ModelError` where the networks are missing.
    """
    if name not in NAMES:
        raise ConfigError(f"no concealer {name!r}: there are {', '.join(NAMES)}")
    if not 8_000 <= rate_hz <= 48_000 or rate_hz % 100:
        raise ConfigError(f"sound of 8000 to 48000 Hz, in steps of 100, not {rate_hz} Hz")
    if name == "zero":
        return Silence(rate_hz)
    if name == "repetition":
        return Repetition(rate_hz)
    return at_rate(Generative.open() if name == "firsthand" else Extrapolation(), rate_hz)


def delay_of(name: str) -> int:
    """Return by how many milliseconds later sound is given that a concealer of this name fills.

    30, so that gaps are closed from both sides; 0 for what others are compared with: silence is to
    be silence.
    """
    return 0 if name in _PLAIN else DELAY_MS
