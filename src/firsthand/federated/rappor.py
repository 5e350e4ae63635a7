"""RAPPOR: reports that are private by themselves, for when no protocol can be trusted.

Erlingsson et al. 2014 (doi:10.1145/2660267.2660348), one-time and basic kinds included: a value
sets bits of a Bloom filter, a permanent response lies about each bit once and for all, and an
instantaneous one about that at each report. The decoder estimates the true counts of bits, and
fits candidates to them.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError, MissingDependencyError, ProtocolError
from firsthand.federated.queries.answer import Answer, Estimate

Bits = NDArray[np.bool_]
Random = Callable[[int], bytes]

_SURE: Final = 0.05
"""The chance that any candidate is named that nobody has."""


@dataclass(frozen=True, slots=True)
class Rappor:
    """The parameters of reports; all devices and the decoder share them.

    `bits` of a filter, `hashes` of a value, `cohorts` with other hashes; `f` is how often a
    permanent bit is drawn at random, `p` and `q` how often a report says 1 for a permanent 0 and 1.
    """

    bits: int = 128
    hashes: int = 2
    cohorts: int = 64
    f: float = 0.5
    p: float = 0.0
    q: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.hashes <= self.bits <= 65_536 and 0 < self.cohorts <= 65_536):
            raise ConfigError(f"filters have bits, hashes and cohorts above 0, not {self}")
        if not (0 < self.f < 1 and 0 <= self.p < self.q <= 1):
            raise ConfigError(
                f"0 < f < 1 and 0 <= p < q <= 1, not f={self.f} p={self.p} q={self.q}"
            )

    @property
    def epsilon(self) -> float:
        """What all reports ever about one value cost, by the permanent response."""
        return 2 * self.hashes * log((1 - self.f / 2) / (self.f / 2))

    @property
    def epsilon_once(self) -> float:
        """What a single report costs, by both responses."""
        one, zero = self._chances
        return self.hashes * log(one * (1 - zero) / (zero * (1 - one))) if zero else self.epsilon

    def filter_of(self, value: str, cohort: int) -> Bits:
        """Return a value's filter, (bits,), in a cohort."""
        found = np.zeros(self.bits, np.bool_)
        digest = hashlib.sha256(f"{cohort}\0{value}".encode(errors="surrogatepass")).digest()
        stream = hashlib.shake_256(digest).digest(8 * self.hashes)
        for number in range(self.hashes):
            found[int.from_bytes(stream[8 * number : 8 * number + 8], "little") % self.bits] = True
        return found

    def permanent(self, value: str, cohort: int, random: Random = secrets.token_bytes) -> Bits:
        """Return a device's permanent response to a value, drawn once and kept for good."""
        drawn = _uniform(self.bits, random)
        truth = self.filter_of(value, cohort)
        return np.where(drawn < self.f / 2, True, np.where(drawn < self.f, False, truth))

    def report(self, permanent: Bits, random: Random = secrets.token_bytes) -> Bits:
        """Return one report of a permanent response."""
        return np.asarray(_uniform(self.bits, random) < np.where(permanent, self.q, self.p))

    @property
    def _chances(self) -> tuple[float, float]:
        """How often a report says 1 where the filter does, and where it does not."""
        mean = (self.p + self.q) / 2
        return (
            self.f * mean + (1 - self.f) * self.q,
            self.f * mean + (1 - self.f) * self.p,
        )


class Tally:
    """Reports counted: how many of each cohort, and how many ones in each bit."""

    def __init__(self, parameters: Rappor) -> None:
        self.parameters = parameters
        self.reports = np.zeros(parameters.cohorts, np.int64)
        self.ones = np.zeros((parameters.cohorts, parameters.bits), np.int64)

    def add(self, cohort: int, report: Bits) -> None:
        """Count a report (bits,); `ProtocolError` for another shape, kind or cohort."""
        if report.shape != (self.parameters.bits,) or report.dtype != np.bool_:
            raise ProtocolError(
                f"a report has {self.parameters.bits} bits, not {report.dtype} {report.shape}"
            )
        if not 0 <= cohort < self.parameters.cohorts:
            raise ProtocolError(f"cohort {cohort} of {self.parameters.cohorts}")
        self.reports[cohort] += 1
        self.ones[cohort] += report

    def decode(self, candidates: Sequence[str]) -> Answer:
        """Return how many devices have each candidate that is surely there, in their order.

        Least squares without negative counts, then by ordinary ones for those that are left, of
        whom stay those that are above 0 by Bonferroni's rule. `ConfigError` for no candidates.
        """
        if not candidates or len(set(candidates)) < len(candidates):
            raise ConfigError("candidates are one or more, no two alike")
        total = int(self.reports.sum())
        if not total:
            return Answer((), 0, 0.0)
        one, zero = self.parameters._chances
        counts = (self.ones - zero * self.reports[:, None]) / (one - zero)
        spread = (
            np.sqrt(np.maximum(self.reports[:, None] * 0.25, 1.0))
            / (one - zero)
            * np.ones_like(counts)
        )
        design = np.stack(
            [
                np.concatenate(
                    [
                        self.parameters.filter_of(candidate, cohort) * (size / total)
                        for cohort, size in enumerate(self.reports.tolist())
                    ]
                )
                for candidate in candidates
            ],
            axis=1,
        )
        weights = 1 / spread.ravel()
        weighted, wanted = design * weights[:, None], counts.ravel() * weights
        first = _not_negative(weighted, wanted)
        kept = np.flatnonzero(first > 0)
        if not len(kept):
            return Answer((), total, 0.0)
        inverse = np.linalg.pinv(weighted[:, kept].T @ weighted[:, kept])
        values = inverse @ (weighted[:, kept].T @ wanted)
        errors = np.sqrt(np.maximum(np.diagonal(inverse), 0))
        least = NormalDist().inv_cdf(1 - _SURE / len(candidates))
        found = tuple(
            Estimate.normal(candidates[place], float(value), float(error), 0, total)
            for place, value, error in zip(kept.tolist(), values, errors, strict=True)
            if value > least * error
        )
        return Answer(found, total, float(np.mean(errors)))


def _not_negative(design: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        from scipy.optimize import nnls
    except ImportError as error:
        raise MissingDependencyError(
            'decoding RAPPOR needs SciPy: pip install "firsthand[federated]"'
        ) from error
    found: NDArray[np.float64] = nnls(design, wanted, maxiter=50 * design.shape[1])[0]
    return found


def _uniform(count: int, random: Random) -> NDArray[np.float64]:
    return np.frombuffer(random(8 * count), "<u8") / 2.0**64
