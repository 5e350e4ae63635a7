"""How many neighbours a device needs, and how many of them must answer for it.

Bell et al. 2020 (doi:10.1145/3372297.3417885), section 3, with exact hypergeometric tails: in a
cohort of n, of whom a share may be corrupt and a share may drop out, each device has k neighbours
drawn at random.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, comb, log2
from typing import Final, Literal, get_args

from firsthand.errors import ConfigError

Server = Literal["honest", "malicious"]

SIGMA: Final = 40
"""Bits of security: a secret is exposed with a chance below 2**-40."""

ETA: Final = 20
"""Bits of correctness: a round of honest devices fails with a chance below 2**-20."""

FULL: Final = 40
"""Up to so many devices, all are neighbours: it costs little."""

MOST: Final = 10_000
"""The largest cohort."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed of a cohort: shares of devices that are corrupt, and that drop out.

    An "honest" server follows the protocol, though it looks at all it is sent; a "malicious" one
    may tell devices different things.
    """

    corrupt: float = 0.05
    dropout: float = 0.10
    server: Server = "malicious"

    def __post_init__(self) -> None:
        if not (0 <= self.corrupt < 1 and 0 <= self.dropout < 1):
            raise ConfigError(
                f"shares are from 0 to below 1, not corrupt={self.corrupt}, dropout={self.dropout}"
            )
        if self.server not in get_args(Server):
            raise ConfigError(f"a server is one of {get_args(Server)}, not {self.server!r}")


@dataclass(frozen=True, slots=True)
class Degree:
    """`neighbours` of each device, and how many shares of a secret `threshold` give it away."""

    neighbours: int
    threshold: int

    def __post_init__(self) -> None:
        if not all(type(each) is int and each >= 1 for each in (self.neighbours, self.threshold)):
            raise ConfigError(f"neighbours and a threshold are whole numbers above 0, not {self}")


@lru_cache(maxsize=1024)
def degree_for(
    devices: int,
    assumed: Assumed,
    gone: int | None = None,
    *,
    sigma: int = SIGMA,
    eta: int = ETA,
) -> Degree:
    """Return the fewest neighbours for a cohort; all others where it is small.

    `gone` is how many may be missing from the sum, those assumed to drop out if not given.
    `ConfigError` where no number of neighbours is safe: more devices, or milder assumptions, are
    needed.
    """
    if not 3 <= devices <= MOST:
        raise ConfigError(f"a cohort has 3 to {MOST} devices, not {devices}")
    fewer = range(2, devices - 1, 2) if devices > FULL else ()
    for neighbours in [*fewer, devices - 1]:
        threshold = _least(devices, neighbours, assumed, sigma)
        degree = Degree(neighbours, threshold)
        if (
            threshold <= neighbours
            and _answers(devices, degree, assumed.dropout) >= eta
            and _is_connected(devices, neighbours, assumed, gone, sigma)
        ):
            return degree
    raise ConfigError(
        f"{devices} devices, of whom {assumed.corrupt:.0%} are corrupt and {assumed.dropout:.0%} "
        f"drop out under a {assumed.server} server, cannot be {sigma} bits safe and {eta} bits "
        "sure: ask more devices"
    )


@lru_cache(maxsize=1024)
def is_secure(
    devices: int,
    degree: Degree,
    assumed: Assumed,
    gone: int | None = None,
    *,
    sigma: int = SIGMA,
) -> bool:
    """Tell whether any secret, or any part of the sum, is exposed with a chance below 2**-sigma."""
    return (
        1 <= degree.threshold <= degree.neighbours < devices
        and degree.threshold >= _least(devices, degree.neighbours, assumed, sigma)
        and _is_connected(devices, degree.neighbours, assumed, gone, sigma)
    )


def _least(devices: int, neighbours: int, assumed: Assumed, sigma: int) -> int:
    """Return the lowest threshold that is secure; one above `neighbours` where none is.

    Corrupt neighbours alone must not reach it. Under a malicious server two sets of answers, which
    honest neighbours give to but one of two stories and corrupt ones to both, must not either.
    """
    corrupt = ceil(assumed.corrupt * devices)
    for threshold in range(1, neighbours + 1):
        bad = threshold if assumed.server == "honest" else 2 * threshold - neighbours
        if bad >= 1 and _tail_bits(devices - 1, corrupt, neighbours, bad) - log2(devices) >= sigma:
            return threshold
    return neighbours + 1


def _is_connected(
    devices: int, neighbours: int, assumed: Assumed, gone: int | None, sigma: int
) -> bool:
    """Tell whether all honest devices of the sum hang together, so that no part of it shows.

    A ring whose devices reach half their neighbours to each side falls apart where two stretches
    of that length have nobody honest who stayed. A malicious server chooses who is missing.
    """
    if neighbours == devices - 1:
        return True
    corrupt = ceil(assumed.corrupt * devices)
    missing = ceil(assumed.dropout * devices) if gone is None else gone
    stretches = 2 * (neighbours // 2)
    pairs_bits = 2 * log2(devices) - 1
    if assumed.server == "honest":
        bad, least = min(devices, corrupt + missing), stretches
    else:
        bad, least = corrupt, stretches - missing
    return least >= 1 and _tail_bits(devices, bad, stretches, least) - pairs_bits >= sigma


def _answers(devices: int, degree: Degree, dropout: float) -> float:
    """Return how sure it is, in bits, that all who stay have so many neighbours who stay."""
    gone = ceil(dropout * devices)
    most_gone = degree.neighbours - degree.threshold + 1
    return _tail_bits(devices - 1, gone, degree.neighbours, most_gone) - log2(devices)


@lru_cache(maxsize=65_536)
def _tail_bits(others: int, bad: int, drawn: int, least: int) -> float:
    """Return -log2 of the chance that of `drawn` from `others`, `least` are of the `bad`."""
    ways = sum(
        comb(bad, some) * comb(others - bad, drawn - some)
        for some in range(least, min(bad, drawn) + 1)
    )
    return float("inf") if ways == 0 else log2(comb(others, drawn)) - log2(ways)
