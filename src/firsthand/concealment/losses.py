"""Which packets a network loses, drawn from seeds: the same seed, the same losses."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import ConfigError

Lost = NDArray[np.bool_]
"""Of each packet, whether it is lost: (packets,)."""

_APART: Final = 4
_BEFORE: Final = 8


def gilbert_elliott(
    count: int,
    seed: int,
    *,
    to_bad: float,
    to_good: float,
    lost_in_good: float = 0.0,
    lost_in_bad: float = 1.0,
) -> Lost:
    """Draw the losses (count,) of a network that is now good, now bad.

    From one packet to the next it turns bad with the chance `to_bad` and good with `to_good`; a
    packet is lost with `lost_in_good` or `lost_in_bad`, all 0..1. At the first packet it is bad as
    often as it is on average; one that never turns begins good. E. N. Gilbert 1960, "Capacity of a
    burst-noise channel", loses nothing while good; E. O. Elliott 1963, "Estimates of error rates
    for codes on burst-noise channels", does. Raises `ConfigError` for what is no chance, or a count
    below 0.
    """
    for name, chance in (
        ("to_bad", to_bad), ("to_good", to_good),
        ("lost_in_good", lost_in_good), ("lost_in_bad", lost_in_bad),
    ):  # fmt: skip
        if not 0 <= chance <= 1:
            raise ConfigError(f"{name} is a chance of 0 to 1, not {chance}")
    _check_count(count)
    rng = np.random.default_rng(seed)
    bad = bool(rng.random() * (to_bad + to_good) < to_bad)
    turns, losses = rng.random((2, count))
    was_bad = np.empty(count, bool)
    for packet, turn in enumerate(turns.tolist()):
        was_bad[packet] = bad
        bad ^= turn < (to_good if bad else to_bad)
    return np.asarray(losses < np.where(was_bad, lost_in_bad, lost_in_good))


def gilbert(count: int, seed: int, *, share: float, burst: float) -> Lost:
    """Draw losses (count,): on average a share 0..1 of all, in bursts of `burst` packets.

    It is `gilbert_elliott` which loses nothing while good and all while bad: lengths of bursts and
    of what is between them are geometric. `burst` 1 / (1 - share) is loss without memory. Raises
    `ConfigError` for other shares, and for bursts too short to lose so much.
    """
    _check_share(share)
    if not 1 <= burst < math.inf:
        raise ConfigError(f"a burst is of 1 packet or more, not {burst}")
    if share in (0, 1):
        _check_count(count)
        return np.full(count, bool(share))
    least = share / (1 - share)
    if burst < least:
        raise ConfigError(
            f"where {share:.0%} are lost, bursts are of {least:.3g} packets or more, not {burst:g}"
        )
    return gilbert_elliott(count, seed, to_bad=min(1.0, least / burst), to_good=1 / burst)


def bursts(
    count: int, seed: int, *, share: float, burst: int, apart: int = _APART, before: int = _BEFORE
) -> Lost:
    """Draw losses (count,) in bursts of exactly `burst` packets at random places.

    There are as many as come nearest to `share`, 0..1, of all packets. None is among the first
    `before`; after each, `apart` packets or more arrive, fewer but at least one where the share
    leaves no room for them. All places that allow it are equally likely. Raises `ConfigError` for
    other shares and lengths, and where so many bursts do not fit.
    """
    _check_share(share)
    _check_count(count)
    for name, value, least in (("burst", burst, 1), ("apart", apart, 1), ("before", before, 0)):
        if value < least:
            raise ConfigError(f"{name} is {least} or more packets, not {value}")
    wanted = math.floor(share * count / burst + 0.5)
    lost = np.zeros(count, bool)
    if not wanted:
        return lost
    room = count - before
    apart = min(apart, room // wanted - burst)
    if apart < 1:
        most = max(0, room) // (burst + 1) * burst
        raise ConfigError(
            f"of {count} packets bursts of {burst} lose {most / count:.0%} at most, not "
            f"{share:.0%}: the first {before} arrive, and one after each burst"
        )
    spare = room - wanted * (burst + apart)
    rng = np.random.default_rng(seed)
    passed = np.sort(rng.choice(spare + wanted, wanted, replace=False)) - np.arange(wanted)
    starts = before + passed + np.arange(wanted) * (burst + apart)
    lost[starts[:, np.newaxis] + np.arange(burst)] = True
    return lost


def stretches(lost: Lost) -> NDArray[np.int64]:
    """Return where packets are lost in a row, (stretches, 2): the first, and the next received."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ConfigError(f"a share of losses is 0 to 1, not {share}")


def _check_count(count: int) -> None:
    if count < 0:
        raise ConfigError(f"there are 0 packets or more, not {count}")
