"""All that is made of sound while it streams: sounds with a beginning and an end, bars in colour.

A classifier's scores, made honest by their calibration, made steady, decided about and followed:
the steps of `classifier`, `calibration`, `steadying`, `hysteresis` and `events` in a row. What it
remembers does not grow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError
from firsthand.recorder.library.entries import Sound
from firsthand.recorder.sounds import events, hysteresis, levels, steadying
from firsthand.recorder.sounds.calibration import Calibration
from firsthand.recorder.sounds.classifier import SoundClassifier

Floats = NDArray[np.float32]

RATE_HZ: Final = 16_000
RAW_THRESHOLD: Final = 0.5
"""The score at which a class without a calibration counts as heard."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What a step adds: sounds that have ended, and bars of 50 ms each.

    `colours` int16 (n,) are places in `Listener.colours` or -1; `levels` uint8 (m,), see `levels`.
    """

    sounds: tuple[Sound, ...]
    colours: NDArray[np.int16]
    levels: NDArray[np.uint8]


def together(parts: Sequence[Heard]) -> Heard:
    """Join what the steps of one stream gave, sounds by their beginning."""
    sounds = sorted(
        (sound for part in parts for sound in part.sounds), key=lambda s: (s.start_ms, s.name)
    )
    return Heard(
        tuple(sounds),
        np.concatenate([np.empty(0, np.int16), *(part.colours for part in parts)]),
        np.concatenate([np.empty(0, np.uint8), *(part.levels for part in parts)]),
    )


@dataclass(frozen=True, slots=True)
class Listened:
    """Where a stream is, for each of the steps; `samples` and `bars` count what came so far."""

    classifier: Any
    steady: steadying.Steadying = field(default_factory=steadying.Steadying)
    undecided: hysteresis.Waiting = field(default_factory=hysteresis.Waiting)
    following: events.Following = field(default_factory=events.Following)
    waiting: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    samples: int = 0
    bars: int = 0
    colour: int = events.NOTHING


class Listener:
    """A classifier with its calibration.

    `group` maps its scores (n, classes) to those of the calibration's classes, which colour bars;
    the classifier's own are then followed as well, from `RAW_THRESHOLD` on. Raises `InputError`
    where the classes do not fit.
    """

    def __init__(
        self,
        classifier: SoundClassifier,
        calibration: Calibration,
        group: Callable[[NDArray[Any]], Floats] | None = None,
    ) -> None:
        if group is None and calibration.classes != classifier.classes:
            raise InputError(
                f"scores of {', '.join(classifier.classes)} and curves of "
                f"{', '.join(calibration.classes)} do not belong together"
            )
        self.colours = calibration.classes
        others = () if group is None else classifier.classes
        raw = np.full(len(others), RAW_THRESHOLD, np.float32)
        self.names: Sequence[str] = (*self.colours, *others)
        self._thresholds = np.concatenate([calibration.thresholds, raw])
        self._classifier, self._calibration, self._group = classifier, calibration, group

    def begin(self) -> Listened:
        """Return the state of a stream that has not begun."""
        return Listened(self._classifier.begin())

    def step(self, state: Listened, block: NDArray[Any]) -> tuple[Listened, Heard]:
        """Take the next samples (n,) at 16 kHz; give what is settled by now, 4 s late at most."""
        heard_by, scores = self._classifier.step(state.classifier, block)
        steady, shares = steadying.step(state.steady, self._shares(scores), self._thresholds)
        undecided, shares, heard = hysteresis.step(state.undecided, shares, self._thresholds)
        waiting, loud = levels.step(state.waiting, block)
        state = replace(
            state,
            classifier=heard_by,
            steady=steady,
            undecided=undecided,
            waiting=waiting,
            samples=state.samples + len(block),
        )
        state, sounds, colours = self._settled(state, shares, heard)
        return state, Heard(tuple(sounds), colours, loud)

    def finish(self, state: Listened) -> Heard:
        """Give the rest when a stream has ended: with it there are as many colours as levels."""
        duration_ms = state.samples * 1000 // RATE_HZ
        scores = self._classifier.last(state.classifier)
        steady, shares = steadying.step(state.steady, self._shares(scores), self._thresholds)
        rest = np.concatenate([shares, steadying.finish(steady, self._thresholds)])
        undecided, *decided = hysteresis.step(state.undecided, rest, self._thresholds)
        last = hysteresis.finish(undecided, self._thresholds)
        shares, heard = (np.concatenate(each) for each in zip(decided, last, strict=True))
        wanted = -(-state.samples // levels.BAR) - state.bars
        state, sounds, colours = self._settled(state, shares, heard)
        sounds += events.finish(state.following, self.names, duration_ms)
        missing = max(0, wanted - len(colours))
        return Heard(
            tuple(_within(sounds, duration_ms)),
            np.pad(colours[:wanted], (0, missing), constant_values=state.colour),
            levels.finish(state.waiting),
        )

    def _settled(
        self, state: Listened, shares: Floats, heard: NDArray[np.bool_]
    ) -> tuple[Listened, list[Sound], NDArray[np.int16]]:
        """Follow steady shares and colour the bars in the middle of their windows."""
        following, sounds = events.step(state.following, shares, heard, self.names)
        count = len(self.colours)
        colours = events.dominant(shares[:, :count], heard[:, :count])
        if len(colours):
            before = 0 if state.bars else events.FIRST_BAR
            colours = np.concatenate([np.repeat(colours[:1], before), colours])
            state = replace(state, bars=state.bars + len(colours), colour=int(colours[-1]))
        return replace(state, following=following), sounds, colours

    def _shares(self, scores: Floats) -> Floats:
        if self._group is None:
            return self._calibration.shares(scores)
        return np.concatenate([self._calibration.shares(self._group(scores)), scores], axis=1)


def _within(sounds: Sequence[Sound], duration_ms: int) -> Iterator[Sound]:
    """Yield sounds as far as the recording goes."""
    for sound in sounds:
        if sound.start_ms < duration_ms:
            yield replace(sound, end_ms=min(sound.end_ms, duration_ms))
